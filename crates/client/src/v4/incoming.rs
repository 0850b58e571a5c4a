//! Connections at the account's own profiles, as `POST /connections/search` shows them to their
//! seller.
//!
//! Reads what a connection asks of its seller; the decision is the caller's.

use serde_json::{Value, json};

use fabric_domain::{
    ConnectionId, EquinixStatus, Flow, Incoming, MetroCode, Phase, ProfileId, ProviderStatus,
    SellerRequest, Standing, clean,
};

use super::wire::ConnectionBody;
use crate::IncomingFilter;

/// The filter of a search. The profile's id says whose connection it is; the direction appears in
/// examples only, and leaves out what the seller ordered from itself.
pub(super) fn filter(which: IncomingFilter<'_>) -> Value {
    let is = |property: &str, values: &[&str]| json!({"property": property, "operator": "=", "values": values});
    match which {
        IncomingFilter::Waiting => json!({"or": [
            is("/change/status", &["SUBMITTED_FOR_APPROVAL"]),
            is("/operation/equinixStatus", &["PENDING_APPROVAL", "PENDING_DELETE"]),
        ]}),
        IncomingFilter::Through(profile) => {
            json!({"and": [is("/zSide/accessPoint/profile/uuid", &[profile.as_str()])]})
        }
    }
}

/// An incoming connection; `None` without a usable id.
pub(super) fn incoming(body: &ConnectionBody) -> Option<Incoming> {
    let (a_side, z_side) = (&body.a_side.access_point, &body.z_side.access_point);
    let asks = asks(body);
    let wanted = match asks {
        Some(SellerRequest::Change) => {
            body.change.data.iter().find(|part| part.path.get() == Some("/bandwidth"))
        }
        Some(SellerRequest::Creation | SellerRequest::Deletion) | None => None,
    };
    let asked_at = body.change.created_date_time.get().filter(|_| asks.is_some());
    let since = asked_at.or(body.change_log.created_date_time.get());
    let buyer = &a_side.account.organization_name;
    Some(Incoming {
        id: body.uuid.parse(ConnectionId::parse)?,
        name: clean(body.name.or_empty(), 128),
        buyer: buyer.cleaned(128).or(body.account.organization_name.cleaned(128)),
        bandwidth: body.bandwidth.fit(),
        metro: z_side.location.metro_code.parse(MetroCode::parse),
        profile: z_side.profile.uuid.parse(ProfileId::parse),
        asks,
        wanted_bandwidth: wanted.and_then(|part| part.value.fit()),
        since: since.and_then(|at| at.parse().ok()),
    })
}

/// What the connection asks of its seller.
fn asks(body: &ConnectionBody) -> Option<SellerRequest> {
    let request = match EquinixStatus::read(body.operation.equinix_status.or_empty()) {
        EquinixStatus::PendingApproval => return Some(SellerRequest::Creation),
        EquinixStatus::PendingDelete => return Some(SellerRequest::Deletion),
        _ => match body.change.kind.get() {
            Some("CONNECTION_CREATION") => SellerRequest::Creation,
            Some("CONNECTION_DELETION") => SellerRequest::Deletion,
            _ => SellerRequest::Change,
        },
    };
    (body.change.status.get() == Some("SUBMITTED_FOR_APPROVAL")).then_some(request)
}

/// Whether the connection is deleted.
pub(super) fn is_deleted(body: &ConnectionBody) -> bool {
    let equinix = EquinixStatus::read(body.operation.equinix_status.or_empty());
    let provider = ProviderStatus::read(body.operation.provider_status.or_empty());
    Standing::of(&equinix, &provider, Flow::Seller).phase == Phase::Deleted
}
