//! Decisions on a line: a buyer's acceptance at AWS, a seller's yes or no.
//!
//! What can be decided, and whether a line waits for it. How a decision travels is each dialect's
//! matter, what comes of it the controllers'.

use super::{
    Asks, AuthenticationKey, ChangeProgress, Connection, EquinixStatus, Flow, LinkProtocol, Phase,
    PortId, ProviderStatus, Standing,
};

/// What is decided about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// Whether its buyer takes AWS's hosted connection.
    Acceptance,
    /// What it asks of the seller at its end.
    OfSeller(Asks),
}

/// How a line stands to a matter that is to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It does not ask, or not yet.
    Unasked,
    /// It waits for the decision.
    Awaited,
    /// The decision was yes.
    Yes,
    /// The decision was no.
    No,
    /// It asks no more; whether the decision was yes or no, the states do not tell.
    Unclear,
    /// The line has failed or is on its way out: nobody is asked any more.
    Moot,
}

impl Matter {
    /// How `line` stands to it. `was_asked` says that it was seen to wait for a decision before.
    pub fn stand(self, line: &Connection, was_asked: bool) -> Stand {
        match self {
            Self::Acceptance => acceptance(line),
            Self::OfSeller(Asks::Creation) => creation(line),
            Self::OfSeller(Asks::Deletion) => deletion(line, was_asked),
            Self::OfSeller(Asks::Change) => change(line, was_asked),
        }
    }
}

fn phase(line: &Connection, flow: Flow) -> Phase {
    Standing::of(&line.equinix_status, &line.provider_status, flow).phase
}

/// A line that came to nothing: because somebody said no, or for another reason.
fn failed(line: &Connection) -> Stand {
    if line.is_rejected() { Stand::No } else { Stand::Moot }
}

/// The state table of "Connect to AWS": the line is `PROVISIONED` at Equinix before AWS's owner of
/// the account has accepted it.
fn acceptance(line: &Connection) -> Stand {
    let provisioned = line.equinix_status == EquinixStatus::Provisioned;
    match phase(line, Flow::Aws) {
        Phase::AwaitingApproval if provisioned => Stand::Awaited,
        Phase::Provisioning
            if provisioned && line.provider_status != ProviderStatus::NotAvailable =>
        {
            Stand::Yes
        }
        Phase::Ready => Stand::Yes,
        Phase::Failed => failed(line),
        Phase::Deleting | Phase::Deleted => Stand::Moot,
        Phase::Pending
        | Phase::Ordering
        | Phase::AwaitingApproval
        | Phase::Provisioning
        | Phase::Unknown => Stand::Unasked,
    }
}

/// "Connection request has been sent to seller and is awaiting approval."
fn creation(line: &Connection) -> Stand {
    let before = [EquinixStatus::Draft, EquinixStatus::PendingAutoApproval];
    match phase(line, Flow::Seller) {
        Phase::AwaitingApproval | Phase::Provisioning if before.contains(&line.equinix_status) => {
            Stand::Unasked
        }
        Phase::AwaitingApproval if line.equinix_status == EquinixStatus::PendingApproval => {
            Stand::Awaited
        }
        Phase::AwaitingApproval | Phase::Provisioning | Phase::Ready => Stand::Yes,
        Phase::Failed => failed(line),
        Phase::Deleting | Phase::Deleted => Stand::Moot,
        Phase::Pending | Phase::Ordering | Phase::Unknown => Stand::Unasked,
    }
}

