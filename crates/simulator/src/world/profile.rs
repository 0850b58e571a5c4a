//! A service profile as the world holds it, the same for v3 and v4.
//!
//! Plain values and what follows from them alone. What a seller may define is in `flaws`, who sees
//! which profile in `profiles`; each API reads and prints profiles itself.

use jiff::Timestamp;
use serde_json::{Map, Value};

use fabric_domain::{Encapsulation, Flow, MetroCode, PortId, ProfileId};

/// The highest bandwidth where a profile lists none, in Mbit/s.
const MAX_MBPS: u32 = 10_000;

/// Whether Equinix has approved a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    /// It is public and waits for Equinix.
    Pending,
    /// Buyers can order from it.
    Approved,
    /// Equinix has rejected it.
    Rejected,
    /// Its seller has deleted it.
    Deleted,
}

impl Approval {
    /// As v3 prints it.
    pub(crate) fn on_v3(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Deleted => "DELETED",
        }
    }

    /// As v4 prints it.
    pub(crate) fn on_v4(self) -> &'static str {
        match self {
            Self::Approved => "ACTIVE",
            Self::Pending | Self::Rejected | Self::Deleted => self.on_v3(),
        }
    }
}

/// A region of the seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) key: String,
    pub(crate) label: String,
}

/// A port through which buyers reach the service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OfferedPort {
    pub(crate) port: PortId,
    pub(crate) metro: MetroCode,
    pub(crate) region: Option<Region>,
    pub(crate) cross_connect: Option<String>,
}

/// The addresses that Equinix notifies, by occasion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NotificationEmails {
    /// Equinix approves or rejects the profile.
    pub(crate) profile: Vec<String>,
    /// The bandwidth of a port runs out.
    pub(crate) bandwidth: Vec<String>,
    /// A buyer orders a connection.
    pub(crate) connections: Vec<String>,
}

/// The authorization key that a buyer has to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRequirement {
    pub(crate) label: String,
    pub(crate) description: Option<String>,
    pub(crate) required: bool,
}

/// The seller's API, which Equinix can query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a request has a flag for each")]
pub(crate) struct SellerApi {
    pub(crate) available: bool,
    pub(crate) integration: Option<String>,
    pub(crate) managed_port: bool,
    pub(crate) managed_vlan: bool,
    pub(crate) provides_bandwidth: bool,
}

/// How connections are distinguished on the seller's port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tagging {
    /// "The default value is CTAGED."
    #[default]
    CTagged,
    Named,
    Both,
}

impl Tagging {
    const ALL: [Self; 3] = [Self::CTagged, Self::Both, Self::Named];

    /// As v3 and v4 write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CTagged => "CTAGED",
            Self::Named => "NAMED",
            Self::Both => "BOTH",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tagging| tagging.as_str() == text)
    }
}

/// A question that buyers answer with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomField {
    pub(crate) label: String,
    pub(crate) description: Option<String>,
    pub(crate) required: bool,
    /// `STRING`, `LIST` or `NUMBER` on v4.
    pub(crate) kind: String,
    pub(crate) options: Vec<String>,
    pub(crate) captured_in_email: bool,
}

/// A service profile as its seller defines it: everything that a request can state.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "a request has a flag for each")]
pub(crate) struct ProfileDefinition {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) private: bool,
    /// The users who may order from a private profile.
    pub(crate) allowed_emails: Vec<String>,
    pub(crate) notifications: NotificationEmails,
    pub(crate) ports: Vec<OfferedPort>,
    pub(crate) mbps: Vec<u32>,
    pub(crate) custom_bandwidth: bool,
    pub(crate) api: SellerApi,
    pub(crate) alert_percent: Option<f64>,
    pub(crate) oversubscribed: bool,
    pub(crate) oversubscription_limit: Option<u32>,
    pub(crate) key: Option<KeyRequirement>,
    /// The buyers' word for a connection.
    pub(crate) label: String,
    /// The buyers' word for a C-tag.
    pub(crate) c_tag_label: Option<String>,
    pub(crate) allows_remote: bool,
    pub(crate) is_test: bool,
    pub(crate) requires_redundancy: bool,
    pub(crate) selective_redundancy: bool,
    pub(crate) tagging: Tagging,
    /// Named tags (peerings) in the seller's spelling.
    pub(crate) named_tags: Vec<String>,
    pub(crate) reuses_s_tag: bool,
    pub(crate) generates_service_keys: bool,
    pub(crate) custom_fields: Vec<CustomField>,
    /// Whether another bandwidth needs no approval.
    pub(crate) auto_approves_bandwidth: bool,
    /// Fields of a v4 request that responses repeat unchanged.
    pub(crate) echoed: Map<String, Value>,
}

