//! Everything that exists in a world, and the lookups on it.
//!
//! v3, v4, OAuth and `/control` share it. It checks no requests. What buyers, sellers and Equinix
//! do to it is in `orders`, `decisions` and `profiles`.

use std::{collections::BTreeSet, time::Duration};

use fabric_domain::{Flow, LinkProtocol, MetroCode, PortId};

use super::{
    clock::Clock,
    config::Config,
    draft::{Destination, Draft},
    faults::{FaultScript, ListingFaults},
    history::History,
    ledger::{Ledger, Requests},
    lifecycle::Timing,
    line::Line,
    profile::ProfileRecord,
    seed::{self, MetroRecord, PortRecord},
    tokens::TokenRecord,
    users::{Organisation, Users},
};

/// Everything that exists in a world.
#[derive(Debug)]
pub(crate) struct WorldState {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) users: Users,
    pub(crate) script: FaultScript,
    pub(crate) ledger: Ledger,
    pub(crate) requests: Requests,
    pub(crate) lines: Vec<Line>,
    pub(super) history: History,
    /// The last instant that everything was applied until.
    caught_up: Duration,
    pub(crate) metros: Vec<MetroRecord>,
    pub(crate) profiles: Vec<ProfileRecord>,
    ports: Vec<PortRecord>,
    pub(super) tokens: Vec<TokenRecord>,
    /// Which organisation sells under which name.
    pub(crate) sellers: Vec<(Organisation, String)>,
    sample_ids: BTreeSet<String>,
    counter: u64,
    correlation_counter: u64,
}

impl WorldState {
    pub(crate) fn new(config: Config) -> Self {
        let clock = Clock::new(config.speed, config.epoch);
        Self {
            tokens: seed::tokens(&clock),
            clock,
            users: Users::new(config.token_lifetime, config.refresh_lifetime),
            script: FaultScript::default(),
            ledger: Ledger::default(),
            requests: Requests::default(),
            lines: Vec::new(),
            history: History::default(),
            caught_up: Duration::ZERO,
            metros: seed::metros(),
            profiles: seed::profiles(),
            ports: seed::ports(),
            sellers: Vec::new(),
            sample_ids: seed::ids_that_are_no_uuids(),
            counter: 0,
            correlation_counter: 0,
            config,
        }
    }

    /// Applies everything that happens automatically until now; returns the current instant.
    pub(crate) fn catch_up(&mut self) -> Duration {
        let now = self.clock.now();
        self.history.record(self.caught_up, now, &self.lines);
        self.caught_up = now;
        let timing = self.timing();
        for line in &mut self.lines {
            line.age(now, timing);
        }
        if let Some(after) = self.config.accept_after {
            self.approve_due(after);
        }
        self.assign_ports(now);
        now
    }

    fn timing(&self) -> Timing {
        Timing { stage: self.config.stage, accept_after: self.config.accept_after }
    }

    /// Whether an id is a UUID, or an id of the samples that is none.
    pub(crate) fn well_formed(&self, id: &str) -> bool {
        seed::is_uuid(id) || self.sample_ids.contains(id)
    }

    /// A new correlation id for a v4 error.
    pub(crate) fn next_correlation_id(&mut self) -> String {
        self.correlation_counter += 1;
        format!("5f00e000-0000-4000-8000-{:012x}", self.correlation_counter)
    }

    /// The ports of an organisation.
    pub(crate) fn ports(&self, organisation: Organisation) -> impl Iterator<Item = &PortRecord> {
        let name = self.name_of(organisation);
        self.ports.iter().filter(move |port| port.owner == name)
    }

    /// One port of an organisation.
    pub(crate) fn port(&self, organisation: Organisation, id: &str) -> Option<&PortRecord> {
        self.ports(organisation).find(|port| port.id.as_str() == id)
    }

    /// A port of any organisation.
    pub(crate) fn any_port(&self, id: &PortId) -> Option<&PortRecord> {
        self.ports.iter().find(|port| port.id == *id)
    }

    /// The A-side port of a connection.
    pub(crate) fn port_of(&self, line: &Line) -> Option<&PortRecord> {
        self.any_port(&line.draft.port)
    }

    /// A metro of this world.
    pub(crate) fn metro(&self, code: MetroCode) -> Option<&MetroRecord> {
        self.metros.iter().find(|metro| metro.code == code)
    }

    /// Whether connections from one metro to another are possible.
    pub(crate) fn reaches(&self, from: MetroCode, to: MetroCode) -> bool {
        self.metro(from).is_some_and(|metro| from == to || metro.reaches.contains(&to))
    }

    /// One connection that an organisation ordered.
    pub(crate) fn line(&self, organisation: Organisation, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.organisation == organisation && line.id.as_str() == id)
    }

    /// One connection that an organisation sees: as its buyer, or as its seller.
    pub(crate) fn visible_line(&self, organisation: Organisation, id: &str) -> Option<&Line> {
        let line = self.lines.iter().find(|line| line.id.as_str() == id)?;
        (line.organisation == organisation || self.sells(organisation, line)).then_some(line)
    }

    /// The matching connections, oldest first, as the faults of listings show them. Valid only after
    /// [`WorldState::catch_up`].
    pub(crate) fn listed(
        &self,
        listing: ListingFaults,
        now: Duration,
        fits: impl Fn(&Line) -> bool,
    ) -> Vec<Line> {
        let shown =
            |line: &Line| fits(line) && now.saturating_sub(line.created) >= listing.hide_younger;
        if listing.lag.is_zero() {
            return self.lines.iter().filter(|line| shown(line)).cloned().collect();
        }
        let then = now.checked_sub(listing.lag).into_iter();
        let past = then.flat_map(|then| self.history.lines_at(then, self.timing()));
        past.filter(shown).collect()
    }

    /// Whether tags are in use on a port, or not freed yet after a deletion.
    pub(crate) fn tags_in_use(&self, port: &PortId, link: LinkProtocol, now: Duration) -> bool {
        self.lines.iter().any(|line| line.occupies(port, link, now, self.config.vlan_hold))
    }

    /// The flow whose state tables an order follows.
    pub(crate) fn flow(&self, draft: &Draft) -> Flow {
        match &draft.destination {
            Destination::Profile(id) => {
                self.profile(id).map_or(Flow::Seller, |profile| profile.flow)
            }
            Destination::Port { .. } => Flow::Own,
            Destination::Token(_) => Flow::Token,
            Destination::Invitation { .. } => Flow::Invitation,
        }
    }

    /// A number that is unique in this world.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// The id of a new redundancy group.
    pub(crate) fn new_group(&mut self) -> String {
        let number = self.next_number();
        format!("5f009000-0000-4000-8000-{number:012x}")
    }
}
