//! What a move leads to.
//!
//! How the engine records, checks, sends and stores is modelled here step by step, as
//! `reconcile::send_once`, `recheck` and `status` do it. Nothing here judges the result.

use fabric_api::Reason;
use fabric_domain::Leg;

use crate::{
    connection::{
        report::ConnectionReport,
        tests::{
            moves::{WorldMove, latest_attempt},
            passes::{ModelPass, PassEnd, status_with},
            scene::{ELSEWHERE, Safeguard, Scene, id, place},
            world::{
                ARRIVES_WITHIN, LedgerEntry, Life, Listings, Orderer, Outgoing, PassStage, Place,
                Planned, Remembered, Replica, Reply, SmallWorld, StatusId, Stored, Straggler,
            },
        },
    },
    reconcile::problem::Problem,
};

/// The tag that the user chooses instead of the first one.
const OTHER_TAG: u16 = 1002;

impl SmallWorld {
    /// The state after a move; `None` if that changes nothing.
    pub(super) fn after(&self, scene: &Scene, step: WorldMove) -> Option<Self> {
        let mut next = self.clone();
        match step {
            WorldMove::Begin { replica, stale } => next.begin(scene, replica, stale),
            WorldMove::Send(replica) => next.send(scene, replica),
            WorldMove::Answer(replica) => next.answer(replica),
            WorldMove::LoseRequest(replica) => {
                next.budget.losses -= 1;
                next.reply(replica, Reply::Lost);
            }
            WorldMove::LoseAnswer(replica) => {
                next.budget.losses -= 1;
                next.answer(replica);
                next.reply(replica, Reply::Lost);
            }
            WorldMove::Delay(replica) => {
                next.budget.losses -= 1;
                next.abandon(replica);
                next.reply(replica, Reply::Lost);
            }
            WorldMove::Refuse(replica) => {
                next.budget.refusals -= 1;
                next.reply(replica, Reply::Refused);
            }
            WorldMove::Store(replica) => next.store(scene, replica),
            WorldMove::Arrive(at) => {
                let straggler = next.stragglers.remove(at);
                next.execute(straggler.leg, straggler.place);
            }
            WorldMove::List { replica, shows } => next.list(replica, shows),
            WorldMove::ListWithout { replica, lacks } => next.list_without(scene, replica, lacks),
            WorldMove::Die(replica) => {
                next.budget.deaths -= 1;
                next.abandon(replica);
                next.replicas[replica] = Replica { alive: false, ..Replica::fresh() };
            }
            WorldMove::Restart(replica) => next.replicas[replica] = Replica::fresh(),
            WorldMove::Pass(age) => next.pass(scene, age),
            WorldMove::ChooseTag => next.edit(|spec| spec.tag = OTHER_TAG),
            WorldMove::ChooseOrphan => next.edit(|spec| spec.orphan = true),
            WorldMove::Delete => next.delete(),
            WorldMove::End(at) => next.ledger[at].life = Life::Gone,
            WorldMove::Rival(orderer) => {
                next.budget.rivals -= 1;
                let tag = self.resource.or(self.previous)?.tag;
                next.place(orderer, place(Leg::Primary, tag));
            }
            WorldMove::Bystander => {
                next.budget.bystanders -= 1;
                next.place(Orderer::Unmarked, ELSEWHERE);
            }
        }
        next.forget_copies(scene);
        (next != *self).then_some(next)
    }

    /// A copy from before the last write leads to nothing but a conflict, unless a cancellation is
    /// decided from it, which writes nothing before it is sent.
    fn forget_copies(&mut self, scene: &Scene) {
        let matters = |copy: &Stored| {
            copy.deleting || scene.lacks(Safeguard::Precondition) || scene.lacks(Safeguard::Intent)
        };
        self.previous = self.previous.filter(matters);
    }

    fn begin(&mut self, scene: &Scene, at: usize, stale: bool) {
        let copy = if stale { self.previous } else { self.resource };
        let Some(view) = copy else { return };
        if !view.finalizer {
            // A deleted resource without a finalizer is gone already.
            if !stale {
                self.write(Some(Stored { finalizer: true, ..view }));
            }
            return;
        }
        self.adopt_intents(scene, at, view);
        let pass = ModelPass { scene, world: self, replica: &self.replicas[at], view };
        let end = pass.run();
        let may_write = !stale || scene.lacks(Safeguard::Precondition);
        let may_write = may_write && self.resource.is_some();
        match end {
            PassEnd::Write(status) if may_write => self.set_status(status),
            PassEnd::Release if may_write => {
                self.left = view.orphan;
                self.write(None);
            }
            PassEnd::Nothing | PassEnd::Write(_) | PassEnd::Release => {}
            PassEnd::Send(planned) => self.decide(scene, at, planned, may_write),
        }
    }

