//! A service profile as the world holds it, whichever face made it.
//!
//! Facts, and what follows from them alone. What may be offered, and who sees what, is the market's
//! matter; how a profile is read and printed is each face's.

use jiff::Timestamp;
use serde_json::{Map, Value};

use fabric_domain::{Encapsulation, Flow, MetroCode, PortId, ProfileId};

/// The widest that a buyer can ask for where no bandwidths are listed, in Mbit/s.
const MAX_MBPS: u32 = 10_000;

/// Where a profile is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    /// It is public, and Equinix has not said yes yet.
    Pending,
    /// It can be ordered from.
    Approved,
    /// Equinix has said no.
    Rejected,
    /// Its seller has withdrawn it.
    Deleted,
}

impl Approval {
    /// As v3 writes it.
    pub(crate) fn on_v3(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Deleted => "DELETED",
        }
    }

    /// As v4 writes it.
    pub(crate) fn on_v4(self) -> &'static str {
        match self {
            Self::Approved => "ACTIVE",
            Self::Pending | Self::Rejected | Self::Deleted => self.on_v3(),
        }
    }
}

/// A seller's own name for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) key: String,
    pub(crate) label: String,
}

/// A port through which the service can be reached.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OfferedPort {
    pub(crate) port: PortId,
    pub(crate) metro: MetroCode,
    pub(crate) region: Option<Region>,
    pub(crate) cross_connect: Option<String>,
}

/// Whom the seller wants to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NotificationEmails {
    /// When Equinix decides about the profile.
    pub(crate) profile: Vec<String>,
    /// When a port fills up.
    pub(crate) bandwidth: Vec<String>,
    /// When a connection wants to come in.
    pub(crate) connections: Vec<String>,
}

/// What a buyer proves himself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRequirement {
    pub(crate) label: String,
    pub(crate) description: Option<String>,
    pub(crate) required: bool,
}

/// The seller's own API, which Equinix can ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a request has a flag for each")]
pub(crate) struct SellerApi {
    pub(crate) available: bool,
    pub(crate) integration: Option<String>,
    pub(crate) managed_port: bool,
    pub(crate) managed_vlan: bool,
    pub(crate) provides_bandwidth: bool,
}

/// How buyers tell their connections apart on the seller's port.
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

    /// As both dialects write it.
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

/// A question to the buyer.
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

/// What a seller offers: all that a request can say.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "a request has a flag for each")]
pub(crate) struct ProfileDefinition {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) private: bool,
    /// Who else may order from a private one.
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
    /// What buyers call a connection.
    pub(crate) label: String,
    /// What buyers call a C-tag.
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
    /// Whether another bandwidth needs no consent.
    pub(crate) auto_approves_bandwidth: bool,
    /// Fields of a v4 request that are only echoed.
    pub(crate) echoed: Map<String, Value>,
}

/// A metro of a profile, and the seller's regions there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileMetro {
    pub(crate) metro: MetroCode,
    pub(crate) regions: Vec<Region>,
}

/// How far making a private profile public has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Review {
    Pending,
    Approved,
    Rejected,
}

/// That a private profile shall be public.
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
    /// None where nothing tells.
    pub(crate) encapsulation: Option<Encapsulation>,
    pub(crate) places: Vec<ProfileMetro>,
    pub(crate) needs_region: bool,
    pub(crate) approval: Approval,
    /// Counts up with every change.
    pub(crate) version: u32,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) visibility_change: Option<VisibilityChange>,
}

impl ProfileRecord {
    /// Whether the service can be had in a metro.
    pub(crate) fn is_in(&self, metro: MetroCode) -> bool {
        self.places.iter().any(|place| place.metro == metro)
    }

    /// The seller's regions, whatever their metros, each once.
    pub(crate) fn regions(&self) -> Vec<&Region> {
        let mut regions: Vec<&Region> = Vec::new();
        for region in self.places.iter().flat_map(|place| &place.regions) {
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// Whether a bandwidth can be ordered.
    pub(crate) fn sells(&self, mbps: u32) -> bool {
        let free = self.definition.custom_bandwidth || self.definition.api.provides_bandwidth;
        self.definition.mbps.contains(&mbps) || (free && (1..=MAX_MBPS).contains(&mbps))
    }

    /// Whether an order has to carry a key.
    pub(crate) fn needs_key(&self) -> bool {
        self.definition.key.as_ref().is_some_and(|key| key.required)
    }

    /// Whether a peering is one of the seller's.
    pub(crate) fn offers_peering(&self, tag: &str) -> bool {
        self.definition.named_tags.iter().any(|known| known == tag)
    }

    /// Whether Equinix has to decide something about it.
    pub(crate) fn awaits_review(&self) -> bool {
        let visibility_change = self.visibility_change.is_some_and(|p| p.review == Review::Pending);
        match self.approval {
            Approval::Pending => true,
            Approval::Approved => visibility_change,
            Approval::Rejected | Approval::Deleted => false,
        }
    }
}

/// The places of outlets: their metros in order, with the regions there.
pub(crate) fn places(ports: &[OfferedPort]) -> Vec<ProfileMetro> {
    let mut places: Vec<ProfileMetro> = Vec::new();
    for offered in ports {
        if !places.iter().any(|place| place.metro == offered.metro) {
            places.push(ProfileMetro { metro: offered.metro, regions: Vec::new() });
        }
        let place = places.iter_mut().find(|place| place.metro == offered.metro);
        if let (Some(place), Some(region)) = (place, &offered.region)
            && !place.regions.contains(region)
        {
            place.regions.push(region.clone());
        }
    }
    places
}
