//! All observations of one connection and of two, and what must never follow from which.

use fabric_domain::{
    ChangeProgress, ChangeSeen, Connection, ConnectionId, EquinixStatus, LinkProtocol, PortId,
    ProviderStatus, Vlan, ZSideSeen,
};

use super::*;

const SUBJECTS: [Subject; 4] = [
    Subject::Acceptance,
    Subject::Seller(SellerRequest::Creation),
    Subject::Seller(SellerRequest::Deletion),
    Subject::Seller(SellerRequest::Change),
];

fn problem() -> Problem {
    Problem::passing(Reason::ProviderUnavailable, "down")
}

fn connection(equinix: &str, provider: &str, change: Option<ChangeProgress>) -> LegView {
    LegView::Seen(Box::new(Connection {
        id: ConnectionId::parse("9b1da3b0-ea1d-4770-ae51-c794ffb23dbc").unwrap(),
        name: "John-Doe-Primary".into(),
        equinix_status: EquinixStatus::read(equinix),
        provider_status: ProviderStatus::read(provider),
        reference: None,
        bandwidth: None,
        port: None,
        tags: None,
        metro: None,
        z_side: ZSideSeen::default(),
        redundancy: None,
        provider_connection_id: None,
        notifications: vec![],
        term: None,
        change: change.map(|progress| ChangeSeen { id: None, progress }),
        created: None,
        operational: None,
        faults: vec![],
    }))
}

/// Each state that a decision can meet, and all that is not a connection.
fn views() -> Vec<LegView> {
    let changing = Some(ChangeProgress::AwaitingApproval);
    vec![
        connection("PROVISIONING", "NOT_AVAILABLE", None),
        connection("PROVISIONED", "PENDING_APPROVAL", None),
        connection("PROVISIONED", "PROVISIONED", None),
        connection("PROVISIONED", "AVAILABLE", changing),
        connection("PENDING_APPROVAL", "NOT_AVAILABLE", None),
        connection("PENDING_DELETE", "AVAILABLE", None),
        connection("DEPROVISIONING", "AVAILABLE", None),
        connection("DEPROVISIONED", "NOT_AVAILABLE", None),
        connection("REJECTED", "NOT_AVAILABLE", None),
        connection("SOMETHING_NEW", "AVAILABLE", None),
        LegView::NotOrdered,
        LegView::Unlisted,
        LegView::Gone,
        LegView::Unasked,
        LegView::Unseen(problem()),
    ]
}

fn sends() -> Vec<Sent> {
    let mut all = vec![Sent::No];
    for attempt in [1, MAX_ATTEMPTS] {
        for taken in [false, true] {
            for settled in [false, true] {
                all.push(Sent::Maybe { attempt, taken, settled });
            }
        }
    }
    all
}

fn legs(leg: Leg) -> Vec<LegState> {
    let mut all = vec![];
    for view in views() {
        for sent in sends() {
            for was_asked in [false, true] {
                for refused in [None, Some("no".to_owned())] {
                    for verdict in [None, Some(Verdict::Approved), Some(Verdict::TooLate)] {
                        let (view, refused) = (view.clone(), refused.clone());
                        all.push(LegState { leg, view, sent, was_asked, refused, verdict });
                    }
                }
            }
        }
    }
    all
}

/// One of each kind, so that pairs stay few enough.
fn few_legs(leg: Leg) -> Vec<LegState> {
    legs(leg)
        .into_iter()
        .filter(|state| state.was_asked && state.refused.is_none())
        .filter(|state| state.verdict != Some(Verdict::TooLate))
        .filter(|state| match state.sent {
            Sent::No => true,
            Sent::Maybe { attempt, taken, settled } => {
                !taken && settled == (attempt == MAX_ATTEMPTS)
            }
        })
        .collect()
}

fn seller_port() -> SellerPort {
    SellerPort {
        port: PortId::parse("a867f685-41b0-1b07-6de0-320a5c00abdd").unwrap(),
        link: LinkProtocol::Dot1q(Vlan::new(1001).unwrap()),
    }
}

fn preflights() -> Vec<DecisionPreflight> {
    let ports = vec![(Leg::Primary, seller_port()), (Leg::Secondary, seller_port())];
    vec![
        DecisionPreflight::Unasked,
        DecisionPreflight::Blocked(problem()),
        DecisionPreflight::Ready(vec![]),
        DecisionPreflight::Ready(ports),
    ]
}