    /// Counts the attempts of other processes from when this one first sees them.
    fn adopt_intents(&mut self, scene: &Scene, at: usize, view: Stored) {
        let status = scene.statuses.get(view.status);
        let open = [&status.primary, &status.secondary].into_iter().flatten();
        let open = open.filter(|leg| leg.uuid.is_none()).filter_map(|leg| leg.order.as_ref());
        let replica = &mut self.replicas[at];
        for attempt in open.map(|order| order.by.parse().unwrap()) {
            if replica.memory.iter().all(|memory| memory.attempt != attempt) {
                let fate = if scene.lacks(Safeguard::Doubt) {
                    Remembered::Unsent
                } else {
                    Remembered::Unknown
                };
                replica.remember(attempt, fate);
            }
        }
    }

    /// Records the intent of an order.
    fn decide(&mut self, scene: &Scene, at: usize, planned: Planned, may_write: bool) {
        if let Outgoing::Order { attempt, recorded, .. } = planned.request {
            if !scene.lacks(Safeguard::Intent) {
                if !may_write {
                    return;
                }
                self.set_status(recorded);
            }
            self.attempts += 1;
            self.replicas[at].remember(attempt, Remembered::Unknown);
        }
        self.replicas[at].stage = PassStage::Decided(planned);
    }

    fn set_status(&mut self, status: StatusId) {
        let new = self.resource.map(|resource| Stored { status, ..resource });
        if new != self.resource {
            self.write(new);
        }
    }

    /// Checks the decision again and sends the request, or takes its intent back.
    fn send(&mut self, scene: &Scene, at: usize) {
        let PassStage::Decided(planned) = self.replicas[at].stage else { return };
        if self.still_holds(scene, planned) || scene.lacks(Safeguard::Recheck) {
            self.replicas[at].stage = PassStage::Sent(planned);
            return;
        }
        self.replicas[at].stage = PassStage::Idle;
        if let Outgoing::Order { attempt, recorded, .. } = planned.request {
            self.replicas[at].remember(attempt, Remembered::Unsent);
            if self.resource.is_some_and(|newest| newest.status == recorded) {
                self.set_status(planned.view.status);
            }
        }
    }

    fn still_holds(&self, scene: &Scene, planned: Planned) -> bool {
        let Some(newest) = self.resource else { return false };
        let is_in_time = match planned.request {
            Outgoing::Order { decided, .. } => decided == self.now,
            Outgoing::Cancel { .. } => true,
        };
        newest.generation == planned.view.generation
            && newest.deleting == planned.view.deleting
            && is_recorded(scene, newest, planned.request)
            && is_in_time
    }

    /// The provider carries a request out and answers.
    fn answer(&mut self, at: usize) {
        let PassStage::Sent(planned) = self.replicas[at].stage else { return };
        let reply = match planned.request {
            Outgoing::Order { leg, place, .. } => match self.execute(leg, place) {
                Some(made) => Reply::Placed(made),
                None => Reply::Taken,
            },
            Outgoing::Cancel { entry, .. } => {
                let entry = &mut self.ledger[usize::from(entry)];
                match entry.life {
                    Life::Up => {
                        entry.life = Life::Ending;
                        Reply::Accepted
                    }
                    Life::Ending | Life::Gone => Reply::Gone,
                }
            }
        };
        self.reply(at, reply);
    }

    /// Carries an order out, unless its port and tag are taken.
    fn execute(&mut self, leg: Leg, place: Place) -> Option<u8> {
        match self.occupant(place) {
            Some(_) => None,
            None => Some(self.place(Orderer::Resource(leg), place)),
        }
    }

    fn place(&mut self, orderer: Orderer, place: Place) -> u8 {
        let created = self.now;
        self.ledger.push(LedgerEntry { orderer, place, life: Life::Up, created });
        u8::try_from(self.ledger.len() - 1).unwrap()
    }

    /// The process has an answer, or gives up waiting for one.
    fn reply(&mut self, at: usize, reply: Reply) {
        let replica = &mut self.replicas[at];
        let (PassStage::Sent(planned) | PassStage::Answered(planned, _)) = replica.stage else {
            return;
        };
        replica.stage = PassStage::Answered(planned, reply);
        if let Outgoing::Order { attempt, .. } = planned.request {
            let fate = match reply {
                Reply::Placed(made) => Remembered::Placed(made),
                Reply::Taken => Remembered::Taken,
                Reply::Refused => Remembered::Unsent,
                Reply::Accepted | Reply::Gone | Reply::Lost => Remembered::Unknown,
            };
            replica.remember(attempt, fate);
        }
    }

    /// Leaves an order that is on its way to the network.
    fn abandon(&mut self, at: usize) {
        let PassStage::Sent(planned) = self.replicas[at].stage else { return };
        if let Outgoing::Order { leg, place, .. } = planned.request {
            self.stragglers.push(Straggler { leg, place, sent: self.now });
        }
    }

