//! Searches the listings for connections whose id status does not have.
//!
//! Reads only: gathers what is known and leaves the judgement to `ownership` and `evidence`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use fabric_api::{OrderIntent, PortRef, Reason};
use fabric_domain::{Connection, Leg, PortId};

use crate::{
    account::{
        grants, ports,
        session::{Session, Way},
    },
    connection::{
        ConnectionPass,
        evidence::{
            KnownAttempt, ListedConnection, ListingEvidence, OrderEvidence, OrderFacts, judge,
        },
        observe::is_paused,
        ownership::{ByLeg, Identity, Match, SpecPort, StatusOwner},
        preflight::is_gone,
        state::Trace,
        this_owner,
    },
    reconcile::{
        attempts::{Attempt, Fate},
        claims::leg_status,
        status::ApiError,
    },
};

/// How long after an attempt its absence from listings proves nothing: they may lag, and the request
/// may still be on its way.
pub(in crate::connection) const SETTLE: Duration = Duration::from_secs(15 * 60);

/// How long after an attempt no lag of listings explains an absence.
pub(in crate::connection) const OUTLAST: Duration = Duration::from_secs(6 * 3600);

/// How much later than an attempt a connection must have been created to show that a listing has
/// caught up with it: the request may have been held up that long, and what it made is as late.
pub(in crate::connection) const CAUGHT_UP: SignedDuration = SignedDuration::from_mins(15);

/// The session, while the account can be used and the resource is not paused.
pub(super) fn usable<'a>(pass: &ConnectionPass<'_>, way: &'a Way) -> Option<&'a Session> {
    match way {
        Way::Open(session) if !is_paused(pass) => Some(session),
        Way::Open(..) | Way::Opening | Way::Closed(_) => None,
    }
}

/// The provider prints whole seconds.
const ONE_SECOND: SignedDuration = SignedDuration::from_secs(1);

/// How far two times of one clock may differ, by their rounding and the time of an answer.
const ONE_CLOCK: SignedDuration = SignedDuration::from_secs(60);

/// What the resource can prove ownership by.
pub(super) async fn identity<'a>(
    pass: &ConnectionPass<'a>,
    way: &Way,
) -> Result<Identity<'a>, ApiError> {
    let object = pass.object;
    let this = this_owner(pass).await?;
    let named = object.status.as_ref().and_then(|status| status.owner.as_ref());
    let sees_all = pass.context.settings.watched.is_none();
    let exists = |uid: &str| sees_all.then(|| pass.context.connections.exists(uid)).flatten();
    let status_owner = StatusOwner::of(named, &this, exists);
    let (ahead, ports) = match usable(pass, way) {
        Some(session) => {
            let provider_time = session.reads.provider_time();
            let ahead = provider_time.map(|time| time.duration_since(pass.context.now()));
            let first = spec_port(pass, Leg::Primary, &object.spec.a_side.port, session).await?;
            let second = match &object.spec.secondary {
                Some(half) => spec_port(pass, Leg::Secondary, &half.a_side.port, session).await?,
                None => SpecPort::None,
            };
            (ahead, [first, second])
        }
        None => (None, [SpecPort::Unknown, SpecPort::Unknown]),
    };
    let [first, second] = ports;
    let ids = ByLeg::of(|leg| match leg {
        Leg::Primary => first.clone(),
        Leg::Secondary => second.clone(),
    });
    Ok(Identity::new(object, this, status_owner, ahead, ids))
}

/// The port that the spec names for a leg. Where status records nothing of the leg, a port that is not
/// granted is none: a tenant must not learn which tags others use on it.
async fn spec_port(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    port: &PortRef,
    session: &Session,
) -> Result<SpecPort, ApiError> {
    let account = &pass.object.spec.account;
    let is_recorded = leg_status(pass.object, leg).is_some();
    let granted = if is_recorded || pass.is_deleting() {
        None
    } else {
        match grants::granted(pass.namespace(), account, pass.context).await? {
            Ok(granted) => Some(granted),
            Err(_) => return Ok(SpecPort::None),
        }
    };
    if let (Some(uuid), None) = (&port.uuid, &granted) {
        return Ok(PortId::parse(uuid).map_or(SpecPort::None, SpecPort::Known));
    }
    Ok(match ports::find(session, account, port, "spec", granted.as_ref()).await {
        Ok(port) => SpecPort::Known(port.id),
        Err(problem) if problem.reason == Reason::PortNotFound => SpecPort::None,
        Err(_) => SpecPort::Unknown,
    })
}

/// What the listings show of a connection that status does not have.
pub(super) fn trace(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    identity: &Identity<'_>,
    way: &Way,
) -> Trace {
    let Some(session) = usable(pass, way) else {
        return match way {
            Way::Open(..) | Way::Opening => Trace::Unlisted(None),
            Way::Closed(problem) => Trace::Unasked(problem.clone()),
        };
    };
    // A request that was refused may have been repeated on its way: its first copy is listed next.
    let refused = pass.context.attempts.last_refusal(&pass.key().uid);
    if refused.is_some_and(|at| session.fleet.whole_listings_since(at) == 0)
        || is_unlisted_since_refusal(pass, session)
    {
        return Trace::Unlisted(session.listing_trouble(&pass.object.spec.account));
    }
    let may_be_ours = |line: &Connection| {
        !is_gone(line) && (identity.proves_alone(line, leg) || identity.resembles(line, leg))
    };
    let Some(found) = session.fleet.find(may_be_ours) else {
        return Trace::Unlisted(session.listing_trouble(&pass.object.spec.account));
    };
    let found: Vec<Connection> = found.into_iter().filter(|line| !is_held(pass, line)).collect();
    match found.iter().find(|line| identity.proves_alone(line, leg)) {
        Some(ours) => Trace::Ours(ours.id.clone()),
        // Without its port, what looks like this resource's cannot be told from what does not.
        None if !identity.knows_port(leg) => Trace::Unlisted(None),
        None => match found.into_iter().next() {
            Some(line) => Trace::Doubtful(Box::new(line)),
            None => Trace::Nothing,
        },
    }
}

