//! A service profile as the world holds it, whichever face made it.
//!
//! Facts, and what follows from them alone. What may be offered, and who sees what, is the market's
//! matter; how a profile is read and printed is each face's.

use jiff::Timestamp;
use serde_json::{Map, Value};

use fabric_domain::{Encapsulation, MetroCode, PortId, ProfileId};

use super::rules::Course;

/// The widest that a buyer can ask for where no bandwidths are listed, in Mbit/s.
const MAX_MBPS: u32 = 10_000;

/// Where a profile is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is public, and Equinix has not said yes yet.
    Pending,
    /// It can be ordered from.
    Approved,
    /// Equinix has said no.
    Rejected,
    /// Its seller has withdrawn it.
    Deleted,
}

impl Standing {
    /// As v3 writes it.
    pub(super) fn on_v3(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Deleted => "DELETED",
        }
    }

    /// As v4 writes it.
    pub(super) fn on_v4(self) -> &'static str {
        match self {
            Self::Approved => "ACTIVE",
            Self::Pending | Self::Rejected | Self::Deleted => self.on_v3(),
        }
    }
}

/// A seller's own name for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) key: String,
    pub(super) label: String,
}

/// A port through which the service can be reached.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outlet {
    pub(super) port: PortId,
    pub(super) metro: MetroCode,
    pub(super) region: Option<Region>,
    pub(super) cross_connect: Option<String>,
}

/// Whom the seller wants to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// When Equinix decides about the profile.
    pub(super) profile: Vec<String>,
    /// When a port fills up.
    pub(super) bandwidth: Vec<String>,
    /// When a connection wants to come in.
    pub(super) connections: Vec<String>,
}

/// What a buyer proves himself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) label: String,
    pub(super) description: Option<String>,
    pub(super) required: bool,
}

/// The seller's own API, which Equinix can ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a request has a flag for each")]
pub(super) struct Api {
    pub(super) available: bool,
    pub(super) integration: Option<String>,
    pub(super) managed_port: bool,
    pub(super) managed_vlan: bool,
    pub(super) gives_speed: bool,
}

/// How buyers tell their connections apart on the seller's port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Tagging {
    /// "The default value is CTAGED."
    #[default]
    CTagged,
    Named,
    Both,
}

impl Tagging {
    const ALL: [Self; 3] = [Self::CTagged, Self::Both, Self::Named];

    /// As both dialects write it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CTagged => "CTAGED",
            Self::Named => "NAMED",
            Self::Both => "BOTH",
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tagging| tagging.as_str() == text)
    }
}

/// A question to the buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) label: String,
    pub(super) description: Option<String>,
    pub(super) required: bool,
    /// `STRING`, `LIST` or `NUMBER` on v4.
    pub(super) kind: String,
    pub(super) options: Vec<String>,
    pub(super) in_email: bool,
}

/// What a seller offers: all that a request can say.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "a request has a flag for each")]
pub(super) struct Offer {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) private: bool,
    /// Who else may order from a private one.
    pub(super) emails: Vec<String>,
    pub(super) told: Told,
    pub(super) outlets: Vec<Outlet>,
    pub(super) mbps: Vec<u32>,
    pub(super) any_mbps: bool,
    pub(super) api: Api,
    pub(super) alert_percent: Option<f64>,
    pub(super) oversold: bool,
    pub(super) oversold_limit: Option<u32>,
    pub(super) key: Option<Key>,
    /// What buyers call a connection.
    pub(super) label: String,
    /// What buyers call a C-tag.
    pub(super) c_tag_label: Option<String>,
    pub(super) from_afar: bool,
    pub(super) test: bool,
    pub(super) needs_pair: bool,
    pub(super) may_pair: bool,
    pub(super) tagging: Tagging,
    /// Named tags (peerings) in the seller's spelling.
    pub(super) named_tags: Vec<String>,
    pub(super) same_vlan: bool,
    pub(super) makes_keys: bool,
    pub(super) questions: Vec<Question>,
    /// Whether another bandwidth needs no consent.
    pub(super) auto_approves: bool,
    /// Fields of a v4 request that are only echoed.
    pub(super) echoed: Map<String, Value>,
}

/// A metro of a profile, and the seller's regions there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) metro: MetroCode,
    pub(super) regions: Vec<Region>,
}

/// How far making a private profile public has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Awaited,
    Yes,
    No,
}

/// That a private profile shall be public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Publication {
    pub(super) number: u64,
    pub(super) asked: Timestamp,
    pub(super) since: Timestamp,
    pub(super) decision: Decision,
}

/// A service profile.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) id: ProfileId,
    /// The selling organisation's name.
    pub(super) seller: String,
    pub(super) course: Course,
    pub(super) offer: Offer,
    /// None where nothing tells.
    pub(super) encapsulation: Option<Encapsulation>,
    pub(super) places: Vec<Place>,
    pub(super) needs_region: bool,
    pub(super) standing: Standing,
    /// Counts up with every change.
    pub(super) version: u32,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) publication: Option<Publication>,
}

impl Profile {
    /// Whether the service can be had in a metro.
    pub(super) fn is_in(&self, metro: MetroCode) -> bool {
        self.places.iter().any(|place| place.metro == metro)
    }

    /// The seller's regions, whatever their metros, each once.
    pub(super) fn regions(&self) -> Vec<&Region> {
        let mut regions: Vec<&Region> = Vec::new();
        for region in self.places.iter().flat_map(|place| &place.regions) {
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// Whether a bandwidth can be ordered.
    pub(super) fn sells(&self, mbps: u32) -> bool {
        let free = self.offer.any_mbps || self.offer.api.gives_speed;
        self.offer.mbps.contains(&mbps) || (free && (1..=MAX_MBPS).contains(&mbps))
    }

    /// Whether an order has to carry a key.
    pub(super) fn needs_key(&self) -> bool {
        self.offer.key.as_ref().is_some_and(|key| key.required)
    }

    /// Whether a peering is one of the seller's.
    pub(super) fn knows_tag(&self, tag: &str) -> bool {
        self.offer.named_tags.iter().any(|known| known == tag)
    }

    /// Whether Equinix has to decide something about it.
    pub(super) fn waits(&self) -> bool {
        let publication = self.publication.is_some_and(|p| p.decision == Decision::Awaited);
        match self.standing {
            Standing::Pending => true,
            Standing::Approved => publication,
            Standing::Rejected | Standing::Deleted => false,
        }
    }
}

/// The places of outlets: their metros in order, with the regions there.
pub(super) fn places(outlets: &[Outlet]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for outlet in outlets {
        if !places.iter().any(|place| place.metro == outlet.metro) {
            places.push(Place { metro: outlet.metro, regions: Vec::new() });
        }
        let place = places.iter_mut().find(|place| place.metro == outlet.metro);
        if let (Some(place), Some(region)) = (place, &outlet.region)
            && !place.regions.contains(region)
        {
            place.regions.push(region.clone());
        }
    }
    places
}
