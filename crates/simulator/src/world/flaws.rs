//! What can be wrong with a service profile that a seller defines.
//!
//! The rules of both APIs. Each API maps a flaw to an error of its own.

use fabric_domain::Encapsulation;

use super::{profile::ProfileDefinition, seed::PortRecord, state::WorldState, users::Organisation};

/// A flaw of a definition. The numbers are positions in its lists of ports and custom fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// "These locations will need at least one active port present."
    NoPort,
    /// There is no such port, or another organisation owns it.
    PortUnknown(usize),
    /// The port is in another metro.
    PortElsewhere(usize),
    PortTwice(usize),
    /// The ports differ in their encapsulation.
    LinksDiffer,
    /// Redundancy is required, but no metro has ports on both devices.
    OnePortOfAPair,
    /// The seller has an API, but states no integration id.
    NoIntegration,
    /// The bandwidth comes from an API that the seller does not have.
    SpeedWithoutApi,
    /// The bandwidth comes from the API, but bandwidths are listed, too.
    BandsNotAllowed,
    BandsMissing,
    /// Service keys are for `QinQ` ports only.
    ServiceKeyNeedsQinq,
    CustomFieldTwice(usize),
    /// A field of type LIST has no options.
    OptionsMissing(usize),
}

impl WorldState {
    /// All flaws of an organisation's definition.
    pub(crate) fn flaws(
        &self,
        organisation: Organisation,
        definition: &ProfileDefinition,
    ) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut check = |wrong: bool, flaw: Flaw| {
            if wrong {
                flaws.push(flaw);
            }
        };
        check(definition.ports.is_empty(), Flaw::NoPort);
        let mut ports: Vec<&PortRecord> = Vec::new();
        for (at, offered) in definition.ports.iter().enumerate() {
            match self.port(organisation, offered.port.as_str()) {
                None => check(true, Flaw::PortUnknown(at)),
                Some(port) => {
                    check(port.metro != offered.metro, Flaw::PortElsewhere(at));
                    check(ports.iter().any(|other| other.id == port.id), Flaw::PortTwice(at));
                    ports.push(port);
                }
            }
        }
        let links: Vec<Encapsulation> =
            ports.iter().filter_map(|port| port.encapsulation).collect();
        check(links.windows(2).any(|pair| pair[0] != pair[1]), Flaw::LinksDiffer);
        let paired = ports.iter().any(|one| {
            ports.iter().any(|other| {
                one.metro == other.metro && !one.secondary_device && other.secondary_device
            })
        });
        check(definition.requires_redundancy && !paired, Flaw::OnePortOfAPair);
        let api = &definition.api;
        check(api.available && api.integration.is_none(), Flaw::NoIntegration);
        check(
            api.provides_bandwidth && !(api.available && api.integration.is_some()),
            Flaw::SpeedWithoutApi,
        );
        check(api.provides_bandwidth && !definition.mbps.is_empty(), Flaw::BandsNotAllowed);
        let free = api.provides_bandwidth || definition.custom_bandwidth;
        check(!free && definition.mbps.is_empty(), Flaw::BandsMissing);
        let single = links.contains(&Encapsulation::Dot1q);
        check(definition.generates_service_keys && single, Flaw::ServiceKeyNeedsQinq);
        for (at, field) in definition.custom_fields.iter().enumerate() {
            let before = definition.custom_fields.iter().take(at);
            check(before.into_iter().any(|q| q.label == field.label), Flaw::CustomFieldTwice(at));
            let empty = field.kind == "LIST" && field.options.is_empty();
            check(empty, Flaw::OptionsMissing(at));
        }
        flaws
    }
}
