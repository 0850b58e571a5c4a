//! The searches: the product's protocol holds, and each safeguard is one that it needs.

use super::{
    Budget, Safeguard, Start,
    invariants::Breach::{self, Abandoned, CancelledUnasked},
    search,
};

const NONE: Budget =
    Budget { losses: 0, deaths: 0, refusals: 0, edits: 0, rivals: 0, bystanders: 0 };

/// One connection and two processes, which both act.
const TWO: Start = Start {
    replicas: 2,
    pair: false,
    marks: true,
    budget: Budget { losses: 2, deaths: 1, refusals: 1, edits: 1, ..NONE },
    without: None,
};

/// The same where another client wants the same port and tag, and another one orders elsewhere.
const RIVALS: Start = Start {
    replicas: 1,
    budget: Budget { losses: 2, deaths: 1, refusals: 1, rivals: 1, bystanders: 1, ..NONE },
    ..TWO
};

/// Orders that carry no mark.
const UNMARKED: Start = Start { marks: false, ..TWO };

/// A pair, of which each half is ordered by itself.
const PAIR: Start = Start {
    replicas: 1,
    pair: true,
    budget: Budget { losses: 1, deaths: 1, refusals: 1, edits: 1, ..NONE },
    ..TWO
};

/// Walks to this depth, or deeper if the environment says how much.
fn holds(what: &str, start: &Start, depth: usize) {
    let deeper = std::env::var("FABRIC_SEARCH_DEEPER").ok();
    let deeper: usize = deeper.map_or(0, |more| more.parse().expect("a number of moves"));
    match search(start, depth + deeper, true) {
        Ok(walk) => println!("{what}: {walk}"),
        Err(trail) => panic!("{what}: {trail}"),
    }
}

/// Walks without a safeguard, and has to find what that leads to.
fn finds(without: Safeguard, expected: Breach, start: &Start, depth: usize) {
    let start = Start { without: Some(without), ..*start };
    let trail = match search(&start, depth, false) {
        Ok(walk) => panic!("without {without:?} nothing goes wrong in {walk}"),
        Err(trail) => trail,
    };
    println!("without {without:?}: {trail}");
    assert_eq!(trail.breach, expected, "{trail}");
}

#[test]
fn two_processes_order_one_connection_once() {
    holds("one connection, two processes", &TWO, 11);
}

#[test]
fn a_connection_is_ordered_once_among_rivals() {
    holds("one connection among rivals", &RIVALS, 10);
}

#[test]
fn a_connection_without_a_mark_is_ordered_once() {
    holds("one connection without a mark", &UNMARKED, 10);
}

#[test]
fn each_half_of_a_pair_is_ordered_once() {
    holds("a pair, one process", &PAIR, 12);
}

#[test]
fn an_order_without_an_intent_is_lost() {
    finds(Safeguard::Intent, Abandoned, &TWO, 12);
}

#[test]
fn a_write_from_an_old_copy_loses_an_order() {
    finds(Safeguard::Precondition, Abandoned, &TWO, 12);
}

#[test]
fn an_order_that_is_not_searched_for_is_lost() {
    finds(Safeguard::Search, Abandoned, &TWO, 12);
}

#[test]
fn an_early_listing_proves_no_absence() {
    finds(Safeguard::Settling, Abandoned, &RIVALS, 14);
}

#[test]
fn a_listing_that_lags_proves_no_absence() {
    finds(Safeguard::LagProof, Abandoned, &TWO, 14);
}

#[test]
fn a_partial_listing_proves_no_absence() {
    finds(Safeguard::Wholeness, Abandoned, &TWO, 14);
}

#[test]
fn a_connection_without_our_mark_is_not_ours_to_cancel() {
    finds(Safeguard::Mark, CancelledUnasked, &RIVALS, 12);
}

#[test]
fn a_request_that_is_not_checked_again_comes_too_late() {
    finds(Safeguard::Recheck, Abandoned, &TWO, 14);
}

#[test]
fn a_later_refusal_says_nothing_of_the_first_attempt() {
    finds(Safeguard::KeptIntent, Abandoned, &TWO, 16);
}

#[test]
fn an_attempt_of_another_process_may_have_been_sent() {
    finds(Safeguard::Doubt, Abandoned, &TWO, 12);
}