/// Calls `check` with every observation of these connections.
fn each(legs: &[LegState], check: &mut impl FnMut(&ApprovalObservation, &DecidedLegs)) {
    for subject in SUBJECTS {
        for yes in [false, true] {
            for preflight in preflights() {
                for at_once in [false, true] {
                    let decided = DecidedLegs {
                        account: Some("default".into()),
                        legs: legs.to_vec(),
                        at_once,
                        preflight: preflight.clone(),
                    };
                    let view = ApprovalView::Legs(decided.clone());
                    check(&ApprovalObservation { subject, yes, view }, &decided);
                }
            }
        }
    }
}

fn every(mut check: impl FnMut(&ApprovalObservation, &DecidedLegs)) {
    for leg in legs(Leg::Primary) {
        each(&[leg], &mut check);
    }
    for first in few_legs(Leg::Primary) {
        for second in few_legs(Leg::Secondary) {
            each(&[first.clone(), second], &mut check);
        }
    }
}

#[test]
fn no_observation_leads_to_a_decision_that_must_not_be_sent() {
    let (mut observed, mut decided_on, mut pairs) = (0, 0, 0);
    every(|seen, decided| {
        observed += 1;
        let Step::Act(ApprovalCommand::Decide(due)) = plan(seen) else { return };
        decided_on += 1;
        assert!(matches!(decided.preflight, DecisionPreflight::Ready(_)), "{seen:?}");
        assert!(!due.is_empty() && (due.len() == 1 || decided.at_once), "{seen:?}");
        pairs += usize::from(due.len() == 2);
        for due in &due {
            let leg = decided.legs.iter().find(|leg| leg.leg == due.leg).unwrap();
            assert_eq!(leg.stand(seen.subject), Some(DecisionState::Awaited), "{seen:?}");
            assert!(leg.verdict.is_none() && leg.refused.is_none(), "{seen:?}");
            let before = match leg.sent {
                Sent::No => 0,
                Sent::Maybe { settled, attempt, .. } => {
                    assert!(settled, "its effect may still show: {seen:?}");
                    attempt
                }
            };
            assert_eq!(due.attempt, before + 1, "{seen:?}");
            assert!(due.attempt <= MAX_ATTEMPTS, "{seen:?}");
        }
        // What was sent for one connection is seen through before the next is decided on.
        for leg in &decided.legs {
            let waits = leg.stand(seen.subject) == Some(DecisionState::Awaited);
            let fresh = matches!(leg.sent, Sent::Maybe { settled: false, .. });
            assert!(leg.verdict.is_some() || !(waits && fresh), "{seen:?}");
        }
    });
    let counts = format!("{observed} observed, {decided_on} decided on, {pairs} pairs");
    assert!(observed > 100_000 && decided_on > 1_000 && pairs > 0, "{counts}");
}

#[test]
fn no_verdict_without_evidence() {
    let mut settled = 0;
    every(|seen, decided| {
        let Step::Report(report, _) = plan(seen) else { return };
        let Finding::Settled(verdicts) = report.finding() else { return };
        for (leg, verdict) in verdicts {
            settled += 1;
            let leg = decided.legs.iter().find(|state| state.leg == *leg).unwrap();
            assert!(leg.verdict.is_none(), "a verdict is not given twice: {seen:?}");
            assert!(leg.stand(seen.subject).is_some(), "nothing was seen: {seen:?}");
            if leg.sent == Sent::No {
                let ours = matches!(verdict, Verdict::Approved | Verdict::Rejected);
                assert!(!ours, "nothing was sent, so it is another party's: {seen:?}");
            }
        }
        if verdicts.is_empty() {
            let over = |leg: &LegState| leg.verdict.is_some() || leg.view == LegView::Unasked;
            assert!(decided.legs.iter().all(over), "{seen:?}");
        }
    });
    assert!(settled > 1_000, "{settled}");
}

#[test]
fn what_is_in_the_way_is_reported_as_it_is_and_nothing_is_released() {
    let of = |view| plan(&ApprovalObservation { subject: Subject::Acceptance, yes: true, view });
    assert_eq!(of(ApprovalView::Unknown), Step::Wait(SOON));
    let minute = Duration::from_secs(60);
    assert_eq!(of(ApprovalView::Postponed(minute)), Step::Wait(minute));
    let next = Next::Retry { retry: problem().retry, at_most: LONGEST };
    let report = ApprovalReport::of(vec![], Finding::Blocked(problem()));
    assert_eq!(of(ApprovalView::Blocked(problem())), Step::Report(report, next));
    every(|seen, _| assert!(!matches!(plan(seen), Step::Release(_)), "{seen:?}"));
}