/// Whether no listing is newer than the refusal that status has, perhaps from another process. Where the
/// provider shows no time, or one that went back, nothing tells.
fn is_unlisted_since_refusal(pass: &ConnectionPass<'_>, session: &Session) -> bool {
    let status = pass.object.status.as_ref();
    let Some(at) = status.and_then(|status| status.last_refusal_time.as_ref()) else {
        return false;
    };
    let now = session.reads.provider_time();
    let shows_time =
        session.fleet.last_listing_date().is_some() && now.is_some_and(|now| at.0 <= now);
    shows_time && session.fleet.whole_listings_dated_since(at.0 + ONE_SECOND) == 0
}

/// Whether another resource holds a connection.
pub(super) fn is_held(pass: &ConnectionPass<'_>, line: &Connection) -> bool {
    pass.context.connections.holder(line.id.as_str(), pass.object).is_some()
}

/// Whether a recorded order arrived.
pub(super) async fn evidence(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    intent: &OrderIntent,
    identity: &Identity<'_>,
    way: &Way,
) -> OrderEvidence {
    let attempt = pass.context.attempts.find(&pass.key().uid, &intent.by);
    let session = usable(pass, way);
    let candidates = session.and_then(|session| {
        session
            .fleet
            .find(|line| !is_gone(line) && identity.matches(line, leg, intent) != Match::Elsewhere)
    });
    let listed = candidates.iter().flatten();
    let listed = listed
        .map(|connection| ListedConnection { connection, held: is_held(pass, connection) })
        .collect();
    let unseen = OrderFacts {
        leg,
        intent,
        attempt: known_attempt(leg, &attempt),
        listed,
        listings: match session {
            Some(session) => listings(leg, intent, &attempt, identity, session),
            None => ListingEvidence::Nothing,
        },
        sees_port: false,
    };
    // The ports are asked for only where the answer decides.
    let seen = OrderFacts { sees_port: true, ..unseen.clone() };
    let (without, with) = (judge(identity, &unseen), judge(identity, &seen));
    let Some(session) = session.filter(|_| without != with) else { return without };
    let is_it = |port: &PortId| port.as_str().eq_ignore_ascii_case(&intent.port_uuid);
    let ports = session.ports(|port| is_it(&port.id)).await;
    if ports.is_ok_and(|ports| !ports.items.is_empty()) { with } else { without }
}

fn known_attempt(leg: Leg, attempt: &Attempt) -> KnownAttempt {
    match &attempt.fate {
        Fate::Placed(placed) => match leg {
            Leg::Primary => KnownAttempt::Placed(placed.primary.clone()),
            Leg::Secondary => {
                placed.secondary.clone().map_or(KnownAttempt::Unknown, KnownAttempt::Placed)
            }
        },
        Fate::Unsent | Fate::Refused => KnownAttempt::Unsent,
        Fate::Taken => KnownAttempt::Taken,
        Fate::Unknown => KnownAttempt::Unknown,
    }
}

/// What the listings since an attempt prove, by the provider's clock: it stands in status, so that a
/// restart loses nothing. Where the provider shows no time, this process's own clock counts from
/// when it gave the attempt up, or first saw it.
fn listings(
    leg: Leg,
    intent: &OrderIntent,
    attempt: &Attempt,
    identity: &Identity<'_>,
    session: &Session,
) -> ListingEvidence {
    let fleet = &session.fleet;
    let sent = intent.attempt_provider_time.as_ref().map(|time| time.0);
    let since = |pause: Duration| match sent {
        Some(sent) => fleet.whole_listings_dated_since(sent + pause),
        None => fleet.whole_listings_since(attempt.since + pause),
    };
    // Only where `Date` and the times of connections are of one clock: none is created later than now.
    let now = fleet.last_listing_date();
    let shows_newer = |sent: Timestamp| {
        let is_after =
            |line: &Connection, time: Timestamp| line.created.is_some_and(|at| at > time);
        let is_newer = |line: &Connection| {
            is_after(line, sent + CAUGHT_UP)
                && identity.matches(line, leg, intent) == Match::Elsewhere
        };
        now.is_some_and(|now| !fleet.last_listing_shows(|line| is_after(line, now + ONE_CLOCK)))
            && fleet.last_listing_shows(is_newer)
    };
    if since(SETTLE) >= 2 {
        let has_caught_up = sent.is_some_and(shows_newer) || since(OUTLAST) >= 2;
        return if has_caught_up { ListingEvidence::Caught } else { ListingEvidence::Settled };
    }
    if fleet.whole_listings_since(attempt.since) >= 1 {
        ListingEvidence::Later
    } else {
        ListingEvidence::Nothing
    }
}
