//! The searches: the product's protocol holds, and each safeguard is one that it needs.

use super::{
    Budget, Safeguard, Start,
    invariants::Breach::{self, Abandoned, CancelledUnasked, OrderedTwice},
    search,
};

const NONE: Budget =
    Budget { losses: 0, deaths: 0, refusals: 0, edits: 0, rivals: 0, bystanders: 0 };

/// One connection and two processes, which both act; nothing is lost.
const CALM: Start = Start { replicas: 2, pair: false, marks: true, budget: NONE, without: None };

/// The same where much goes wrong.
const TWO: Start =
    Start { budget: Budget { losses: 2, deaths: 1, refusals: 1, edits: 1, ..NONE }, ..CALM };

/// Orders that carry no mark.
const UNMARKED: Start = Start { marks: false, ..TWO };

/// Another client wants the same port and tag, and another one orders elsewhere.
const RIVALS: Start = Start {
    replicas: 1,
    budget: Budget { losses: 2, deaths: 1, refusals: 1, rivals: 1, bystanders: 1, ..NONE },
    ..CALM
};

/// An answer is lost or late, and the connection of another client shows how far listings are.
const BYSTANDER: Start =
    Start { replicas: 1, budget: Budget { losses: 1, bystanders: 1, ..NONE }, ..CALM };

/// A pair, of which each half is ordered by itself.
const PAIR: Start = Start {
    replicas: 1,
    pair: true,
    budget: Budget { losses: 1, deaths: 1, refusals: 1, edits: 1, ..NONE },
    ..CALM
};

/// Walks to this depth, or deeper by what the environment says.
fn holds(what: &str, start: &Start, depth: usize) {
    let deeper = std::env::var("FABRIC_SEARCH_DEEPER").ok();
    let deeper: usize = deeper.map_or(0, |more| more.parse().expect("a number of moves"));
    match search(start, depth + deeper, true) {
        Ok(walk) => println!("{what}: {walk}"),
        Err(trail) => panic!("{what}: {trail}"),
    }
}

/// Walks without a safeguard, and has to find what that leads to.
fn finds(without: Safeguard, expected: Breach, start: &Start) {
    let start = Start { without: Some(without), ..*start };
    let trail = match search(&start, 16, false) {
        Ok(walk) => panic!("without {without:?} nothing goes wrong in {walk}"),
        Err(trail) => trail,
    };
    println!("without {without:?}: {trail}");
    assert_eq!(trail.breach, expected, "{trail}");
}

#[test]
fn two_processes_order_one_connection_once() {
    holds("one connection, two processes", &TWO, 10);
}

#[test]
fn a_connection_without_a_mark_is_ordered_once() {
    holds("one connection without a mark, two processes", &UNMARKED, 9);
}

#[test]
fn a_connection_is_ordered_once_among_rivals() {
    holds("one connection among rivals, one process", &RIVALS, 9);
}

#[test]
fn no_listing_that_lags_lets_an_order_go() {
    holds("one connection beside another, one process", &BYSTANDER, 13);
}

#[test]
fn each_half_of_a_pair_is_ordered_once() {
    holds("a pair, one process", &PAIR, 12);
}

#[test]
fn an_order_without_an_intent_is_lost() {
    finds(Safeguard::Intent, Abandoned, &CALM);
}

#[test]
fn a_write_from_an_old_copy_loses_an_order() {
    finds(Safeguard::Precondition, Abandoned, &CALM);
}

#[test]
fn an_order_that_is_not_searched_for_is_lost() {
    finds(Safeguard::Search, Abandoned, &CALM);
}

#[test]
fn an_order_that_goes_out_again_too_early_is_carried_out_twice() {
    let start = Start { replicas: 1, budget: Budget { losses: 1, ..NONE }, ..CALM };
    finds(Safeguard::Settling, OrderedTwice, &start);
}

#[test]
fn a_listing_that_lags_proves_no_absence() {
    finds(Safeguard::LagProof, Abandoned, &CALM);
}

#[test]
fn what_is_older_than_a_late_order_does_not_show_how_far_listings_are() {
    finds(Safeguard::Transit, Abandoned, &BYSTANDER);
}

#[test]
fn a_partial_listing_does_not_show_how_far_whole_ones_are() {
    finds(Safeguard::LastListing, Abandoned, &BYSTANDER);
}

#[test]
fn a_partial_listing_proves_no_absence() {
    finds(Safeguard::Wholeness, Abandoned, &CALM);
}

#[test]
fn a_connection_without_our_mark_is_not_ours_to_cancel() {
    let start = Start { replicas: 1, budget: Budget { rivals: 1, ..NONE }, ..CALM };
    finds(Safeguard::Mark, CancelledUnasked, &start);
}

#[test]
fn a_request_that_is_not_checked_again_comes_too_late() {
    finds(Safeguard::Recheck, Abandoned, &CALM);
}

#[test]
fn a_later_refusal_says_nothing_of_the_first_attempt() {
    let start = Start { budget: Budget { refusals: 1, ..NONE }, ..CALM };
    finds(Safeguard::KeptIntent, Abandoned, &start);
}

#[test]
fn an_attempt_of_another_process_may_have_been_sent() {
    finds(Safeguard::Doubt, Abandoned, &CALM);
}
