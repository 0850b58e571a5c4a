//! What a seller offers through a service profile, and the state of that profile.
//!
//! The names are those of "How to create a service profile?". The desired and the observed offering
//! have one type, so that they can be compared field by field.

use super::{MetroCode, PortId, ProfileId, text::clean};

/// How buyers distinguish their connections on the seller's port (`tagType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagType {
    /// By C-tags; the default.
    CTagged,
    /// By named tags.
    Named,
    /// By either.
    Both,
}

impl TagType {
    /// The word of both dialects.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CTagged => "CTAGED",
            Self::Named => "NAMED",
            Self::Both => "BOTH",
        }
    }

    /// Reads the word of either dialect.
    pub fn read(text: &str) -> Option<Self> {
        let all = [Self::CTagged, Self::Named, Self::Both];
        all.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

/// A port through which the service can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlet {
    /// A port of the seller.
    pub port: PortId,
    /// Where it is; `None` where the provider does not say.
    pub metro: Option<MetroCode>,
    /// The seller's own region there.
    pub seller_region: Option<String>,
    /// The description of that region for buyers.
    pub seller_region_description: Option<String>,
}

/// Information that each buyer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub name: String,
    /// Its description for buyers.
    pub description: Option<String>,
    /// Whether buyers have to give it.
    pub mandatory: bool,
    /// The type of an answer: `STRING`, `NUMBER` or `LIST`.
    pub datatype: String,
    /// The options of a `LIST`.
    pub options: Vec<String>,
    /// Whether Equinix shows the answer in e-mails.
    pub capture_in_email: bool,
}

/// Everything that a seller can set in a service profile.
#[allow(clippy::struct_excessive_bools, reason = "the document has a flag for each")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offering {
    /// The profile's name.
    pub name: String,
    /// Its description for buyers.
    pub description: Option<String>,
    /// Whether only admitted users may order.
    pub private: bool,
    /// The e-mail addresses of the admitted users.
    pub private_user_emails: Vec<String>,
    /// Bandwidths on sale, in Mbit/s.
    pub speed_bands: Vec<u32>,
    /// Whether buyers may choose another bandwidth.
    pub allow_custom_speed: bool,
    /// Whether the seller's API determines the bandwidth.
    pub speed_from_api: bool,
    /// Whether the seller sells more bandwidth than the ports have.
    pub allow_over_subscription: bool,
    /// The most that is sold, as a multiple of the ports' bandwidth.
    pub over_subscription_limit: Option<u32>,
    /// The sold share of a port, in percent, at which Equinix notifies the seller.
    pub alert_percentage: Option<f64>,
    /// Whether only pairs can be ordered.
    pub required_redundancy: bool,
    /// Whether both connections of a pair have the same VLAN.
    pub vlan_same_as_primary: bool,
    /// How buyers distinguish their connections.
    pub tag_type: Option<TagType>,
    /// The label of the C-tag for buyers.
    pub ctag_label: Option<String>,
    /// The label of the connection's name for buyers.
    pub connection_name_label: Option<String>,
    /// The label of the key that buyers have to give.
    pub auth_key_label: Option<String>,
    /// Whether one key is valid for several connections.
    pub enable_auto_generate_service_key: Option<bool>,
    /// Whether the seller has an API that Equinix can call.
    pub api_available: bool,
    /// The id of that API at Equinix.
    pub integration_id: Option<String>,
    /// Whether Equinix assigns port and VLAN.
    pub equinix_managed_port_and_vlan: bool,
    /// Whether it can be ordered from other metros.
    pub cloud_reach: bool,
    /// Whether it is for test connections.
    pub test_profile: bool,
    /// Where the service can be reached.
    pub ports: Vec<Outlet>,
    /// The addresses to notify when a port fills up.
    pub on_bandwidth_threshold: Vec<String>,
    /// The addresses to notify when Equinix decides about the profile.
    pub on_profile_approval_reject: Vec<String>,
    /// The addresses to notify of incoming connections.
    pub on_vc_approval_rejection: Vec<String>,
    /// Information that buyers are asked for.
    pub additional_buyer_info: Vec<Question>,
}

impl Offering {
    /// Each field by its name in the spec, with a text that is equal for equal values: the order of
    /// lists and the letter case of addresses do not matter.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let yes = |flag: bool| flag.to_string();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
        vec![
            ("name", self.name.clone()),
            ("description", text(&self.description)),
            ("private", yes(self.private)),
            ("privateUserEmails", emails(&self.private_user_emails)),
            ("speedBandsMbps", bands(&self.speed_bands)),
            ("allowCustomSpeed", yes(self.allow_custom_speed)),
            ("speedFromAPI", yes(self.speed_from_api)),
            ("allowOverSubscription", yes(self.allow_over_subscription)),
            ("overSubscriptionLimit", number(self.over_subscription_limit.map(f64::from))),
            ("alertPercentage", number(self.alert_percentage)),
            ("requiredRedundancy", yes(self.required_redundancy)),
            ("vlanSameAsPrimary", yes(self.vlan_same_as_primary)),
            ("tagType", self.tag_type.map(TagType::as_str).unwrap_or_default().to_owned()),
            ("ctagLabel", text(&self.ctag_label)),
            ("connectionNameLabel", text(&self.connection_name_label)),
            ("authKeyLabel", text(&self.auth_key_label)),
            (
                "enableAutoGenerateServiceKey",
                yes(self.enable_auto_generate_service_key.unwrap_or_default()),
            ),
            ("apiAvailable", yes(self.api_available)),
            ("integrationId", text(&self.integration_id)),
            ("equinixManagedPortAndVlan", yes(self.equinix_managed_port_and_vlan)),
            ("features.cloudReach", yes(self.cloud_reach)),
            ("features.testProfile", yes(self.test_profile)),
            ("ports", sorted(self.ports.iter().map(outlet))),
            ("onBandwidthThresholdNotification", emails(&self.on_bandwidth_threshold)),
            ("onProfileApprovalRejectNotification", emails(&self.on_profile_approval_reject)),
            ("onVcApprovalRejectionNotification", emails(&self.on_vc_approval_rejection)),
            ("additionalBuyerInfo", sorted(self.additional_buyer_info.iter().map(question))),
        ]
    }
}

