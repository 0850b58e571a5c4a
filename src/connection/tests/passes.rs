//! One pass: what a process sees of the world, and what the product's own functions make of that.
//!
//! `judge`, `Identity`, `MissingLegs`, `unproven`, `plan` and `status_after` are the product's. Only
//! what they need gathered beforehand is gathered here, because the product reads it over the network.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{FabricConnection, OrderIntent, Reason, UnknownFields};
use fabric_domain::{Connection, Flow, Leg};

use crate::{
    connection::{
        commands::{Cancel, ConnectionCommand},
        evidence::{
            KnownAttempt, ListedConnection, ListingEvidence, OrderEvidence, OrderFacts, judge,
        },
        observe::{
            ConnectionObservation,
            search::{CAUGHT_UP, OUTLAST, SETTLE},
        },
        ownership::{self, Identity},
        plan::plan,
        preflight::{MissingLegs, Preflight, unproven},
        report::{ConnectionReport, status_after},
        resolve::Desired,
        state::{Cancellation, ConnectionState, ProviderView, Trace},
        tests::{
            scene::{Safeguard, Scene, a_side, at, desired, id, number, place},
            world::{
                LedgerEntry, Life, Memory, Outgoing, Place, Planned, Remembered, Replica,
                SmallWorld, StatusId, Stored,
            },
        },
    },
    reconcile::{
        Step,
        claims::leg_status,
        deletion::{Definition, Safeguards},
        problem::Problem,
    },
};

/// What a pass comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum PassEnd {
    /// Status stays as it is.
    Nothing,
    /// Status is written.
    Write(StatusId),
    /// A request is sent.
    Send(Planned),
    /// The finalizer is removed.
    Release,
}

/// A pass of `replica` over its copy of the resource.
pub(super) struct ModelPass<'a> {
    pub(super) scene: &'a Scene,
    pub(super) world: &'a SmallWorld,
    pub(super) replica: &'a Replica,
    pub(super) view: Stored,
}

