//! Decisions on a connection: a buyer's acceptance at AWS, a seller's approval or rejection.
//!
//! What can be decided, and whether a connection waits for it. How a decision is sent is the dialects'
//! concern; this module must not decide what to do about it.

use super::{
    AuthenticationKey, ChangeProgress, Connection, EquinixStatus, Flow, LinkProtocol, Phase,
    PortId, ProviderStatus, SellerRequest, Standing,
};

/// What a decision on a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Whether its buyer accepts the hosted connection of AWS.
    Acceptance,
    /// What it requests of the seller on its Z side.
    Seller(SellerRequest),
}

/// The state of a connection with respect to one [`Subject`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionState {
    /// It does not wait for the decision, or not yet.
    Unasked,
    /// It waits for the decision.
    Awaited,
    /// The decision was positive.
    Yes,
    /// The decision was negative.
    No,
    /// It no longer waits, and its states do not show which decision was made.
    Unclear,
    /// It failed or is being deleted: no decision is needed any more.
    Moot,
}

impl Subject {
    /// The state of `line` with respect to this subject. `was_asked`: an earlier observation showed it
    /// to wait for the decision.
    pub fn stand(self, line: &Connection, was_asked: bool) -> DecisionState {
        match self {
            Self::Acceptance => acceptance(line),
            Self::Seller(SellerRequest::Creation) => creation(line),
            Self::Seller(SellerRequest::Deletion) => deletion(line, was_asked),
            Self::Seller(SellerRequest::Change) => change(line, was_asked),
        }
    }
}

fn phase(line: &Connection, flow: Flow) -> Phase {
    Standing::of(&line.equinix_status, &line.provider_status, flow).phase
}

/// A failed connection: rejected, or failed for another reason.
fn failed(line: &Connection) -> DecisionState {
    if line.is_rejected() { DecisionState::No } else { DecisionState::Moot }
}

/// The state table of "Connect to AWS": the connection is `PROVISIONED` at Equinix before the owner
/// of the AWS account has accepted it.
fn acceptance(line: &Connection) -> DecisionState {
    let provisioned = line.equinix_status == EquinixStatus::Provisioned;
    match phase(line, Flow::Aws) {
        Phase::AwaitingApproval if provisioned => DecisionState::Awaited,
        Phase::Provisioning
            if provisioned && line.provider_status != ProviderStatus::NotAvailable =>
        {
            DecisionState::Yes
        }
        Phase::Ready => DecisionState::Yes,
        Phase::Failed => failed(line),
        Phase::Deleting | Phase::Deleted => DecisionState::Moot,
        Phase::Pending
        | Phase::Ordering
        | Phase::AwaitingApproval
        | Phase::Provisioning
        | Phase::Unknown => DecisionState::Unasked,
    }
}

/// "Connection request has been sent to seller and is awaiting approval."
fn creation(line: &Connection) -> DecisionState {
    let before = [EquinixStatus::Draft, EquinixStatus::PendingAutoApproval];
    match phase(line, Flow::Seller) {
        Phase::AwaitingApproval | Phase::Provisioning if before.contains(&line.equinix_status) => {
            DecisionState::Unasked
        }
        Phase::AwaitingApproval if line.equinix_status == EquinixStatus::PendingApproval => {
            DecisionState::Awaited
        }
        Phase::AwaitingApproval | Phase::Provisioning | Phase::Ready => DecisionState::Yes,
        Phase::Failed => failed(line),
        Phase::Deleting | Phase::Deleted => DecisionState::Moot,
        Phase::Pending | Phase::Ordering | Phase::Unknown => DecisionState::Unasked,
    }
}

