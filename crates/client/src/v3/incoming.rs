//! Connections at the account's own profiles: "GET L2 Seller Connections".

use jiff::Timestamp;
use serde::Deserialize;

use fabric_domain::{
    ConnectionId, EquinixStatus, Flow, Incoming, MetroCode, Phase, ProfileId, ProviderStatus,
    SellerRequest, Standing, clean,
};

use super::map::mbps;
use crate::{IncomingFilter, lenient};

/// The filter of a listing. A bandwidth that waits for its seller is shown by a line in service.
pub(super) fn filter(which: IncomingFilter<'_>) -> Vec<(&'static str, String)> {
    match which {
        IncomingFilter::Waiting => ["PENDING_APPROVAL", "PENDING_DELETE", "PROVISIONED"]
            .map(|status| ("status", status.to_owned()))
            .to_vec(),
        IncomingFilter::Through(profile) => vec![("profileId", profile.to_string())],
    }
}

/// A connection as its seller sees it.
#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct IncomingBody {
    #[serde(deserialize_with = "lenient::text")]
    uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    buyer_organization_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    provider_status: Option<String>,
    #[serde(deserialize_with = "lenient::number")]
    speed: Option<u64>,
    #[serde(deserialize_with = "lenient::text")]
    speed_unit: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    seller_metro_code: Option<String>,
    #[serde(rename = "sellerServiceUUID", deserialize_with = "lenient::text")]
    seller_service_uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    created_date: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    deleted_date: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    last_updated_date: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    seller_approval_pending_for_bandwidth: Option<bool>,
}

/// A connection; `None` if it has no usable id.
pub(super) fn incoming(body: IncomingBody) -> Option<Incoming> {
    let status = EquinixStatus::read(body.status.as_deref().unwrap_or_default());
    let asks = match status {
        EquinixStatus::PendingApproval => Some(SellerRequest::Creation),
        EquinixStatus::PendingDelete => Some(SellerRequest::Deletion),
        _ => (body.seller_approval_pending_for_bandwidth == Some(true))
            .then_some(SellerRequest::Change),
    };
    let since = match asks {
        Some(SellerRequest::Deletion) => body.deleted_date.or(body.last_updated_date),
        Some(SellerRequest::Change) => body.last_updated_date,
        Some(SellerRequest::Creation) | None => body.created_date,
    };
    Some(Incoming {
        id: ConnectionId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        buyer: body.buyer_organization_name.map(|name| clean(&name, 128)),
        bandwidth: mbps(body.speed, body.speed_unit.as_deref()),
        metro: body.seller_metro_code.and_then(|code| MetroCode::parse(&code).ok()),
        profile: body.seller_service_uuid.and_then(|id| ProfileId::parse(&id).ok()),
        asks,
        wanted_bandwidth: None,
        since: since.and_then(|at| at.parse::<Timestamp>().ok()),
    })
}

/// Whether the connection is over.
pub(super) fn is_over(body: &IncomingBody) -> bool {
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let equinix = EquinixStatus::read(&word(&body.status));
    let provider = ProviderStatus::read(&word(&body.provider_status));
    Standing::of(&equinix, &provider, Flow::Seller).phase == Phase::Deleted
}