impl ModelPass<'_> {
    /// Observes and plans.
    pub(super) fn run(&self) -> PassEnd {
        let object = self.scene.object(self.view);
        match plan(&self.observe(&object)) {
            Step::Report(report, _) => self.write(&object, &report),
            Step::Act(ConnectionCommand::TakeUp(leg, id)) => {
                let owner = self.scene.owner.clone();
                self.write(&object, &ConnectionReport::Found { leg, id, owner })
            }
            Step::Act(ConnectionCommand::Order { desired, attempt }) => {
                PassEnd::Send(self.order(&object, &desired, attempt))
            }
            // The next pass sends the one for the other half.
            Step::Act(ConnectionCommand::Cancel(due, _)) => {
                let Cancel { leg, id, .. } = &due[0];
                let request = Outgoing::Cancel { leg: *leg, entry: number(id.as_str()) };
                PassEnd::Send(Planned { view: self.view, request })
            }
            Step::Act(ConnectionCommand::Change { .. }) => unreachable!("the spec never drifts"),
            Step::Wait(_) => PassEnd::Nothing,
            Step::Release(_) => PassEnd::Release,
        }
    }

    fn write(&self, object: &FabricConnection, report: &ConnectionReport) -> PassEnd {
        let new = status_with(self.scene, object, report);
        if new == self.view.status { PassEnd::Nothing } else { PassEnd::Write(new) }
    }

    /// The order with its intent, as `commands::order` records it.
    fn order(&self, object: &FabricConnection, desired: &Desired, number: u32) -> Planned {
        let leg = desired.leg;
        let before = leg_status(object, leg).and_then(|known| known.order.as_ref());
        let first = before.filter(|_| number > 1);
        let now = Time(at(self.world.now));
        let attempt = self.world.attempts;
        let tags = desired.order.a_side.link.tags();
        let reference = self.scene.marks.then(|| ownership::mark(&self.scene.owner, leg));
        let intent = OrderIntent {
            name: desired.order.name.to_string(),
            port_uuid: desired.order.a_side.port.to_string(),
            vlan_s_tag: tags.s_tag,
            vlan_c_tag: tags.c_tag,
            reference,
            provider_time: match first {
                Some(first) => first.provider_time.clone(),
                None => Some(now.clone()),
            },
            attempt_provider_time: Some(now.clone()),
            key_hash: None,
            request_hash: "0".into(),
            by: attempt.to_string(),
            at: first.map_or(now, |first| first.at.clone()),
            attempt: number,
            unknown: UnknownFields::default(),
        };
        let report = ConnectionReport::Ordering {
            intents: vec![(leg, intent)],
            owner: self.scene.owner.clone(),
            resolved: desired.resolved.clone(),
            price: None,
        };
        let recorded = if self.scene.lacks(Safeguard::Intent) {
            self.view.status
        } else {
            status_with(self.scene, object, &report)
        };
        let request = Outgoing::Order {
            leg,
            attempt,
            number,
            place: place(leg, self.view.tag),
            recorded,
            decided: self.world.now,
        };
        Planned { view: self.view, request }
    }

    fn observe(&self, object: &FabricConnection) -> ConnectionObservation {
        let identity = self.scene.identity(object);
        let legs = self.scene.legs().iter().copied();
        let legs: Vec<_> = legs.map(|leg| (leg, self.state(object, leg, &identity))).collect();
        let preflight = match MissingLegs::of(&legs) {
            Some(missing) if !self.view.deleting => self.preflight(&legs, &missing),
            _ => Preflight::Unasked,
        };
        ConnectionObservation {
            deleting: self.view.deleting,
            keeps: self.view.orphan,
            kept: vec![],
            safeguards: Safeguards { protected: false, definition: Definition::Stays },
            observes: false,
            paused: false,
            flow: Flow::Token,
            owner: self.scene.owner.clone(),
            recorded_owner: self.scene.owner.clone(),
            adopts: false,
            may_adopt: true,
            trouble: None,
            legs,
            drifts: vec![],
            price: None,
            preflight,
            awaits_list: false,
            last_seen: vec![],
        }
    }

    /// As `observe::state` has it: by id if status has one, by the intent, or by what is listed.
    fn state(
        &self,
        object: &FabricConnection,
        leg: Leg,
        identity: &Identity<'_>,
    ) -> ConnectionState {
        let known = leg_status(object, leg);
        if let Some((known, uuid)) = known.and_then(|known| Some((known, known.uuid.as_deref()?))) {
            let at = usize::from(number(uuid));
            let line = self.scene.shown(at, self.world.ledger[at]);
            let view = if identity.owns(&line, leg, known.order.as_ref()) {
                ProviderView::Seen(Box::new(line))
            } else {
                let why = "it is neither what this resource ordered nor what it adopted";
                ProviderView::Foreign(Problem::stalled(Reason::ConnectionExists, why))
            };
            let cancellation = match known.cancelled_at {
                Some(_) => Cancellation::Taken,
                None => Cancellation::No,
            };
            return ConnectionState::Known { id: id(at), cancellation, view };
        }
        match known.and_then(|known| known.order.as_ref()) {
            Some(intent) => {
                ConnectionState::Intended(intent.clone(), self.evidence(leg, intent, identity))
            }
            None => ConnectionState::Unrecorded(self.trace(leg, identity)),
        }
    }

    fn trace(&self, leg: Leg, identity: &Identity<'_>) -> Trace {
        let Some(listed) = self.listed() else { return Trace::Unlisted(None) };
        if self.scene.lacks(Safeguard::Search) {
            return Trace::Nothing;
        }
        if let Some(ours) = listed.iter().find(|line| identity.proves_alone(line, leg)) {
            return Trace::Ours(ours.id.clone());
        }
        let doubtful = listed.into_iter().find(|line| identity.resembles(line, leg));
        doubtful.map_or(Trace::Nothing, |line| Trace::Doubtful(Box::new(line)))
    }

    fn evidence(&self, leg: Leg, intent: &OrderIntent, identity: &Identity<'_>) -> OrderEvidence {
        if self.scene.lacks(Safeguard::Search) {
            return OrderEvidence::Absent;
        }
        let attempt: u8 = intent.by.parse().unwrap();
        let known = self.replica.recall(attempt);
        let listed = self.listed();
        let listed = listed.iter().flatten();
        let listed =
            listed.map(|connection| ListedConnection { connection, held: false }).collect();
        let facts = OrderFacts {
            leg,
            intent,
            attempt: match known.fate {
                Remembered::Placed(entry) => KnownAttempt::Placed(id(entry.into())),
                Remembered::Unsent => KnownAttempt::Unsent,
                Remembered::Taken => KnownAttempt::Taken,
                Remembered::Unknown => KnownAttempt::Unknown,
            },
            listed,
            listings: self.listings(intent, known),
            sees_port: true,
        };
        judge(identity, &facts)
    }

    /// What the listings since an attempt prove, as `observe::search` counts them.
    fn listings(&self, intent: &OrderIntent, known: Memory) -> ListingEvidence {
        let sent = intent.attempt_provider_time.as_ref().map_or(at(0), |time| time.0);
        let settle = if self.scene.lacks(Safeguard::Settling) { Duration::ZERO } else { SETTLE };
        let short = SignedDuration::from_mins(2);
        let caught_up = if self.scene.lacks(Safeguard::Transit) { short } else { CAUGHT_UP };
        let listings = self.replica.listings;
        let all =
            if self.scene.lacks(Safeguard::LastListing) { listings.shown } else { listings.whole };
        let shows_newer = self.entries(all).any(|(_, entry)| at(entry.created) > sent + caught_up);
        match listings.dated.map(at) {
            Some(dated) if dated >= sent + settle => {
                let outlasts = dated >= sent + OUTLAST;
                if shows_newer || outlasts || self.scene.lacks(Safeguard::LagProof) {
                    ListingEvidence::Caught
                } else {
                    ListingEvidence::Settled
                }
            }
            Some(_) if known.listed_since => ListingEvidence::Later,
            _ => ListingEvidence::Nothing,
        }
    }

    /// The connections of the ledger that `shown` has a bit for.
    fn entries(&self, shown: u8) -> impl Iterator<Item = (usize, LedgerEntry)> {
        self.world.ledger.iter().copied().enumerate().filter(move |(at, _)| shown >> at & 1 == 1)
    }

    /// The same, as listings show them; `None` before the first whole one. What was there then shows
    /// as it was.
    fn listed(&self) -> Option<Vec<Connection>> {
        self.replica.listings.dated?;
        let up = |entry| LedgerEntry { life: Life::Up, ..entry };
        Some(
            self.entries(self.replica.listings.shown)
                .map(|(at, entry)| self.scene.shown(at, up(entry)))
                .collect(),
        )
    }

    /// As `preflight::preflight` has it, for the part that depends on other connections.
    fn preflight(&self, legs: &[(Leg, ConnectionState)], missing: &MissingLegs) -> Preflight {
        let wanted: &[Leg] = match missing {
            MissingLegs::All => self.scene.legs(),
            MissingLegs::Primary(_) => &[Leg::Primary],
            MissingLegs::Secondary(_) => &[Leg::Secondary],
        };
        for leg in wanted {
            let place = place(*leg, self.view.tag);
            let obstacle = unproven(legs, *leg, &a_side(place)).or_else(|| self.obstacle(place));
            if let Some(obstacle) = obstacle {
                return obstacle;
            }
        }
        let (leg, joins) = match missing {
            MissingLegs::All => (Leg::Primary, false),
            MissingLegs::Primary(None) | MissingLegs::Secondary(None) => {
                return Preflight::AwaitingPrimary;
            }
            MissingLegs::Primary(Some(_)) => (Leg::Primary, true),
            MissingLegs::Secondary(Some(_)) => (Leg::Secondary, true),
        };
        Preflight::Ready(Box::new(desired(leg, place(leg, self.view.tag), joins)))
    }

    fn obstacle(&self, place: Place) -> Option<Preflight> {
        if self.replica.listings.dated.is_none() {
            return Some(Preflight::AwaitingListing(None));
        }
        let (at, entry) =
            self.entries(self.replica.listings.shown).find(|(_, entry)| entry.place == place)?;
        Some(Preflight::Occupied(Box::new(self.scene.shown(at, entry))))
    }
}

/// The number of the status after a report. Times in status other than the intent's are not looked
/// at again, so they stand still.
pub(super) fn status_with(
    scene: &Scene,
    object: &FabricConnection,
    report: &ConnectionReport,
) -> StatusId {
    let old = object.status.clone().unwrap_or_default();
    scene.statuses.number(status_after(object, &old, report, Timestamp::UNIX_EPOCH))
}