fn sorted(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    words.sort();
    words.dedup();
    words.join(", ")
}

fn emails(emails: &[String]) -> String {
    sorted(emails.iter().map(|email| email.to_ascii_lowercase()))
}

fn bands(mbps: &[u32]) -> String {
    let mut mbps = mbps.to_vec();
    mbps.sort_unstable();
    mbps.dedup();
    mbps.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

fn outlet(outlet: &Outlet) -> String {
    let metro = outlet.metro.map(|metro| metro.to_string()).unwrap_or_default();
    let region = outlet.seller_region.as_deref().unwrap_or_default();
    let described = outlet.seller_region_description.as_deref().unwrap_or_default();
    let port = outlet.port.as_str().to_ascii_lowercase();
    let parts = [port.as_str(), &metro, region, described];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn question(question: &Question) -> String {
    let Question { name, description, mandatory, datatype, options, capture_in_email } = question;
    let described = description.as_deref().unwrap_or_default();
    let how = if *mandatory { "mandatory" } else { "optional" };
    let mailed = if *capture_in_email { "in e-mails" } else { "in no e-mails" };
    let options = options.join("|");
    let parts = [name, described, how, datatype, &options, mailed];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The longest unknown state that is kept.
const MAX_STATE: usize = 40;

/// The state of a profile at Equinix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileState {
    /// Equinix has to approve it.
    PendingApproval,
    /// It can be ordered from (`APPROVED` on v3, `ACTIVE` on v4).
    Approved,
    /// Equinix rejected it.
    Rejected,
    /// It was deleted.
    Deleted,
    /// A word that this version does not know, or no word (empty).
    Other(Box<str>),
}

impl ProfileState {
    /// Reads the word of either dialect; letter case does not matter.
    pub fn read(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "PENDING_APPROVAL" => Self::PendingApproval,
            "APPROVED" | "ACTIVE" => Self::Approved,
            "REJECTED" => Self::Rejected,
            "DELETED" => Self::Deleted,
            _ => Self::Other(clean(text, MAX_STATE).into()),
        }
    }
}

/// The progress of the publication of a private profile; not every dialect reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// Equinix has to approve it.
    Awaited,
    /// Equinix approved it.
    Granted,
    /// Equinix rejected it.
    Refused,
}

/// A profile as its seller sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnProfile {
    /// Its id.
    pub id: ProfileId,
    /// Its state.
    pub state: ProfileState,
    /// The provider's word for the state.
    pub state_word: String,
    /// What it offers.
    pub offering: Offering,
    /// The lists of the offering of which an entry cannot be read, as [`Offering::fields`] names
    /// them. What they lack may be there.
    pub unread: Vec<&'static str>,
    /// The progress of its publication.
    pub publication: Option<Publication>,
    /// When it was created, as printed by the provider.
    pub created: Option<jiff::Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(id: &str, metro: &str) -> Outlet {
        Outlet {
            port: PortId::parse(id).unwrap(),
            metro: MetroCode::parse(metro).ok(),
            seller_region: None,
            seller_region_description: None,
        }
    }

    #[test]
    fn order_and_letter_case_make_no_difference() {
        let one = Offering {
            private_user_emails: vec!["Jane.Doe@ap.example.com".into(), "a@example.com".into()],
            speed_bands: vec![1000, 50],
            ports: vec![port("b", "SV"), port("a", "SV")],
            ..Offering::default()
        };
        let other = Offering {
            private_user_emails: vec!["a@example.com".into(), "jane.doe@ap.example.com".into()],
            speed_bands: vec![50, 1000],
            ports: vec![port("a", "SV"), port("b", "SV")],
            ..Offering::default()
        };
        assert_eq!(one.fields(), other.fields());
        let capitals = Offering { ports: vec![port("A", "SV"), port("B", "SV")], ..other.clone() };
        assert_eq!(capitals.fields(), one.fields());
        let moved = Offering { ports: vec![port("a", "DC"), port("b", "SV")], ..other };
        assert_ne!(one.fields(), moved.fields());
    }

    #[test]
    fn both_dialects_words_for_states_are_read() {
        // The filter of "Get L2 Service Profiles", and ServiceProfileStateEnum.
        for (word, state) in [
            ("PENDING_APPROVAL", ProfileState::PendingApproval),
            ("APPROVED", ProfileState::Approved),
            ("ACTIVE", ProfileState::Approved),
            ("REJECTED", ProfileState::Rejected),
            ("DELETED", ProfileState::Deleted),
        ] {
            assert_eq!(ProfileState::read(word), state);
        }
        let long = ProfileState::read(&"x".repeat(500));
        assert_eq!(long, ProfileState::Other(format!("{}…", "x".repeat(MAX_STATE - 1)).into()));
    }
}