/// "Deletion request has been sent to seller and is awaiting approval."
fn deletion(line: &Connection, was_asked: bool) -> DecisionState {
    match phase(line, Flow::Seller) {
        Phase::Deleting if line.equinix_status == EquinixStatus::PendingDelete => {
            DecisionState::Awaited
        }
        // The table has this pair both for "in progress" and for "the seller has rejected".
        Phase::Deleting if line.provider_status == ProviderStatus::Available => {
            DecisionState::Unclear
        }
        Phase::Deleting | Phase::Deleted => DecisionState::Yes,
        Phase::Failed if line.equinix_status == EquinixStatus::NotDeprovisioned => {
            DecisionState::Yes
        }
        Phase::Failed => DecisionState::Moot,
        Phase::Ready | Phase::AwaitingApproval | Phase::Provisioning if was_asked => {
            DecisionState::No
        }
        Phase::Ready
        | Phase::AwaitingApproval
        | Phase::Provisioning
        | Phase::Pending
        | Phase::Ordering
        | Phase::Unknown => DecisionState::Unasked,
    }
}

/// A change that the seller has to approve. Only the latest one shows; on v3, only while it is under
/// way.
fn change(line: &Connection, was_asked: bool) -> DecisionState {
    let progress = line.change.as_ref().map(|change| change.progress);
    match phase(line, Flow::Seller) {
        Phase::Failed | Phase::Deleting | Phase::Deleted => return DecisionState::Moot,
        Phase::Pending
        | Phase::Ordering
        | Phase::AwaitingApproval
        | Phase::Provisioning
        | Phase::Ready
        | Phase::Unknown => {}
    }
    match progress {
        Some(ChangeProgress::AwaitingApproval) => DecisionState::Awaited,
        _ if line.equinix_status == EquinixStatus::PendingBandwidthApproval => {
            DecisionState::Awaited
        }
        _ if !was_asked => DecisionState::Unasked,
        Some(ChangeProgress::Done | ChangeProgress::UnderWay) => DecisionState::Yes,
        Some(ChangeProgress::Rejected) => DecisionState::No,
        Some(ChangeProgress::Failed) | None => DecisionState::Unclear,
    }
}

/// The port and tags that a seller assigns to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellerPort {
    /// The seller's port.
    pub port: PortId,
    /// The tags of the connection there.
    pub link: LinkProtocol,
}

/// The keys of an AWS account, which Equinix uses to accept a hosted connection there. Never printed.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsKeys {
    /// The access key id.
    pub access: AuthenticationKey,
    /// The secret access key.
    pub secret: AuthenticationKey,
}

/// A decision on a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// The buyer accepts the hosted connection of AWS.
    Accept(AwsKeys),
    /// The seller approves it.
    Admit(SellerPort),
    /// The seller approves the redundant pair that it belongs to: the primary, then the secondary.
    AdmitPair(SellerPort, SellerPort),
    /// The seller approves its deletion.
    LetGo,
    /// The seller approves its change.
    AgreeToChange,
    /// The seller rejects its request, with this comment.
    Refuse(SellerRequest, String),
}

