//! What can be wrong with a service profile that a seller defines.
//!
//! The rules only; which error a flaw earns is for each API.

use fabric_domain::Encapsulation;

use super::{profile::Offer, seed::Port, state::State, users::Organisation};

/// What is wrong with an offer; the numbers are those of outlets and questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// "These locations will need at least one active port present."
    NoPort,
    /// There is no such port, or it is somebody else's.
    PortUnknown(usize),
    /// The port is in another metro.
    PortElsewhere(usize),
    PortTwice(usize),
    /// The ports do not all have one encapsulation.
    LinksDiffer,
    /// Redundancy is required, but no metro has ports on both devices.
    OnePortOfAPair,
    /// There is an API, but nobody knows how it is called.
    NoIntegration,
    /// The speed shall come from an API that there is not.
    SpeedWithoutApi,
    /// The speed comes from the API, and is listed as well.
    BandsNotAllowed,
    BandsMissing,
    /// Service keys are for `QinQ` ports only.
    ServiceKeyNeedsQinq,
    QuestionTwice(usize),
    /// A list without anything to choose from.
    OptionsMissing(usize),
}

impl State {
    /// What is wrong with an offer of an organisation.
    pub(crate) fn flaws(&self, organisation: Organisation, offer: &Offer) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut mind = |wrong: bool, flaw: Flaw| {
            if wrong {
                flaws.push(flaw);
            }
        };
        mind(offer.outlets.is_empty(), Flaw::NoPort);
        let mut ports: Vec<&Port> = Vec::new();
        for (at, outlet) in offer.outlets.iter().enumerate() {
            match self.port(organisation, outlet.port.as_str()) {
                None => mind(true, Flaw::PortUnknown(at)),
                Some(port) => {
                    mind(port.metro != outlet.metro, Flaw::PortElsewhere(at));
                    mind(ports.iter().any(|other| other.id == port.id), Flaw::PortTwice(at));
                    ports.push(port);
                }
            }
        }
        let links: Vec<Encapsulation> =
            ports.iter().filter_map(|port| port.encapsulation).collect();
        mind(links.windows(2).any(|pair| pair[0] != pair[1]), Flaw::LinksDiffer);
        let paired = ports.iter().any(|one| {
            ports.iter().any(|other| {
                one.metro == other.metro && !one.secondary_device && other.secondary_device
            })
        });
        mind(offer.needs_pair && !paired, Flaw::OnePortOfAPair);
        let api = &offer.api;
        mind(api.available && api.integration.is_none(), Flaw::NoIntegration);
        mind(
            api.gives_speed && !(api.available && api.integration.is_some()),
            Flaw::SpeedWithoutApi,
        );
        mind(api.gives_speed && !offer.mbps.is_empty(), Flaw::BandsNotAllowed);
        let free = api.gives_speed || offer.any_mbps;
        mind(!free && offer.mbps.is_empty(), Flaw::BandsMissing);
        let single = links.contains(&Encapsulation::Dot1q);
        mind(offer.makes_keys && single, Flaw::ServiceKeyNeedsQinq);
        for (at, question) in offer.questions.iter().enumerate() {
            let before = offer.questions.iter().take(at);
            mind(before.into_iter().any(|q| q.label == question.label), Flaw::QuestionTwice(at));
            let empty = question.kind == "LIST" && question.options.is_empty();
            mind(empty, Flaw::OptionsMissing(at));
        }
        flaws
    }
}