/// A metro of a profile, and the seller's regions there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileMetro {
    pub(crate) code: MetroCode,
    pub(crate) regions: Vec<Region>,
}

/// Equinix' decision about making a private profile public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Review {
    Pending,
    Approved,
    Rejected,
}

/// The seller's request to make a private profile public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VisibilityChange {
    pub(crate) number: u64,
    pub(crate) requested: Timestamp,
    pub(crate) since: Timestamp,
    pub(crate) review: Review,
}

/// A service profile.
#[derive(Debug, Clone)]
pub(crate) struct ProfileRecord {
    pub(crate) id: ProfileId,
    /// The selling organisation's name.
    pub(crate) seller: String,
    pub(crate) flow: Flow,
    pub(crate) definition: ProfileDefinition,
    /// None if the samples do not show it.
    pub(crate) encapsulation: Option<Encapsulation>,
    pub(crate) metros: Vec<ProfileMetro>,
    pub(crate) needs_region: bool,
    pub(crate) approval: Approval,
    /// Increases with every change.
    pub(crate) version: u32,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) visibility_change: Option<VisibilityChange>,
}

impl ProfileRecord {
    /// Whether the service is available in a metro.
    pub(crate) fn is_in(&self, metro: MetroCode) -> bool {
        self.metros.iter().any(|served| served.code == metro)
    }

    /// The seller's regions in all metros, each once.
    pub(crate) fn regions(&self) -> Vec<&Region> {
        let mut regions: Vec<&Region> = Vec::new();
        for region in self.metros.iter().flat_map(|served| &served.regions) {
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// Whether buyers can order a bandwidth.
    pub(crate) fn sells(&self, mbps: u32) -> bool {
        let free = self.definition.custom_bandwidth || self.definition.api.provides_bandwidth;
        self.definition.mbps.contains(&mbps) || (free && (1..=MAX_MBPS).contains(&mbps))
    }

    /// Whether an order has to carry a key.
    pub(crate) fn needs_key(&self) -> bool {
        self.definition.key.as_ref().is_some_and(|key| key.required)
    }

    /// Whether the seller offers a peering.
    pub(crate) fn offers_peering(&self, tag: &str) -> bool {
        self.definition.named_tags.iter().any(|known| known == tag)
    }

    /// Whether it waits for a decision by Equinix.
    pub(crate) fn awaits_review(&self) -> bool {
        let visibility_change = self.visibility_change.is_some_and(|p| p.review == Review::Pending);
        match self.approval {
            Approval::Pending => true,
            Approval::Approved => visibility_change,
            Approval::Rejected | Approval::Deleted => false,
        }
    }
}

/// The metros of ports, in order, with the seller's regions there.
pub(crate) fn metros(ports: &[OfferedPort]) -> Vec<ProfileMetro> {
    let mut metros: Vec<ProfileMetro> = Vec::new();
    for offered in ports {
        if !metros.iter().any(|served| served.code == offered.metro) {
            metros.push(ProfileMetro { code: offered.metro, regions: Vec::new() });
        }
        let served = metros.iter_mut().find(|served| served.code == offered.metro);
        if let (Some(served), Some(region)) = (served, &offered.region)
            && !served.regions.contains(region)
        {
            served.regions.push(region.clone());
        }
    }
    metros
}
