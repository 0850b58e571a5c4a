//! Connections at the account's own profiles, as `POST /connections/search` shows them to their
//! seller.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use fabric_domain::{
    ConnectionId, EquinixStatus, Flow, Incoming, MetroCode, Phase, ProfileId, ProviderStatus,
    SellerRequest, Standing, clean,
};

use super::wire::{AccountBody, ChangeLog, LocationSeen, OperationBody};
use crate::{IncomingFilter, lenient};

/// The filter of a search. Whose profile a connection ends at is told by the profile's id; the
/// direction is in examples only, and leaves out what the seller ordered from itself.
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

/// A connection as its seller sees it.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct IncomingBody {
    #[serde(deserialize_with = "lenient::text")]
    uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::number")]
    bandwidth: Option<u64>,
    #[serde(deserialize_with = "lenient::part")]
    account: AccountBody,
    #[serde(deserialize_with = "lenient::part")]
    operation: OperationBody,
    #[serde(deserialize_with = "lenient::part")]
    a_side: SideBody,
    #[serde(deserialize_with = "lenient::part")]
    z_side: SideBody,
    #[serde(deserialize_with = "lenient::part")]
    change: ChangeBody,
    #[serde(deserialize_with = "lenient::part")]
    change_log: ChangeLog,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SideBody {
    #[serde(deserialize_with = "lenient::part")]
    access_point: AccessPointBody,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AccessPointBody {
    #[serde(deserialize_with = "lenient::part")]
    account: AccountBody,
    #[serde(deserialize_with = "lenient::part")]
    location: LocationSeen,
    #[serde(deserialize_with = "lenient::part")]
    profile: ProfileBody,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProfileBody {
    #[serde(deserialize_with = "lenient::text")]
    uuid: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ChangeBody {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    created_date_time: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    data: Vec<ChangeOperation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ChangeOperation {
    #[serde(deserialize_with = "lenient::text")]
    path: Option<String>,
    #[serde(deserialize_with = "lenient::number")]
    value: Option<u64>,
}

/// A connection; `None` if it has no usable id.
pub(super) fn incoming(body: IncomingBody) -> Option<Incoming> {
    let status = EquinixStatus::read(body.operation.equinix_status.as_deref().unwrap_or_default());
    let submitted = body.change.status.as_deref() == Some("SUBMITTED_FOR_APPROVAL");
    let asks = match (status, body.change.kind.as_deref()) {
        (EquinixStatus::PendingApproval, _) => Some(SellerRequest::Creation),
        (EquinixStatus::PendingDelete, _) => Some(SellerRequest::Deletion),
        (_, Some("CONNECTION_CREATION")) => submitted.then_some(SellerRequest::Creation),
        (_, Some("CONNECTION_DELETION")) => submitted.then_some(SellerRequest::Deletion),
        (_, _) => submitted.then_some(SellerRequest::Change),
    };
    let wanted = body.change.data.iter().find(|part| part.path.as_deref() == Some("/bandwidth"));
    let wanted = wanted.filter(|_| asks == Some(SellerRequest::Change)).and_then(|part| part.value);
    let since = body.change.created_date_time.filter(|_| asks.is_some());
    let since = since.or(body.change_log.created_date_time);
    let (a_side, z_side) = (body.a_side.access_point, body.z_side.access_point);
    let buyer = a_side.account.organization_name.or(body.account.organization_name);
    let mbps = |mbps: Option<u64>| mbps.and_then(|mbps| u32::try_from(mbps).ok());
    Some(Incoming {
        id: ConnectionId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        buyer: buyer.map(|name| clean(&name, 128)),
        bandwidth: mbps(body.bandwidth),
        metro: z_side.location.metro_code.and_then(|code| MetroCode::parse(&code).ok()),
        profile: z_side.profile.uuid.and_then(|id| ProfileId::parse(&id).ok()),
        asks,
        wanted_bandwidth: mbps(wanted),
        since: since.and_then(|at| at.parse::<Timestamp>().ok()),
    })
}

/// Whether the connection is over.
pub(super) fn is_over(body: &IncomingBody) -> bool {
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let equinix = EquinixStatus::read(&word(&body.operation.equinix_status));
    let provider = ProviderStatus::read(&word(&body.operation.provider_status));
    Standing::of(&equinix, &provider, Flow::Seller).phase == Phase::Deleted
}