/// "Deletion request has been sent to seller and is awaiting approval."
fn deletion(line: &Connection, was_asked: bool) -> Stand {
    match phase(line, Flow::Seller) {
        Phase::Deleting if line.equinix_status == EquinixStatus::PendingDelete => Stand::Awaited,
        // One row of the table says of this pair "in progress" and "the seller has rejected".
        Phase::Deleting if line.provider_status == ProviderStatus::Available => Stand::Unclear,
        Phase::Deleting | Phase::Deleted => Stand::Yes,
        Phase::Failed if line.equinix_status == EquinixStatus::NotDeprovisioned => Stand::Yes,
        Phase::Failed => Stand::Moot,
        Phase::Ready | Phase::AwaitingApproval | Phase::Provisioning if was_asked => Stand::No,
        Phase::Ready
        | Phase::AwaitingApproval
        | Phase::Provisioning
        | Phase::Pending
        | Phase::Ordering
        | Phase::Unknown => Stand::Unasked,
    }
}

/// A change that its seller has to approve; only the latest one shows, and on v3 only while it is
/// under way.
fn change(line: &Connection, was_asked: bool) -> Stand {
    let progress = line.change.as_ref().map(|change| change.progress);
    match phase(line, Flow::Seller) {
        Phase::Failed | Phase::Deleting | Phase::Deleted => return Stand::Moot,
        Phase::Pending
        | Phase::Ordering
        | Phase::AwaitingApproval
        | Phase::Provisioning
        | Phase::Ready
        | Phase::Unknown => {}
    }
    match progress {
        Some(ChangeProgress::AwaitingApproval) => Stand::Awaited,
        _ if line.equinix_status == EquinixStatus::PendingBandwidthApproval => Stand::Awaited,
        _ if !was_asked => Stand::Unasked,
        Some(ChangeProgress::Done | ChangeProgress::UnderWay) => Stand::Yes,
        Some(ChangeProgress::Rejected) => Stand::No,
        Some(ChangeProgress::Failed) | None => Stand::Unclear,
    }
}

/// Where a seller lets a line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The seller's port.
    pub port: PortId,
    /// The line's tags there.
    pub link: LinkProtocol,
}

/// The keys of an AWS account, with which Equinix accepts a hosted connection there. Never printed.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsKeys {
    /// The access key id.
    pub access: AuthenticationKey,
    /// The secret access key.
    pub secret: AuthenticationKey,
}

/// A decision on a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Its buyer takes AWS's hosted connection.
    Accept(AwsKeys),
    /// Its seller takes it in.
    Admit(Landing),
    /// Its seller takes both halves of the pair in that it belongs to: the primary, and the
    /// secondary.
    AdmitPair(Landing, Landing),
    /// Its seller lets it go.
    LetGo,
    /// Its seller agrees to the change.
    AgreeToChange,
    /// Its seller refuses what it asks for, and says why.
    Refuse(Asks, String),
}

impl Decision {
    /// What of it must be seen by nobody but the provider.
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
    use crate::domain::{ChangeSeen, ConnectionId};

    fn line(equinix: &str, provider: &str, progress: Option<ChangeProgress>) -> Connection {
        Connection {
            id: ConnectionId::parse("9b1da3b0-ea1d-4770-ae51-c794ffb23dbc").unwrap(),
            name: "John-Doe-Primary".into(),
            equinix_status: EquinixStatus::read(equinix),
            provider_status: ProviderStatus::read(provider),
            bandwidth: None,
            port: None,
            tags: None,
            redundancy: None,
            provider_connection_id: None,
            notifications: vec![],
            term: None,
            change: progress.map(|progress| ChangeSeen { id: None, progress }),
            created: None,
            faults: vec![],
        }
    }

    fn all(matter: Matter, rows: &[(&str, &str, Stand)]) {
        for (equinix, provider, stand) in rows {
            for was_asked in [false, true] {
                let found = matter.stand(&line(equinix, provider, None), was_asked);
                assert_eq!(found, *stand, "{matter:?} {equinix}/{provider} {was_asked}");
            }
        }
    }