impl Decision {
    /// The parts that only the provider may see.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Accept(AwsKeys { access, secret }) => vec![access.expose(), secret.expose()],
            Self::Admit(_)
            | Self::AdmitPair(..)
            | Self::LetGo
            | Self::AgreeToChange
            | Self::Refuse(..) => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChangeSeen, ConnectionId, ZSideSeen};

    fn line(equinix: &str, provider: &str, progress: Option<ChangeProgress>) -> Connection {
        Connection {
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
            change: progress.map(|progress| ChangeSeen { id: None, progress }),
            created: None,
            operational: None,
            faults: vec![],
        }
    }

    fn all(subject: Subject, rows: &[(&str, &str, DecisionState)]) {
        for (equinix, provider, stand) in rows {
            for was_asked in [false, true] {
                let found = subject.stand(&line(equinix, provider, None), was_asked);
                assert_eq!(found, *stand, "{subject:?} {equinix}/{provider} {was_asked}");
            }
        }
    }

    #[test]
    fn the_state_table_of_aws() {
        all(
            Subject::Acceptance,
            &[
                ("PROVISIONING", "NOT_AVAILABLE", DecisionState::Unasked),
                ("PROVISIONED", "NOT_AVAILABLE", DecisionState::Unasked),
                ("PROVISIONED", "PENDING_APPROVAL", DecisionState::Awaited),
                ("PROVISIONED", "PROVISIONING", DecisionState::Yes),
                ("PROVISIONED", "PROVISIONED", DecisionState::Yes),
                ("PROVISIONED", "REJECTED", DecisionState::No),
                ("NOT_PROVISIONED", "FAILED", DecisionState::Moot),
                ("DEPROVISIONING", "DEPROVISIONING", DecisionState::Moot),
                ("DEPROVISIONED", "DEPROVISIONED", DecisionState::Moot),
                ("A_NEW_WORD", "PENDING_APPROVAL", DecisionState::Unasked),
            ],
        );
    }

    #[test]
    fn the_state_table_of_enterprises() {
        all(
            Subject::Seller(SellerRequest::Creation),
            &[
                ("DRAFT", "NOT_AVAILABLE", DecisionState::Unasked),
                ("PENDING_AUTO_APPROVAL", "NOT_AVAILABLE", DecisionState::Unasked),
                ("PENDING_APPROVAL", "NOT_AVAILABLE", DecisionState::Awaited),
                ("PROVISIONING", "NOT_AVAILABLE", DecisionState::Yes),
                ("PROVISIONED", "AVAILABLE", DecisionState::Yes),
                ("REJECTED", "NOT_AVAILABLE", DecisionState::No),
                ("NOT_PROVISIONED", "FAILED", DecisionState::Moot),
                ("PENDING_DELETE", "AVAILABLE", DecisionState::Moot),
                ("DEPROVISIONED", "NOT_AVAILABLE", DecisionState::Moot),
            ],
        );
        all(
            Subject::Seller(SellerRequest::Deletion),
            &[
                ("PENDING_DELETE", "AVAILABLE", DecisionState::Awaited),
                ("DEPROVISIONING", "AVAILABLE", DecisionState::Unclear),
                ("DEPROVISIONING", "DEPROVISIONING", DecisionState::Yes),
                ("DEPROVISIONED", "NOT_AVAILABLE", DecisionState::Yes),
                ("NOT_DEPROVISIONED", "AVAILABLE", DecisionState::Yes),
                ("REJECTED", "NOT_AVAILABLE", DecisionState::Moot),
            ],
        );
    }

    #[test]
    fn what_is_in_service_has_answered_only_what_it_was_asked() {
        let stand = |asks, progress, was_asked| {
            let line = line("PROVISIONED", "AVAILABLE", progress);
            Subject::Seller(asks).stand(&line, was_asked)
        };
        assert_eq!(stand(SellerRequest::Deletion, None, false), DecisionState::Unasked);
        assert_eq!(stand(SellerRequest::Deletion, None, true), DecisionState::No);
        for progress in [
            None,
            Some(ChangeProgress::Done),
            Some(ChangeProgress::UnderWay),
            Some(ChangeProgress::Rejected),
        ] {
            assert_eq!(
                stand(SellerRequest::Change, progress, false),
                DecisionState::Unasked,
                "{progress:?}"
            );
        }
        let asked = [
            (Some(ChangeProgress::AwaitingApproval), DecisionState::Awaited),
            (Some(ChangeProgress::UnderWay), DecisionState::Yes),
            (Some(ChangeProgress::Done), DecisionState::Yes),
            (Some(ChangeProgress::Rejected), DecisionState::No),
            (Some(ChangeProgress::Failed), DecisionState::Unclear),
            (None, DecisionState::Unclear),
        ];
        for (progress, expected) in asked {
            assert_eq!(stand(SellerRequest::Change, progress, true), expected, "{progress:?}");
        }
        let waiting = line("PENDING_BANDWIDTH_APPROVAL", "AVAILABLE", None);
        assert_eq!(
            Subject::Seller(SellerRequest::Change).stand(&waiting, false),
            DecisionState::Awaited
        );
        let gone = line("PENDING_DELETE", "AVAILABLE", Some(ChangeProgress::AwaitingApproval));
        assert_eq!(Subject::Seller(SellerRequest::Change).stand(&gone, true), DecisionState::Moot);
    }
}
