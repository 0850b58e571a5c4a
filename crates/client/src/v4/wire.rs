//! The answers of v4, in the names of its specification.
//!
//! Everything may be missing, mistyped or new, so every field is lenient. What a value means is
//! for `map`, `incoming` and `profile::shown` to decide.

use serde::Deserialize;
use serde_json::Value;

use crate::lenient::{Decimal, Flag, Items, Number, Part, Text, present};

/// A page of any list.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PageBody {
    pub(super) pagination: Part<Option<PaginationBody>>,
    #[serde(deserialize_with = "present")]
    pub(super) data: Option<Items<Value>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PaginationBody {
    pub(super) limit: Number,
    pub(super) total: Number,
    /// The link to the next page.
    #[serde(deserialize_with = "present")]
    pub(super) next: Option<Value>,
}

/// A connection, as its buyer and its seller see it, in listings and alone.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConnectionBody {
    pub(super) uuid: Text,
    pub(super) name: Text,
    pub(super) state: Text,
    pub(super) bandwidth: Number,
    pub(super) account: Part<AccountBody>,
    pub(super) operation: Part<OperationBody>,
    pub(super) a_side: Part<SideSeen>,
    pub(super) z_side: Part<SideSeen>,
    pub(super) redundancy: Part<RedundancyBody>,
    pub(super) notifications: Items<NotificationSeen>,
    pub(super) order: Part<OrderSeen>,
    pub(super) change: Part<ChangeBody>,
    pub(super) change_log: Part<ChangeLog>,
}

/// Of a connection or of a profile.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NotificationSeen {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) emails: Items<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OrderSeen {
    pub(super) term_length: Number,
    pub(super) customer_reference_number: Text,
}

/// The latest change of a connection or of a profile.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ChangeBody {
    pub(super) uuid: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) status: Text,
    pub(super) created_date_time: Text,
    pub(super) data: Items<ChangeOperation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ChangeOperation {
    pub(super) path: Text,
    pub(super) value: Number,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OperationBody {
    pub(super) equinix_status: Text,
    pub(super) provider_status: Text,
    /// Whether the data plane works.
    pub(super) operational_status: Text,
    /// Errors in the shape of refusals.
    pub(super) errors: Items<Value>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SideSeen {
    pub(super) access_point: Part<AccessPointSeen>,
    pub(super) service_token: Part<UuidSeen>,
    pub(super) invitation: Part<InvitationSeen>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AccessPointSeen {
    pub(super) account: Part<AccountBody>,
    pub(super) location: Part<LocationSeen>,
    pub(super) port: Part<UuidSeen>,
    pub(super) profile: Part<UuidSeen>,
    pub(super) link_protocol: Part<LinkProtocolSeen>,
    pub(super) seller_region: Text,
    pub(super) peering_type: Text,
    /// The samples have it here; an order has it beside the access point.
    pub(super) invitation: Part<InvitationSeen>,
    pub(super) provider_connection_id: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct InvitationSeen {
    pub(super) email: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct UuidSeen {
    pub(super) uuid: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct LinkProtocolSeen {
    #[serde(rename = "vlanTag")]
    pub(super) tag: Number,
    #[serde(rename = "vlanSTag")]
    pub(super) s_tag: Number,
    #[serde(rename = "vlanCTag")]
    pub(super) c_tag: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RedundancyBody {
    pub(super) group: Text,
    pub(super) priority: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ChangeLog {
    pub(super) created_date_time: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AccountBody {
    pub(super) organization_name: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LocationSeen {
    pub(super) metro_code: Text,
}

/// A port.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PortBody {
    pub(super) uuid: Text,
    pub(super) name: Text,
    pub(super) location: Part<LocationSeen>,
    pub(super) encapsulation: Part<EncapsulationBody>,
    pub(super) settings: Part<PortSettings>,
    pub(super) bandwidth: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct EncapsulationBody {
    #[serde(rename = "type")]
    pub(super) kind: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PortSettings {
    pub(super) place_vc_order_permission: Flag,
    pub(super) buyout: Flag,
}

/// A metro.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MetroBody {
    pub(super) code: Text,
    pub(super) name: Text,
    pub(super) region: Text,
    pub(super) connected_metros: Items<MetroRef>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct MetroRef {
    pub(super) code: Text,
}

/// A service profile, as buyers and its seller see it.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProfileBody {
    pub(super) uuid: Text,
    pub(super) name: Text,
    pub(super) description: Text,
    pub(super) state: Text,
    pub(super) visibility: Text,
    pub(super) account: Part<AccountBody>,
    pub(super) metros: Items<MetroRef>,
    pub(super) allowed_emails: Items<String>,
    pub(super) notifications: Items<NotificationSeen>,
    pub(super) ports: Items<ProfilePortBody>,
    pub(super) custom_fields: Items<CustomFieldBody>,
    pub(super) access_point_type_configs: Items<AccessPointConfig>,
    pub(super) change: Part<Option<ChangeBody>>,
    pub(super) change_log: Part<ChangeLog>,
}

/// A port at which a profile takes connections.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProfilePortBody {
    pub(super) uuid: Text,
    pub(super) location: Part<LocationSeen>,
    pub(super) seller_region: Text,
    pub(super) seller_region_description: Text,
}

/// A question of a seller to its buyers.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CustomFieldBody {
    pub(super) label: Text,
    pub(super) description: Text,
    pub(super) required: Flag,
    /// The same property: the schema requires this spelling, and describes the other.
    pub(super) is_required: Flag,
    pub(super) data_type: Text,
    pub(super) options: Items<String>,
    pub(super) capture_in_email: Flag,
}

/// How a profile takes connections from one kind of access point.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AccessPointConfig {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) supported_bandwidths: Items<u32>,
    pub(super) allow_remote_connections: Flag,
    pub(super) allow_custom_bandwidth: Flag,
    pub(super) bandwidth_alert_threshold: Decimal,
    pub(super) link_protocol_config: Part<LinkProtocolConfig>,
    pub(super) enable_auto_generate_service_key: Flag,
    pub(super) connection_redundancy_required: Flag,
    pub(super) api_config: Part<ApiConfig>,
    pub(super) connection_label: Text,
    pub(super) authentication_key: Part<KeyConfig>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LinkProtocolConfig {
    pub(super) encapsulation: Text,
    pub(super) encapsulation_strategy: Text,
    #[serde(rename = "vlanCTagLabel")]
    pub(super) c_tag_label: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ApiConfig {
    pub(super) api_available: Flag,
    pub(super) integration_id: Text,
    pub(super) equinix_managed_port: Flag,
    pub(super) equinix_managed_vlan: Flag,
    pub(super) allow_over_subscription: Flag,
    pub(super) over_subscription_limit: Number,
    pub(super) bandwidth_from_api: Flag,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct KeyConfig {
    pub(super) required: Flag,
    pub(super) label: Text,
}

/// A price of `POST /prices/search`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PriceBody {
    pub(super) charges: Items<ChargeBody>,
    pub(super) currency: Text,
    pub(super) connection: Part<PricedConnection>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ChargeBody {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) price: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PricedConnection {
    pub(super) bandwidth: Number,
}
