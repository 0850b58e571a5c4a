//! What a new world contains: metros, ports, service profiles, service tokens, prices.
//!
//! It has every port, metro, profile and token that the documents' samples name, under the same id,
//! even if that is no UUID. What the samples leave open (names, the other metros) is made up. Data
//! only: no rules here.

mod metros;
mod ports;
pub(crate) mod prices;
mod profiles;
mod tokens;

use std::collections::BTreeSet;

pub(crate) use metros::{MetroRecord, metros};
pub(crate) use ports::{PortRecord, ports};
pub(crate) use profiles::{INTEGRATION_REGIONS, integration, profiles};
pub(crate) use tokens::{PROJECT, tokens};

/// Connections that samples use without ordering them.
pub(crate) const SAMPLE_CONNECTIONS: [&str; 9] = [
    "006d08e2-788e-4c83-82d3-07b1787644a5",
    "702d31c4-c66d-49b0-a26c-a9a234e56fsb",
    "9999a8-0e07-44d0-944c-88a25d8d28f7",
    "7777a8-0e07-44d0-944c-88a25d8d28f7",
    "567a8-0e07-44d0-944c-88a25d8d28f7",
    "888d4c1-5444-4511-b2e4-51f06f062974",
    "9994b8d-dcdb-45bc-b760-55368e16f3c4",
    "9b1da3b0-ea1d-4770-ae51-c794ffb23dbc",
    "60bfd673-8fbc-4de9-be4b-176ad8f3e908",
];

/// The name of the first organisation.
pub(crate) const FIRST_NAME: &str = "JOHN-DOE-ORG";

/// Name and id of the Z-side port, as the sample responses have it, where no port is assigned.
pub(crate) const SELLER_PORT: (&str, &str) = ("John-Port", "6f5680ea-1513-5130-50e0-30ac094f83ec");

/// Metros of the authorization keys that the samples use; other keys are valid in any metro.
const KEY_METROS: [(&str, &str); 2] = [
    ("76e781b5-2992-4042-b2a2-37d0d5eb6735", "SV"),
    ("e03da869-8243-4dac-ae49-a95c80f5425d", "DC"),
];

/// The metro for which a provider issued a key, if known.
pub(crate) fn metro_of_key(key: &str) -> Option<&'static str> {
    KEY_METROS.iter().find(|(known, _)| *known == key).map(|(_, metro)| *metro)
}

/// Whether a text has the format of a UUID: 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups.iter().zip([8, 4, 4, 4, 12]).all(|(group, length)| {
            group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

/// All ids of the samples that are no UUIDs.
pub(crate) fn ids_that_are_no_uuids() -> BTreeSet<String> {
    let ports = ports();
    let profiles = profiles();
    SAMPLE_CONNECTIONS
        .iter()
        .map(|id| (*id).to_owned())
        .chain(ports.iter().map(|port| port.id.as_str().to_owned()))
        .chain(profiles.iter().map(|profile| profile.id.as_str().to_owned()))
        .filter(|id| !is_uuid(id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_consistent() {
        let metros = metros();
        let known = |code: fabric_domain::MetroCode| metros.iter().any(|m| m.code == code);
        for port in ports() {
            assert!(known(port.metro), "{port:?}");
        }
        for profile in profiles() {
            assert!(profile.metros.iter().all(|served| known(served.code)), "{profile:?}");
            for offered in &profile.definition.ports {
                let port = ports().into_iter().find(|port| port.id == offered.port).unwrap();
                assert_eq!(port.metro, offered.metro, "{profile:?}");
                assert_eq!(port.owner, profile.seller);
            }
        }
        // The metros chapter: "… and vice versa".
        for metro in &metros {
            for other in &metro.reaches {
                let back = metros.iter().find(|m| m.code == *other).unwrap();
                assert!(back.reaches.contains(&metro.code), "{metro:?} {other}");
            }
        }
        let ids: BTreeSet<_> = ports().into_iter().map(|p| p.id).collect();
        assert_eq!(ids.len(), ports().len());
    }

    #[test]
    fn odd_ids_of_the_samples_are_known() {
        let odd = ids_that_are_no_uuids();
        for id in [
            "7g831d3b-9740-7420-bae0-30ac1885127a",
            "999552b-39b0-49ea-a232-005088dc9c84",
            "937d83b1-ce02-452e-b60b-80955eb91c",
        ] {
            assert!(odd.contains(id), "{id}");
        }
        assert!(!is_uuid("937d83b1-ce02-452e-b60b-80955eb91cxxxxx"));
    }
}