    #[test]
    fn the_state_table_of_aws() {
        all(
            Matter::Acceptance,
            &[
                ("PROVISIONING", "NOT_AVAILABLE", Stand::Unasked),
                ("PROVISIONED", "NOT_AVAILABLE", Stand::Unasked),
                ("PROVISIONED", "PENDING_APPROVAL", Stand::Awaited),
                ("PROVISIONED", "PROVISIONING", Stand::Yes),
                ("PROVISIONED", "PROVISIONED", Stand::Yes),
                ("PROVISIONED", "REJECTED", Stand::No),
                ("NOT_PROVISIONED", "FAILED", Stand::Moot),
                ("DEPROVISIONING", "DEPROVISIONING", Stand::Moot),
                ("DEPROVISIONED", "DEPROVISIONED", Stand::Moot),
                ("A_NEW_WORD", "PENDING_APPROVAL", Stand::Unasked),
            ],
        );
    }

    #[test]
    fn the_state_table_of_enterprises() {
        all(
            Matter::OfSeller(Asks::Creation),
            &[
                ("DRAFT", "NOT_AVAILABLE", Stand::Unasked),
                ("PENDING_AUTO_APPROVAL", "NOT_AVAILABLE", Stand::Unasked),
                ("PENDING_APPROVAL", "NOT_AVAILABLE", Stand::Awaited),
                ("PROVISIONING", "NOT_AVAILABLE", Stand::Yes),
                ("PROVISIONED", "AVAILABLE", Stand::Yes),
                ("REJECTED", "NOT_AVAILABLE", Stand::No),
                ("NOT_PROVISIONED", "FAILED", Stand::Moot),
                ("PENDING_DELETE", "AVAILABLE", Stand::Moot),
                ("DEPROVISIONED", "NOT_AVAILABLE", Stand::Moot),
            ],
        );
        all(
            Matter::OfSeller(Asks::Deletion),
            &[
                ("PENDING_DELETE", "AVAILABLE", Stand::Awaited),
                ("DEPROVISIONING", "AVAILABLE", Stand::Unclear),
                ("DEPROVISIONING", "DEPROVISIONING", Stand::Yes),
                ("DEPROVISIONED", "NOT_AVAILABLE", Stand::Yes),
                ("NOT_DEPROVISIONED", "AVAILABLE", Stand::Yes),
                ("REJECTED", "NOT_AVAILABLE", Stand::Moot),
            ],
        );
    }

    #[test]
    fn what_is_in_service_has_answered_only_what_it_was_asked() {
        let stand = |asks, progress, was_asked| {
            let line = line("PROVISIONED", "AVAILABLE", progress);
            Matter::OfSeller(asks).stand(&line, was_asked)
        };
        assert_eq!(stand(Asks::Deletion, None, false), Stand::Unasked);
        assert_eq!(stand(Asks::Deletion, None, true), Stand::No);
        for progress in [
            None,
            Some(ChangeProgress::Done),
            Some(ChangeProgress::UnderWay),
            Some(ChangeProgress::Rejected),
        ] {
            assert_eq!(stand(Asks::Change, progress, false), Stand::Unasked, "{progress:?}");
        }
        let asked = [
            (Some(ChangeProgress::AwaitingApproval), Stand::Awaited),
            (Some(ChangeProgress::UnderWay), Stand::Yes),
            (Some(ChangeProgress::Done), Stand::Yes),
            (Some(ChangeProgress::Rejected), Stand::No),
            (Some(ChangeProgress::Failed), Stand::Unclear),
            (None, Stand::Unclear),
        ];
        for (progress, expected) in asked {
            assert_eq!(stand(Asks::Change, progress, true), expected, "{progress:?}");
        }
        let waiting = line("PENDING_BANDWIDTH_APPROVAL", "AVAILABLE", None);
        assert_eq!(Matter::OfSeller(Asks::Change).stand(&waiting, false), Stand::Awaited);
        let gone = line("PENDING_DELETE", "AVAILABLE", Some(ChangeProgress::AwaitingApproval));
        assert_eq!(Matter::OfSeller(Asks::Change).stand(&gone, true), Stand::Moot);
    }
}
