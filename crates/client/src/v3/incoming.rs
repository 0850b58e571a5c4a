//! Connections at the account's own profiles: "GET L2 Seller Connections".
//!
//! Reads what a connection asks of its seller; the decision is the caller's.

use fabric_domain::{
    ConnectionId, EquinixStatus, Flow, Incoming, MetroCode, Phase, ProfileId, ProviderStatus,
    SellerRequest, Standing, clean,
};

use super::{map::mbps, wire::ConnectionBody};
use crate::IncomingFilter;

/// The filter of a listing. A connection whose new bandwidth waits for its seller is in service,
/// hence `PROVISIONED`.
pub(super) fn filter(which: IncomingFilter<'_>) -> Vec<(&'static str, String)> {
    match which {
        IncomingFilter::Waiting => ["PENDING_APPROVAL", "PENDING_DELETE", "PROVISIONED"]
            .map(|status| ("status", status.to_owned()))
            .to_vec(),
        IncomingFilter::Through(profile) => vec![("profileId", profile.to_string())],
    }
}

/// An incoming connection; `None` without a usable id.
pub(super) fn incoming(body: &ConnectionBody) -> Option<Incoming> {
    let asks = asks(body);
    let since = match asks {
        Some(SellerRequest::Deletion) => body.deleted_date.get().or(body.last_updated_date.get()),
        Some(SellerRequest::Change) => body.last_updated_date.get(),
        Some(SellerRequest::Creation) | None => body.created_date.get(),
    };
    Some(Incoming {
        id: body.uuid.parse(ConnectionId::parse)?,
        name: clean(body.name.or_empty(), 128),
        buyer: body.buyer_organization_name.cleaned(128),
        bandwidth: mbps(body.speed, &body.speed_unit),
        metro: body.seller_metro_code.parse(MetroCode::parse),
        profile: body.seller_service_uuid.parse(ProfileId::parse),
        asks,
        wanted_bandwidth: None,
        since: since.and_then(|at| at.parse().ok()),
    })
}

/// What the connection asks of its seller.
fn asks(body: &ConnectionBody) -> Option<SellerRequest> {
    match EquinixStatus::read(body.status.or_empty()) {
        EquinixStatus::PendingApproval => Some(SellerRequest::Creation),
        EquinixStatus::PendingDelete => Some(SellerRequest::Deletion),
        _ if body.seller_approval_pending_for_bandwidth.is_true() => Some(SellerRequest::Change),
        _ => None,
    }
}

/// Whether the connection is deleted.
pub(super) fn is_deleted(body: &ConnectionBody) -> bool {
    let equinix = EquinixStatus::read(body.status.or_empty());
    let provider = ProviderStatus::read(body.provider_status.or_empty());
    Standing::of(&equinix, &provider, Flow::Seller).phase == Phase::Deleted
}
