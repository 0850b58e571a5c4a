//! The world's memory and the few acts that change it; both faces and the control calls use it.
//!
//! It decides nothing about requests: what gets here has been checked.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Map;

use super::access::{Access, Organisation};
use super::clock::Clock;
use super::config::Config;
use super::faults::{Lens, Script};
use super::ledger::{Cancelled, Dialect, Ledger, Ordered, Requests};
use super::life::{Life, Pace};
use super::line::{Draft, End, Line, Terms};
use super::rules::Course;
use super::seed::{self, Metro, Port, Profile, Token, TokenState};
use crate::domain::{
    ConnectionId, LinkProtocol, MetroCode, PortId, Priority, ProfileId, ServiceTokenId, Vlan,
};

/// Everything there is.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) access: Access,
    pub(super) script: Script,
    pub(super) ledger: Ledger,
    pub(super) requests: Requests,
    pub(super) lines: Vec<Line>,
    pub(super) metros: Vec<Metro>,
    pub(super) profiles: Vec<Profile>,
    ports: Vec<Port>,
    tokens: Vec<Token>,
    /// Organisations that sell what a name stands for.
    pub(super) sellers: Vec<(Organisation, String)>,
    odd_ids: BTreeSet<String>,
    counter: u64,
    correlations: u64,
}

impl State {
    pub(super) fn new(config: Config) -> Self {
        let mut state = Self {
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
        };
        if state.config.sample_connections {
            state.add_sample_connections();
        }
        state
    }

    /// Simulated time, with all lines brought up to it.
    pub(super) fn look(&mut self) -> Duration {
        let now = self.clock.now();
        let pace = Pace { stage: self.config.stage, accept_after: self.config.accept_after };
        for line in &mut self.lines {
            line.age(now, pace);
        }
        now
    }

    /// Whether an id is one that this world can have given out, or that a sample shows.
    pub(super) fn well_formed(&self, id: &str) -> bool {
        seed::is_uuid(id) || self.odd_ids.contains(id)
    }

    /// A fresh id for an error, as v4 prints them.
    pub(super) fn correlation(&mut self) -> String {
        self.correlations += 1;
        format!("5f00e000-0000-4000-8000-{:012x}", self.correlations)
    }

    /// The ports of an organisation.
    pub(super) fn ports(&self, organisation: Organisation) -> &[Port] {
        if organisation == Organisation::FIRST { &self.ports } else { &[] }
    }

    /// One port of an organisation.
    pub(super) fn port(&self, organisation: Organisation, id: &str) -> Option<&Port> {
        self.ports(organisation).iter().find(|port| port.id.as_str() == id)
    }

    /// A port whose id comes from a line.
    pub(super) fn port_of(&self, line: &Line) -> Option<&Port> {
        self.port(line.organisation, line.draft.port.as_str())
    }

    /// The tokens that an organisation can see.
    pub(super) fn tokens(&self, organisation: Organisation) -> &[Token] {
        if organisation == Organisation::FIRST { &self.tokens } else { &[] }
    }

    pub(super) fn token(&self, organisation: Organisation, id: &str) -> Option<&Token> {
        self.tokens(organisation).iter().find(|token| token.id.as_str() == id)
    }

    pub(super) fn metro(&self, code: MetroCode) -> Option<&Metro> {
        self.metros.iter().find(|metro| metro.code == code)
    }

    /// Whether a connection can go from one metro to another.
    pub(super) fn reaches(&self, from: MetroCode, to: MetroCode) -> bool {
        self.metro(from).is_some_and(|metro| from == to || metro.reaches.contains(&to))
    }

    /// Profiles that an organisation can see: its own, and those of sellers.
    pub(super) fn profiles_for(
        &self,
        organisation: Organisation,
    ) -> impl Iterator<Item = &Profile> {
        self.profiles
            .iter()
            .filter(move |profile| !profile.own() || organisation == Organisation::FIRST)
    }

    pub(super) fn profile(&self, organisation: Organisation, id: &str) -> Option<&Profile> {
        self.profiles_for(organisation).find(|profile| profile.id.as_str() == id)
    }

