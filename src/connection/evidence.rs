//! Whether an order whose answer may be missing arrived, by all that is known.
//!
//! Pure. Absence is no proof: not of a listing that is partial or old, and not of an account that no
//! longer sees the port. Where nothing proves either, the order stays unknown.

use fabric_api::OrderIntent;
use fabric_domain::{Connection, ConnectionId, Leg};

use crate::connection::ownership::{Identity, Match};

/// What is known of an order.
#[derive(Debug, Clone)]
pub(super) struct OrderFacts<'a> {
    pub(super) leg: Leg,
    pub(super) intent: &'a OrderIntent,
    pub(super) attempt: KnownAttempt,
    /// The connections of the last whole listing that are not deleted, with whether another resource
    /// holds each.
    pub(super) listed: Vec<ListedConnection<'a>>,
    pub(super) listings: ListingEvidence,
    /// Whether the account is known to see the port still.
    pub(super) sees_port: bool,
}

/// A listed connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListedConnection<'a> {
    pub(super) connection: &'a Connection,
    /// Whether another resource holds it.
    pub(super) held: bool,
}

/// What this process knows of the latest attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KnownAttempt {
    /// It was accepted, under this id.
    Placed(ConnectionId),
    /// It was recorded and not sent, or refused for a reason that has nothing to do with its port; an
    /// earlier copy of it shows as a trace.
    Unsent,
    /// It was refused because the port and tags are taken, perhaps by an earlier copy of it.
    Taken,
    /// It was sent, or may have been.
    Unknown,
}

/// How much the listings since the latest attempt prove by their number and age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ListingEvidence {
    /// None is whole and later than the attempt.
    Nothing,
    /// One is.
    Later,
    /// Two are, and began when every connection should be listed.
    Settled,
    /// The same, and they are known not to lag behind the attempt: they show a connection that was
    /// created after it, or so much time has passed that no lag explains an absence.
    Caught,
}

/// The evidence whether a recorded order arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum OrderEvidence {
    /// It did: this is its connection.
    Found(ConnectionId),
    /// Nothing yet, and it is too early to say no.
    Open,
    /// A listed connection may be it, or another client's.
    Doubtful(Box<Connection>),
    /// Listings lack it for as long as they usually lag. The same order may go out again, since the
    /// provider gives out a port and tag once; it is not proof enough to let the order go.
    Repeatable,
    /// It did not.
    Absent,
}

