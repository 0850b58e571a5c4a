//! What one cell asserts about the requests of its operation.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    answers::{AnswerKind, CallKind, ExpectedOutcome, RETRY_AFTER},
    network::SentRequest,
    operations::Operation,
};

/// The transport repeats a safe call sooner than this, and after any other failure the operator waits
/// longer.
const AT_ONCE: Duration = Duration::from_secs(1);
/// The transport gives up a safe call before this.
const TRANSPORT: Duration = Duration::from_secs(4);
/// How often the transport sends a safe call at most.
const TRANSPORT_TRIES: usize = 3;
/// How many requests of one read a minute of failures may take.
const READS_A_MINUTE: usize = 40;

/// Asserts the requests of `operation`, after `answer` disturbed it in a life with `sent`.
pub fn check(operation: &Operation, answer: AnswerKind, sent: &[SentRequest]) {
    let own: Vec<&SentRequest> =
        sent.iter().filter(|request| request.operation == operation.name).collect();
    let first = own.iter().position(|request| request.hit);
    let Some(first) = first else { panic!("{} never met {answer:?}", operation.name) };
    let cell = Cell { operation, answer, sent, own: &own[first..] };
    match operation.call {
        CallKind::Safe => cell.read(),
        CallKind::Changing => cell.changing(),
        CallKind::Delete => cell.delete(),
    }
}

struct Cell<'a> {
    operation: &'a Operation,
    answer: AnswerKind,
    sent: &'a [SentRequest],
    /// The requests of the operation, from the first that was disturbed on.
    own: &'a [&'a SentRequest],
}

impl Cell<'_> {
    fn outcome(&self) -> ExpectedOutcome {
        self.answer.means(self.operation.call)
    }

    /// How much later than the first request each further one was sent: of a read, each for the same.
    fn repeats(&self) -> Vec<Duration> {
        let first = self.own[0];
        let same = self.own[1..].iter();
        same.filter(|other| self.operation.call != CallKind::Safe || other.text == first.text)
            .map(|other| other.at - first.at)
            .collect()
    }

    fn says(&self) -> String {
        let Self { operation, answer, .. } = self;
        format!(
            "{} after {answer:?}, expected {:?}, repeated after {:?}",
            operation.name,
            self.outcome(),
            self.repeats()
        )
    }

    /// How many of them were sent within so long.
    fn within(&self, long: Duration) -> usize {
        self.repeats().iter().filter(|after| **after < long).count()
    }

    /// How many repetitions of a read came at once, and not because a listing had come meanwhile.
    fn unprompted(&self) -> usize {
        let first = self.own[0];
        let listed = |until: Instant| {
            let between = |request: &&SentRequest| request.at > first.at && request.at <= until;
            self.sent.iter().filter(between).any(|request| request.operation == "connections")
        };
        let again = self.own[1..].iter().filter(|other| other.text == first.text);
        again.filter(|other| other.at - first.at < AT_ONCE && !listed(other.at)).count()
    }

    fn read(&self) {
        let says = self.says();
        match self.outcome() {
            ExpectedOutcome::Repeated => {
                let tries = 1 + self.within(TRANSPORT);
                assert!((2..=TRANSPORT_TRIES).contains(&tries), "{says}");
            }
            ExpectedOutcome::SignedInAgain => self.signed_in_again(),
            ExpectedOutcome::Refused | ExpectedOutcome::Unknown => {
                assert_eq!(self.unprompted(), 0, "{says}");
                self.waits_as_asked();
            }
            ExpectedOutcome::Accepted => panic!("no read is accepted: {says}"),
        }
        assert!(self.within(Duration::from_secs(60)) < READS_A_MINUTE, "{says}");
    }

    fn changing(&self) {
        let says = self.says();
        let carried_out = self.own.iter().filter(|request| request.carried_out).count();
        assert_eq!(carried_out, 1, "carried out: {says}");
        match self.outcome() {
            ExpectedOutcome::Refused => {
                assert_eq!((self.own.len(), self.within(AT_ONCE)), (2, 0), "{says}");
                self.waits_as_asked();
            }
            ExpectedOutcome::SignedInAgain => {
                assert_eq!(self.own.len(), 2, "{says}");
                self.signed_in_again();
            }
            ExpectedOutcome::Unknown if self.answer.is_carried_out() => {
                assert_eq!(self.own.len(), 1, "what was carried out is not sent again: {says}");
            }
            ExpectedOutcome::Unknown => {
                assert_eq!(self.own.len(), 2, "{says}");
                assert_eq!(self.within(self.operation.settles), 0, "before it settled: {says}");
                let (lost, again) = (self.own[0].at, self.own[1].at);
                let proven = self.sent.iter().any(|request| {
                    self.operation.proofs.contains(&request.operation)
                        && request.carried_out
                        && request.at > lost
                        && request.at <= again
                });
                assert!(proven, "sent again without a look at {:?}: {says}", self.operation.proofs);
            }
            ExpectedOutcome::Repeated | ExpectedOutcome::Accepted => panic!("impossible: {says}"),
        }
    }

    fn delete(&self) {
        let says = self.says();
        let again = match self.outcome() {
            ExpectedOutcome::Repeated => {
                assert_eq!(self.within(AT_ONCE), 1, "{says}");
                // A connection that is being deleted by then is busy, which is no proof of that.
                if self.answer.is_carried_out() { 1..=2 } else { 1..=1 }
            }
            ExpectedOutcome::SignedInAgain => {
                self.signed_in_again();
                1..=1
            }
            ExpectedOutcome::Refused => {
                assert_eq!(self.within(AT_ONCE), 0, "{says}");
                self.waits_as_asked();
                1..=1
            }
            ExpectedOutcome::Accepted => 0..=0,
            // It may be sent again, for it changes nothing the second time.
            ExpectedOutcome::Unknown => {
                assert_eq!(self.within(AT_ONCE), 0, "{says}");
                0..=2
            }
        };
        assert!(again.contains(&self.repeats().len()), "{says}");
    }

    /// One more request at once, after one for a token.
    fn signed_in_again(&self) {
        let says = self.says();
        assert_eq!(self.within(AT_ONCE), 1, "{says}");
        let [first, second, ..] = self.own else { panic!("{says}") };
        let signed_in = self.sent.iter().any(|request| {
            request.operation == "token" && (first.at..=second.at).contains(&request.at)
        });
        assert!(signed_in, "without a fresh token: {says}");
    }

    /// If the provider names a time, nothing is sent before it.
    fn waits_as_asked(&self) {
        if self.answer == AnswerKind::ThrottledWithTime {
            let asked = Duration::from_secs(RETRY_AFTER);
            assert_eq!(self.within(asked), 0, "earlier than asked: {}", self.says());
        }
    }
}