    /// Stores an answer onto the newest status that still holds its intent.
    fn store(&mut self, scene: &Scene, at: usize) {
        let PassStage::Answered(planned, reply) = self.replicas[at].stage else { return };
        self.replicas[at].stage = PassStage::Idle;
        let Some(newest) = self.resource else { return };
        let holds = is_recorded(scene, newest, planned.request);
        if holds || scene.lacks(Safeguard::Intent) {
            // The report is about what the pass planned from.
            let planned_from = Stored { status: newest.status, ..planned.view };
            let object = scene.object(planned_from);
            self.set_status(status_with(scene, &object, &meaning(scene, planned, reply)));
        }
    }

    /// Two whole listings in a row, which show the oldest `shows` connections.
    fn list(&mut self, at: usize, shows: usize) {
        let listings = &mut self.replicas[at].listings;
        listings.dated = Some(self.now);
        listings.whole = bits(self.ledger.iter().take(shows), |entry| entry.life != Life::Gone);
        listings.shown = listings.whole;
        self.listed(at);
    }

    /// A listing that is known to be partial adds what it shows.
    fn list_without(&mut self, scene: &Scene, at: usize, lacks: usize) {
        let listings = &mut self.replicas[at].listings;
        let shown = bits(self.ledger.iter(), |entry| entry.life != Life::Gone) & !(1 << lacks);
        if scene.lacks(Safeguard::Wholeness) {
            *listings = Listings { dated: Some(self.now), whole: shown, shown };
            self.listed(at);
        } else {
            listings.shown |= shown;
        }
    }

    fn listed(&mut self, at: usize) {
        for memory in &mut self.replicas[at].memory {
            memory.listed_since = true;
        }
    }

    /// Time passes. What is not delivered by then never arrives.
    fn pass(&mut self, scene: &Scene, age: u16) {
        let Some(latest) = latest_attempt(scene, self) else { return };
        self.now = latest + age;
        let now = self.now;
        self.stragglers.retain(|straggler| straggler.sent + ARRIVES_WITHIN >= now);
    }

    fn edit(&mut self, change: impl Fn(&mut Stored)) {
        self.budget.edits -= 1;
        let Some(mut new) = self.resource else { return };
        change(&mut new);
        new.generation += 1;
        self.write(Some(new));
    }

    /// Without a finalizer the resource is gone at once.
    fn delete(&mut self) {
        let deleted =
            |old: Stored| Stored { deleting: true, generation: old.generation + 1, ..old };
        self.write(self.resource.filter(|old| old.finalizer).map(deleted));
    }
}

/// One bit for each that fits.
fn bits<'a>(
    entries: impl Iterator<Item = &'a LedgerEntry>,
    fits: impl Fn(&LedgerEntry) -> bool,
) -> u8 {
    entries.enumerate().filter(|(_, entry)| fits(entry)).fold(0, |bits, (at, _)| bits | 1 << at)
}

/// Whether the resource holds the intent of a request; as the requests' `is_recorded`.
fn is_recorded(scene: &Scene, newest: Stored, request: Outgoing) -> bool {
    let status = scene.statuses.get(newest.status);
    match request {
        Outgoing::Order { attempt, .. } => {
            let legs = [&status.primary, &status.secondary].into_iter().flatten();
            let mut orders = legs.filter_map(|leg| leg.order.as_ref());
            orders.any(|order| order.by == attempt.to_string()) || scene.lacks(Safeguard::Intent)
        }
        Outgoing::Cancel { leg, entry } => {
            let known = match leg {
                Leg::Primary => &status.primary,
                Leg::Secondary => &status.secondary,
            };
            let uuid = known.as_ref().and_then(|known| known.uuid.as_deref());
            newest.deleting && uuid == Some(id(entry.into()).as_str())
        }
    }
}

/// What an answer is reported as; as the requests' `answered`.
fn meaning(scene: &Scene, planned: Planned, reply: Reply) -> ConnectionReport {
    let refused = || Problem::passing(Reason::Throttled, "refused");
    match (planned.request, reply) {
        (Outgoing::Order { leg, .. }, Reply::Placed(made)) => {
            ConnectionReport::Ordered(vec![(leg, id(made.into()))])
        }
        (Outgoing::Order { leg, number, .. }, Reply::Refused)
            if number == 1 || scene.lacks(Safeguard::KeptIntent) =>
        {
            ConnectionReport::OrderRefused { problem: refused(), legs: vec![leg], at: None }
        }
        (Outgoing::Order { .. }, Reply::Refused | Reply::Taken) => {
            ConnectionReport::AttemptRefused(refused())
        }
        (Outgoing::Order { .. }, Reply::Lost | Reply::Accepted | Reply::Gone) => {
            ConnectionReport::OrderUnknown(Some("lost".into()))
        }
        (Outgoing::Cancel { leg, .. }, Reply::Accepted | Reply::Gone) => {
            ConnectionReport::Cancelled(leg)
        }
        (
            Outgoing::Cancel { .. },
            Reply::Placed(_) | Reply::Taken | Reply::Refused | Reply::Lost,
        ) => ConnectionReport::NotCancelled(refused()),
    }
}
