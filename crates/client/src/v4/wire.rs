//! What travels on v4.
//!
//! Requests are exact; in answers everything may be missing, mistyped or new.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// `POST /connections`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderBody<'a> {
    pub(super) r#type: &'static str,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) order: Option<OrderDetails<'a>>,
    pub(super) bandwidth: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) redundancy: Option<JoinBody<'a>>,
    pub(super) a_side: SideBody<'a>,
    pub(super) z_side: SideBody<'a>,
    pub(super) notifications: Vec<Notification<'a>>,
}

#[derive(Serialize)]
pub(super) struct JoinBody<'a> {
    pub(super) group: &'a str,
    pub(super) priority: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderDetails<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purchase_order_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) term_length: Option<u8>,
}

#[derive(Serialize)]
pub(super) struct Notification<'a> {
    pub(super) r#type: &'static str,
    pub(super) emails: Vec<&'a str>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct SideBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_point: Option<AccessPoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_token: Option<Uuid<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invitation: Option<InvitationBody<'a>>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessPoint<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<Uuid<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profile: Option<ProfileRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Location<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link_protocol: Option<LinkProtocolBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authentication_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seller_region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peering_type: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Uuid<'a> {
    pub(super) uuid: &'a str,
}

#[derive(Serialize)]
pub(super) struct ProfileRef<'a> {
    pub(super) r#type: &'static str,
    pub(super) uuid: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    pub(super) metro_code: &'a str,
}

#[derive(Serialize)]
pub(super) struct InvitationBody<'a> {
    pub(super) email: &'a str,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum LinkProtocolBody {
    #[serde(rename = "DOT1Q")]
    Dot1q {
        #[serde(rename = "vlanTag")]
        tag: u16,
    },
    #[serde(rename = "QINQ")]
    Qinq {
        #[serde(rename = "vlanSTag")]
        s_tag: u16,
        #[serde(rename = "vlanCTag", skip_serializing_if = "Option::is_none")]
        c_tag: Option<u16>,
    },
    /// The seller's side, whose S-tag the seller chooses.
    #[serde(rename = "QINQ")]
    FarQinq {
        #[serde(rename = "vlanCTag")]
        c_tag: u16,
    },
}

/// A connection, in listings and alone.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConnectionBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) state: Option<String>,
    #[serde(deserialize_with = "lenient::number")]
    pub(super) bandwidth: Option<u64>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) operation: OperationBody,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) a_side: SideSeen,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) z_side: SideSeen,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) redundancy: RedundancyBody,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) notifications: Vec<NotificationSeen>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) order: OrderSeen,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) change: ChangeBody,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) change_log: ChangeLog,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default)]
pub(super) struct NotificationSeen {
    #[serde(deserialize_with = "lenient::items")]
    pub(super) emails: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OrderSeen {
    #[serde(deserialize_with = "lenient::number")]
    pub(super) term_length: Option<u64>,
}

/// The latest change of a connection.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ChangeBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) status: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OperationBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) equinix_status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) provider_status: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) errors: Vec<OperationError>,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OperationError {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) error_code: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) error_message: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SideSeen {
    #[serde(deserialize_with = "lenient::part")]
    pub(super) access_point: AccessPointSeen,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AccessPointSeen {
    #[serde(deserialize_with = "lenient::part")]
    pub(super) port: PortBody,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) link_protocol: LinkProtocolSeen,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) provider_connection_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct LinkProtocolSeen {
    #[serde(rename = "vlanTag", deserialize_with = "lenient::number")]
    pub(super) tag: Option<u64>,
    #[serde(rename = "vlanSTag", deserialize_with = "lenient::number")]
    pub(super) s_tag: Option<u64>,
    #[serde(rename = "vlanCTag", deserialize_with = "lenient::number")]
    pub(super) c_tag: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RedundancyBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) group: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) priority: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ChangeLog {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) created_date_time: Option<String>,
}

/// A port.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PortBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) location: LocationSeen,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) encapsulation: EncapsulationBody,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) settings: PortSettings,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LocationSeen {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) metro_code: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct EncapsulationBody {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PortSettings {
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) place_vc_order_permission: Option<bool>,
}

/// A metro.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MetroBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) code: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) region: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) connected_metros: Vec<ConnectedMetro>,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default)]
pub(super) struct ConnectedMetro {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) code: Option<String>,
}

/// A service profile.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ProfileBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) account: AccountBody,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) metros: Vec<ConnectedMetro>,
    #[serde(rename = "accessPointTypeConfigs", deserialize_with = "lenient::items")]
    pub(super) configs: Vec<ConfigBody>,
}

/// How a profile takes one kind of access point.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConfigBody {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) link_protocol_config: LinkProtocolConfig,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) supported_bandwidths: Vec<u32>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) allow_custom_bandwidth: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) allow_remote_connections: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) connection_redundancy_required: Option<bool>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) api_config: ApiConfig,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) authentication_key: KeyConfig,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ApiConfig {
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) api_available: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) bandwidth_from_api: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct KeyConfig {
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) required: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct LinkProtocolConfig {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) encapsulation: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AccountBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) organization_name: Option<String>,
}

/// A price of `POST /prices/search`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PriceBody {
    #[serde(deserialize_with = "lenient::items")]
    pub(super) charges: Vec<Charge>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) currency: Option<String>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) connection: PricedConnection,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default)]
pub(super) struct Charge {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) price: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PricedConnection {
    #[serde(deserialize_with = "lenient::number")]
    pub(super) bandwidth: Option<u64>,
}

/// A page.
#[derive(Deserialize)]
pub(super) struct PageBody {
    #[serde(default, deserialize_with = "lenient::part")]
    pub(super) pagination: Pagination,
    pub(super) data: Vec<serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Pagination {
    #[serde(deserialize_with = "lenient::number")]
    pub(super) total: Option<u64>,
}