/// Judges an order by what is known of it.
pub(super) fn judge(identity: &Identity<'_>, facts: &OrderFacts<'_>) -> OrderEvidence {
    if let KnownAttempt::Placed(id) = &facts.attempt {
        return OrderEvidence::Found(id.clone());
    }
    let is_first = facts.intent.attempt == 1;
    let was_never_sent = is_first && facts.attempt == KnownAttempt::Unsent;
    let (mut doubtful, mut occupied) = (None, false);
    for ListedConnection { connection, held } in &facts.listed {
        let found = || OrderEvidence::Found(connection.id.clone());
        match (identity.matches(connection, facts.leg, facts.intent), held) {
            // Name and age prove nothing of an order that was never sent.
            (Match::Ours | Match::Doubtful { .. }, false)
                if was_never_sent && !identity.proves_alone(connection, facts.leg) => {}
            (Match::Ours, false) => return found(),
            (Match::Doubtful { .. }, false) => doubtful = Some(*connection),
            // What another resource holds is not this order's, and where it is the order is not.
            (Match::Occupant, _) | (Match::Doubtful { shows_place: true }, true) => occupied = true,
            (Match::Ours | Match::Doubtful { .. }, true) | (Match::Elsewhere, _) => {}
        }
    }
    if was_never_sent || occupied {
        return OrderEvidence::Absent;
    }
    if let Some(connection) = doubtful {
        return OrderEvidence::Doubtful(Box::new(connection.clone()));
    }
    let is_over = match facts.attempt {
        // An earlier attempt was given up before this one was made.
        KnownAttempt::Unsent => true,
        KnownAttempt::Taken => facts.listings >= ListingEvidence::Later,
        KnownAttempt::Unknown | KnownAttempt::Placed(_) => {
            facts.listings >= ListingEvidence::Settled
        }
    };
    // A refusal leaves only the lag of listings in doubt, not when the order may still arrive.
    let needed = match facts.attempt {
        KnownAttempt::Taken if is_first => ListingEvidence::Settled,
        KnownAttempt::Taken
        | KnownAttempt::Unsent
        | KnownAttempt::Unknown
        | KnownAttempt::Placed(_) => ListingEvidence::Caught,
    };
    match (is_over, facts.listings >= needed, facts.sees_port) {
        (true, true, true) => OrderEvidence::Absent,
        (true, _, _) => OrderEvidence::Repeatable,
        (false, _, _) => OrderEvidence::Open,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connection::ownership::{
        StatusOwner,
        tests::{identity, intent, line, object},
    };

    const ATTEMPTS: [KnownAttempt; 3] =
        [KnownAttempt::Unsent, KnownAttempt::Taken, KnownAttempt::Unknown];
    const LISTINGS: [ListingEvidence; 4] = [
        ListingEvidence::Nothing,
        ListingEvidence::Later,
        ListingEvidence::Settled,
        ListingEvidence::Caught,
    ];

    /// The evidence of every combination, with what it follows from.
    fn all(listed: &[Connection], mut check: impl FnMut(&OrderFacts<'_>, OrderEvidence)) {
        let object = object(&json!({}));
        let identity = identity(&object, StatusOwner::This);
        for attempt in ATTEMPTS {
            for listings in LISTINGS {
                for sees_port in [false, true] {
                    for number in [1, 2] {
                        let mut intent = intent(true);
                        intent.attempt = number;
                        let candidate = |connection| ListedConnection { connection, held: false };
                        let facts = OrderFacts {
                            leg: Leg::Primary,
                            intent: &intent,
                            attempt: attempt.clone(),
                            listed: listed.iter().map(candidate).collect(),
                            listings,
                            sees_port,
                        };
                        check(&facts, judge(&identity, &facts));
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_but_proof_lets_an_order_go() {
        let (mut absent, mut repeatable, mut open) = (0, 0, 0);
        all(&[], |facts, evidence| {
            let first = facts.intent.attempt == 1;
            let unsent = first && facts.attempt == KnownAttempt::Unsent;
            let refused = first && facts.attempt == KnownAttempt::Taken;
            let needed = if refused { ListingEvidence::Settled } else { ListingEvidence::Caught };
            let proven = facts.listings >= needed && facts.sees_port;
            match evidence {
                OrderEvidence::Absent => {
                    assert!(unsent || proven, "{facts:?}");
                    absent += 1;
                }
                OrderEvidence::Repeatable => {
                    assert!(!unsent && !proven, "{facts:?}");
                    repeatable += 1;
                }
                OrderEvidence::Open => {
                    assert!(!unsent && facts.listings < ListingEvidence::Settled, "{facts:?}");
                    open += 1;
                }
                found => panic!("{found:?}: {facts:?}"),
            }
        });
        assert!(absent > 0 && repeatable > 0 && open > 0);
    }

    #[test]
    fn a_connection_in_doubt_is_neither_ours_nor_absence() {
        all(&[line()], |facts, evidence| {
            let unsent = facts.intent.attempt == 1 && facts.attempt == KnownAttempt::Unsent;
            let expected = if unsent {
                OrderEvidence::Absent
            } else {
                OrderEvidence::Doubtful(Box::new(line()))
            };
            assert_eq!(evidence, expected, "{facts:?}");
        });
    }

    #[test]
    fn anothers_mark_on_the_port_and_tags_refuses_the_order() {
        let marked = Connection { reference: Some("fo-000000-0000000000000000".into()), ..line() };
        all(&[marked], |facts, evidence| {
            assert_eq!(evidence, OrderEvidence::Absent, "{facts:?}");
        });
        // Its age alone proves nothing: the provider's clocks may differ.
        let before = Connection { created: "2026-01-05T11:00:00Z".parse().ok(), ..line() };
        all(std::slice::from_ref(&before), |facts, evidence| {
            let unsent = facts.intent.attempt == 1 && facts.attempt == KnownAttempt::Unsent;
            let doubt = OrderEvidence::Doubtful(Box::new(before.clone()));
            let expected = if unsent { OrderEvidence::Absent } else { doubt };
            assert_eq!(evidence, expected, "{facts:?}");
        });
    }

    /// It counts as far as in any adoption, which looks at more than this.
    #[test]
    fn the_word_of_the_user_is_no_evidence() {
        let object = object(&json!({"adopt": {"uuid": "5F00C000"}}));
        let (identity, intent, line) = (identity(&object, StatusOwner::This), intent(true), line());
        let facts = OrderFacts {
            leg: Leg::Primary,
            intent: &intent,
            attempt: KnownAttempt::Unknown,
            listed: vec![ListedConnection { connection: &line, held: false }],
            listings: ListingEvidence::Nothing,
            sees_port: false,
        };
        let doubtful = OrderEvidence::Doubtful(Box::new(line.clone()));
        assert_eq!(judge(&identity, &facts), doubtful);
    }
}
