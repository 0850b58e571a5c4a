//! The world's memory and the few acts that change it; both faces and the control calls use it.
//!
//! It decides nothing about requests: what gets here has been checked.

use std::{collections::BTreeSet, time::Duration};

use fabric_domain::{LinkProtocol, MetroCode, PortId};

use super::{
    clock::Clock,
    config::Config,
    draft::{Draft, End},
    faults::{Lens, Script},
    ledger::{Ledger, Requests},
    lifecycle::Pace,
    line::Line,
    profile::Profile,
    seed::{self, Metro, Port, Token},
    state_tables::Course,
    users::{Access, Organisation},
};

/// Everything there is.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) access: Access,
    pub(crate) script: Script,
    pub(crate) ledger: Ledger,
    pub(crate) requests: Requests,
    pub(crate) lines: Vec<Line>,
    pub(crate) metros: Vec<Metro>,
    pub(crate) profiles: Vec<Profile>,
    ports: Vec<Port>,
    pub(super) tokens: Vec<Token>,
    /// Organisations that sell what a name stands for.
    pub(crate) sellers: Vec<(Organisation, String)>,
    odd_ids: BTreeSet<String>,
    counter: u64,
    correlations: u64,
}

impl State {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            clock: Clock::new(config.speed, config.epoch),
            access: Access::new(config.token_lifetime, config.refresh_lifetime),
            script: Script::default(),
            ledger: Ledger::default(),
            requests: Requests::default(),
            lines: Vec::new(),
            metros: seed::metros(),
            profiles: seed::profiles(),
            ports: seed::ports(),
            tokens: seed::tokens(),
            sellers: Vec::new(),
            odd_ids: seed::named_oddly(),
            counter: 0,
            correlations: 0,
            config,
        }
    }

    /// Simulated time, with all lines and profiles brought up to it.
    pub(crate) fn look(&mut self) -> Duration {
        let now = self.clock.now();
        let pace = Pace { stage: self.config.stage, accept_after: self.config.accept_after };
        for line in &mut self.lines {
            line.age(now, pace);
        }
        if let Some(after) = self.config.accept_after {
            self.judge_all(after);
        }
        self.land(now);
        now
    }

    /// Whether an id is one that this world can have given out, or that a sample shows.
    pub(crate) fn well_formed(&self, id: &str) -> bool {
        seed::is_uuid(id) || self.odd_ids.contains(id)
    }

    /// A fresh id for an error, as v4 prints them.
    pub(crate) fn correlation(&mut self) -> String {
        self.correlations += 1;
        format!("5f00e000-0000-4000-8000-{:012x}", self.correlations)
    }

    /// The ports of an organisation.
    pub(crate) fn ports(&self, organisation: Organisation) -> impl Iterator<Item = &Port> {
        let name = self.name_of(organisation);
        self.ports.iter().filter(move |port| port.holder == name)
    }

    /// One port of an organisation.
    pub(crate) fn port(&self, organisation: Organisation, id: &str) -> Option<&Port> {
        self.ports(organisation).find(|port| port.id.as_str() == id)
    }

    /// A port, whomever it belongs to.
    pub(crate) fn any_port(&self, id: &PortId) -> Option<&Port> {
        self.ports.iter().find(|port| port.id == *id)
    }

    /// The A-side port of a line.
    pub(crate) fn port_of(&self, line: &Line) -> Option<&Port> {
        self.any_port(&line.draft.port)
    }

    /// The tokens that an organisation can see.
    pub(crate) fn tokens(&self, organisation: Organisation) -> &[Token] {
        if organisation == Organisation::FIRST { &self.tokens } else { &[] }
    }

    pub(crate) fn token(&self, organisation: Organisation, id: &str) -> Option<&Token> {
        self.tokens(organisation).iter().find(|token| token.id.as_str() == id)
    }

    pub(crate) fn metro(&self, code: MetroCode) -> Option<&Metro> {
        self.metros.iter().find(|metro| metro.code == code)
    }

    /// Whether a connection can go from one metro to another.
    pub(crate) fn reaches(&self, from: MetroCode, to: MetroCode) -> bool {
        self.metro(from).is_some_and(|metro| from == to || metro.reaches.contains(&to))
    }

    /// One line of an organisation.
    pub(crate) fn line(&self, organisation: Organisation, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.organisation == organisation && line.id.as_str() == id)
    }

    /// One line that an organisation sees: as its buyer, or as the seller at its end.
    pub(crate) fn seen(&self, organisation: Organisation, id: &str) -> Option<&Line> {
        let line = self.lines.iter().find(|line| line.id.as_str() == id)?;
        (line.organisation == organisation || self.sells(organisation, line)).then_some(line)
    }

    /// The lines that fit as a listing shows them through `lens`, oldest first.
    pub(crate) fn listed(
        &self,
        lens: Lens,
        now: Duration,
        fits: impl Fn(&Line) -> bool,
    ) -> Vec<&Line> {
        self.lines
            .iter()
            .filter(|line| fits(line))
            .filter(|line| now.saturating_sub(line.created) >= lens.hide_younger)
            .collect()
    }

    /// Whether tags are in use on a port, or not freed yet.
    pub(crate) fn occupied(&self, port: &PortId, link: LinkProtocol, now: Duration) -> bool {
        self.lines.iter().any(|line| line.occupies(port, link, now, self.config.vlan_hold))
    }

    /// The course that a draft takes.
    pub(crate) fn course(&self, draft: &Draft) -> Course {
        match &draft.end {
            End::Profile(id) => self.profile(id).map_or(Course::Seller, |profile| profile.course),
            End::Port { .. } => Course::Own,
            End::Token(_) => Course::Token,
            End::Invitation { .. } => Course::Invitation,
        }
    }

    /// A number that nothing else in this world has.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A fresh redundancy group.
    pub(crate) fn group(&mut self) -> String {
        let number = self.next_number();
        format!("5f009000-0000-4000-8000-{number:012x}")
    }
}
