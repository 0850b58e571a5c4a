//! The incoming connections in status, and the notices of new ones.
//!
//! Which connections wait for the seller is the provider's word.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{IncomingConnection, Reason, ServiceProfileStatus};
use fabric_domain::Incoming;

use crate::reconcile::events::Notice;

/// The most incoming connections that status lists.
const LISTED: usize = 50;

/// The first of the connections that wait for a decision, as status lists them.
pub(super) fn listed(waiting: &[Incoming]) -> Vec<IncomingConnection> {
    waiting.iter().take(LISTED).filter_map(entry).collect()
}

/// The same of a list that was not read whole, which leaves those of `before` where they are.
pub(super) fn listed_with(
    waiting: &[Incoming],
    before: &[IncomingConnection],
) -> Vec<IncomingConnection> {
    let mut all = listed(waiting);
    for known in before {
        if all.len() < LISTED
            && all.iter().all(|connection| !connection.uuid.eq_ignore_ascii_case(&known.uuid))
        {
            all.push(known.clone());
        }
    }
    all
}

fn entry(waiting: &Incoming) -> Option<IncomingConnection> {
    Some(IncomingConnection {
        uuid: waiting.id.to_string(),
        name: waiting.name.clone(),
        buyer: waiting.buyer.clone(),
        asks: <&str>::from(waiting.asks?).to_owned(),
        bandwidth_mbps: waiting.bandwidth,
        wanted_bandwidth_mbps: waiting.wanted_bandwidth,
        metro_code: waiting.metro.map(|metro| metro.to_string()),
        since: waiting.since.map(whole_seconds).map(Time),
    })
}

/// Kubernetes keeps times in whole seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// One notice of each request for a decision that the old status did not list.
pub(in crate::profile) fn incoming_notices(
    old: Option<&ServiceProfileStatus>,
    new: &ServiceProfileStatus,
) -> Vec<Notice> {
    let before = old.map(|status| status.incoming.as_slice()).unwrap_or_default();
    let mut notices = vec![];
    for connection in &new.incoming {
        let IncomingConnection { uuid, name, asks, .. } = connection;
        if before.iter().any(|known| known.uuid.eq_ignore_ascii_case(uuid) && known.asks == *asks) {
            continue;
        }
        let buyer = connection.buyer.as_deref().unwrap_or("an unnamed buyer");
        notices.push(Notice {
            reason: Reason::ConnectionIncoming,
            action: "Incoming",
            note: format!("connection {name} ({uuid}) of {buyer} waits for your decision: {asks}"),
        });
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(incoming: &[(&str, &str)]) -> ServiceProfileStatus {
        let entry = |(uuid, asks): &(&str, &str)| IncomingConnection {
            uuid: (*uuid).to_owned(),
            name: "Conn-1".to_owned(),
            buyer: None,
            asks: (*asks).to_owned(),
            bandwidth_mbps: None,
            wanted_bandwidth_mbps: None,
            metro_code: None,
            since: None,
        };
        let incoming = incoming.iter().map(entry).collect();
        ServiceProfileStatus { incoming, ..ServiceProfileStatus::default() }
    }

    #[test]
    fn what_a_list_with_a_gap_lacks_stays() {
        let before = status(&[("a", "Creation"), ("b", "Creation")]).incoming;
        let again = Incoming {
            id: fabric_domain::ConnectionId::parse("b").unwrap(),
            name: "Conn-1".to_owned(),
            buyer: None,
            bandwidth: None,
            metro: None,
            profile: None,
            asks: Some(fabric_domain::SellerRequest::Deletion),
            wanted_bandwidth: None,
            since: None,
        };
        let merged = listed_with(&[again], &before);
        let merged: Vec<_> = merged.iter().map(|c| (c.uuid.as_str(), c.asks.as_str())).collect();
        assert_eq!(merged, [("b", "Deletion"), ("a", "Creation")]);
    }

    fn notes(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let notices = incoming_notices(Some(&status(old)), &status(new));
        notices.into_iter().map(|notice| notice.note).collect()
    }

    #[test]
    fn each_new_request_for_a_decision_is_published_once() {
        assert_eq!(incoming_notices(None, &status(&[("a", "Creation")])).len(), 1);
        let both = [("a", "Creation"), ("b", "Creation")];
        let new = notes(&both[..1], &both);
        assert_eq!(
            new,
            ["connection Conn-1 (b) of an unnamed buyer waits for your decision: Creation"]
        );
        assert!(notes(&both, &both).is_empty());
        assert!(notes(&both, &[]).is_empty());
        let deletion = notes(&both, &[("a", "Deletion")]);
        assert!(deletion.len() == 1 && deletion[0].ends_with("Deletion"), "{deletion:?}");
    }
}