    /// Whether an organisation is a profile's seller.
    pub(super) fn owns(&self, organisation: Organisation, profile: &Profile) -> bool {
        (organisation == Organisation::FIRST && profile.sold_by_first())
            || self.sellers.iter().any(|(who, name)| *who == organisation && name == profile.seller)
    }

    /// One line of an organisation.
    pub(super) fn line(&self, organisation: Organisation, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.organisation == organisation && line.id.as_str() == id)
    }

    /// The lines of an organisation as a listing shows them through `lens`, oldest first.
    pub(super) fn listed(
        &self,
        organisation: Organisation,
        lens: Lens,
        now: Duration,
    ) -> Vec<&Line> {
        self.lines
            .iter()
            .filter(|line| line.organisation == organisation)
            .filter(|line| now.saturating_sub(line.created) >= lens.hide_younger)
            .collect()
    }

    /// Whether tags are in use on a port, or not freed yet.
    pub(super) fn occupied(&self, port: &PortId, link: LinkProtocol, now: Duration) -> bool {
        self.lines.iter().any(|line| line.occupies(port, link, now, self.config.vlan_hold))
    }

    /// The course that a draft takes.
    pub(super) fn course(&self, draft: &Draft) -> Course {
        match &draft.end {
            End::Profile(id) => self
                .profiles
                .iter()
                .find(|profile| profile.id == *id)
                .map_or(Course::Seller, |profile| profile.course),
            End::Port { .. } => Course::Own,
            End::Token(_) => Course::Token,
            End::Invitation { .. } => Course::Invitation,
        }
    }

    /// A number that nothing else in this world has.
    pub(super) fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A fresh redundancy group.
    pub(super) fn group(&mut self) -> String {
        let number = self.next_number();
        format!("5f009000-0000-4000-8000-{number:012x}")
    }

    /// Takes an order: from here on the line exists, costs money and stands in the ledger.
    pub(super) fn order(
        &mut self,
        organisation: Organisation,
        dialect: Dialect,
        draft: Draft,
        group: String,
    ) -> Option<ConnectionId> {
        let serial = self.next_number();
        let text = format!("5f00c000-{:04x}-4000-8000-{serial:012x}", organisation.0);
        let id = ConnectionId::parse(&text).ok()?;
        let now = self.look();
        let tags = draft.link.tags();
        self.ledger.orders.push(Ordered {
            at: self.clock.at(now),
            dialect,
            uuid: text,
            name: draft.name.clone(),
            port: draft.port.as_str().to_owned(),
            vlan: tags.outer,
            inner_vlan: tags.inner,
            organisation: organisation.0,
        });
        if let End::Token(used) = &draft.end {
            self.use_up(used);
        }
        let course = self.course(&draft);
        self.lines.push(Line {
            id: id.clone(),
            organisation,
            dialect,
            draft,
            group,
            created: now,
            cancelled: None,
            life: Life::begin(course, now),
            change: None,
            edited: Duration::ZERO,
            remark: None,
            serial,
        });
        Some(id)
    }

    fn use_up(&mut self, used: &ServiceTokenId) {
        for token in &mut self.tokens {
            if token.id == *used {
                token.state = TokenState::Active;
            }
        }
    }

    /// Starts the deletion of a line.
    pub(super) fn cancel(&mut self, id: &ConnectionId, dialect: Dialect) {
        let now = self.look();
        for line in &mut self.lines {
            if line.id == *id {
                line.life.cancel(now);
                // Nobody changes what is on its way out.
                line.change = None;
                line.remark = None;
                line.cancelled = Some(now);
            }
        }
        self.ledger.cancellations.push(Cancelled {
            at: self.clock.at(now),
            dialect,
            uuid: id.as_str().to_owned(),
        });
    }

    /// The two connections that the v3 chapters "GET L2 Connections {uuid}" and "DELETE
    /// Connections {uuid}" speak of, and the first lines of the two redundancy groups that the
    /// invitation document's tables name.
    fn add_sample_connections(&mut self) {
        self.add_first_lines();
        let rows = [
            (
                "006d08e2-788e-4c83-82d3-07b1787644a5",
                "SAL-AZURE-TR-SEC-20",
                "66284add-86d1-6d10-b4e0-30ac094f8af1",
                "a1390b22-bbe0-4e93-ad37-85beef9d254d",
                ("TR", 200, "99973578-36f9-47f8-b12f-afa3faf02d06"),
                Priority::Secondary,
            ),
            (
                "702d31c4-c66d-49b0-a26c-a9a234e56fsb",
                "John-Doe",
                "9a1b30c7-baaf-aaf0-96e0-30ac188c7099",
                "3214888b-39b0-49ea-a232-005088dc9c84",
                ("SV", 201, "123456789012"),
                Priority::Primary,
            ),
        ];
        for (id, name, port, profile, (metro, vlan, key), priority) in rows {
            let (Ok(id), Ok(port), Ok(profile), Ok(metro), Ok(vlan)) = (
                ConnectionId::parse(id),
                PortId::parse(port),
                ProfileId::parse(profile),
                MetroCode::parse(metro),
                Vlan::new(vlan),
            ) else {
                continue;
            };
            let gone = priority == Priority::Secondary;
            let draft = Draft {
                name: name.to_owned(),
                mbps: 50,
                in_gigabits: false,
                purchase_order: None,
                emails: vec!["JohnDoe@equinix.com".to_owned()],
                port,
                link: LinkProtocol::Dot1q(vlan),
                end: End::Profile(profile),
                terms: Terms {
                    key: Some(key.to_owned()),
                    peering: gone.then(|| "Private".to_owned()),
                    ..Terms::default()
                },
                metro,
                priority,
                echoed: Map::new(),
            };
            let group = self.group();
            self.lines.push(Line {
                life: Life::ended(self.course(&draft), gone),
                change: None,
                edited: Duration::ZERO,
                remark: None,
                id,
                organisation: Organisation::FIRST,
                dialect: Dialect::V3,
                draft,
                group,
                created: Duration::ZERO,
                cancelled: gone.then_some(Duration::ZERO),
                serial: 0,
            });
        }
    }

    /// Lines of long ago whose groups a second line can join.
    fn add_first_lines(&mut self) {
        let email = "test@equinix.com".to_owned();
        let invitation = End::Invitation { email, message: "Hello World!".to_owned() };
        let token = ServiceTokenId::parse("20d32a80-0d61-4333-bc03-707b591ae2f3").map(End::Token);
        let rows = [
            ("1", "m167f685-41b0-1b07-6de0-320a5c00abeu", 4001, Ok(invitation)),
            ("2", "7a58dd05-f46d-4b1d-a154-2e85c396ea63", 4002, token),
        ];
        for (number, group, vlan, end) in rows {
            let id = ConnectionId::parse(&format!("5f00d000-0000-4000-8000-00000000000{number}"));
            let port = PortId::parse("a867f685-41b0-1b07-6de0-320a5c00abdd");
            let (Ok(id), Ok(port), Ok(metro), Ok(vlan), Ok(end)) =
                (id, port, MetroCode::parse("SV"), Vlan::new(vlan), end)
            else {
                continue;
            };
            let draft = Draft {
                name: format!("First-{number}"),
                mbps: 1000,
                in_gigabits: false,
                purchase_order: None,
                emails: vec!["test@equinix.com".to_owned()],
                port,
                link: LinkProtocol::Dot1q(vlan),
                end,
                terms: Terms::default(),
                metro,
                priority: Priority::Primary,
                echoed: Map::new(),
            };
            self.lines.push(Line {
                life: Life::ended(self.course(&draft), false),
                change: None,
                id,
                organisation: Organisation::FIRST,
                dialect: Dialect::V4,
                draft,
                group: group.to_owned(),
                created: Duration::ZERO,
                cancelled: None,
                serial: 0,
                edited: Duration::ZERO,
                remark: None,
            });
        }
    }
}
