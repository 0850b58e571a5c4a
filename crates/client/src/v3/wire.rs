//! The answers of v3, in the names of its document.
//!
//! Everything may be missing, mistyped or new, so every field is lenient. What a value means is
//! for `map`, `incoming` and `profile` to decide.

use serde::Deserialize;
use serde_json::Value;

use crate::lenient::{Decimal, Flag, Items, Number, Part, Text, present};

/// A page of any list.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PageBody {
    pub(super) is_last_page: Flag,
    pub(super) total_count: Number,
    pub(super) page_size: Number,
    #[serde(deserialize_with = "present")]
    pub(super) content: Option<Items<Value>>,
}

/// The verdict of `GET /l2/connections/validateAuthorizationKey` (`status`) and of
/// `GET /l2/serviceprofiles/validateIntegrationId/{integrationId}` (`state`).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ValidationBody {
    pub(super) status: Text,
    pub(super) state: Text,
    pub(super) message: Text,
}

/// The answer of `GET /l2/connections/prices`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PricesBody {
    pub(super) currency: Text,
    pub(super) origin_metro: Text,
    pub(super) destination_metro: Text,
    pub(super) price_list: Items<PriceList>,
}

/// The prices of local or of remote connections.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PriceList {
    pub(super) connection_type: Text,
    pub(super) prices: Items<TierPrice>,
}

/// The price of bandwidths up to a tier.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TierPrice {
    pub(super) speed_billing_tier: Number,
    pub(super) price: Text,
}

/// The answer to an order.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PlacedBody {
    pub(super) primary_connection_id: Text,
    pub(super) secondary_connection_id: Text,
    /// The spelling of the parameter tables.
    #[serde(rename = "primaryConnectionID")]
    pub(super) primary_connection_id_of_tables: Text,
    #[serde(rename = "secondaryConnectionID")]
    pub(super) secondary_connection_id_of_tables: Text,
}

/// A port of `GET /port/userport`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PortBody {
    pub(super) uuid: Text,
    pub(super) name: Text,
    pub(super) metro_code: Text,
    pub(super) encapsulation: Text,
    pub(super) place_vc_order_permission: Flag,
    pub(super) buyout: Flag,
}

/// A metro of `GET /l2/common/metros`, or of a service profile.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MetroBody {
    pub(super) name: Text,
    pub(super) code: Text,
    pub(super) region: Text,
    pub(super) cloud_reach: Items<String>,
}

/// A service profile, as buyers see it (`GET /l2/serviceprofiles/services`) and as its seller does
/// (`GET /l2/serviceprofiles`).
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProfileBody {
    pub(super) uuid: Text,
    pub(super) name: Text,
    pub(super) description: Text,
    pub(super) state: Text,
    pub(super) created_date: Text,
    pub(super) organization_name: Text,
    pub(super) profile_encapsulation: Text,
    pub(super) private: Flag,
    pub(super) private_user_emails: Items<String>,
    pub(super) on_profile_approval_reject_notification: Items<String>,
    pub(super) on_bandwidth_threshold_notification: Items<String>,
    pub(super) on_vc_approval_rejection_notification: Items<String>,
    pub(super) metros: Items<MetroBody>,
    pub(super) speed_bands: Items<SpeedBand>,
    pub(super) allow_custom_speed: Flag,
    #[serde(rename = "speedFromAPI")]
    pub(super) speed_from_api: Flag,
    /// The other spelling of the same in the documents.
    #[serde(rename = "speedfromAPI")]
    pub(super) speed_from_api_lower: Flag,
    pub(super) allow_over_subscription: Flag,
    /// `10x`.
    pub(super) over_subscription: Number,
    pub(super) alert_percentage: Decimal,
    pub(super) required_redundancy: Flag,
    pub(super) vlan_same_as_primary: Flag,
    pub(super) tag_type: Text,
    pub(super) ctag_label: Text,
    pub(super) connection_name_label: Text,
    pub(super) auth_key_label: Text,
    pub(super) enable_auto_generate_service_key: Flag,
    pub(super) api_available: Flag,
    pub(super) integration_id: Text,
    pub(super) equinix_managed_port_and_vlan: Flag,
    pub(super) features: Part<FeaturesBody>,
    pub(super) additional_buyer_info: Items<BuyerInfoBody>,
    pub(super) ports: Items<ProfilePortBody>,
}

/// A bandwidth that a profile sells.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SpeedBand {
    pub(super) speed: Number,
    pub(super) unit: Text,
}

/// What a profile allows.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FeaturesBody {
    pub(super) cloud_reach: Flag,
    pub(super) test_profile: Flag,
}

/// A question of a seller to its buyers.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct BuyerInfoBody {
    pub(super) name: Text,
    pub(super) description: Text,
    pub(super) mandatory: Flag,
    pub(super) datatype: Text,
    pub(super) capture_in_email: Flag,
}

/// A port at which a profile takes connections.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProfilePortBody {
    pub(super) id: Text,
    pub(super) metro_code: Text,
    pub(super) seller_region: Text,
    pub(super) seller_region_description: Text,
}

/// A connection, as its buyer and its seller see it, in listings and alone.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConnectionBody {
    pub(super) uuid: Text,
    pub(super) name: Text,
    pub(super) status: Text,
    pub(super) provider_status: Text,
    #[serde(rename = "portUUID")]
    pub(super) port_uuid: Text,
    #[serde(rename = "vlanSTag")]
    pub(super) vlan_s_tag: Number,
    #[serde(rename = "vlanCTag")]
    pub(super) vlan_c_tag: Number,
    pub(super) metro_code: Text,
    #[serde(rename = "zSidePortUUID")]
    pub(super) z_side_port_uuid: Text,
    #[serde(rename = "zSideVlanSTag")]
    pub(super) z_side_vlan_s_tag: Number,
    #[serde(rename = "zSideVlanCTag")]
    pub(super) z_side_vlan_c_tag: Number,
    pub(super) seller_region: Text,
    pub(super) named_tag: Text,
    pub(super) speed: Number,
    pub(super) speed_unit: Text,
    pub(super) redundancy_type: Text,
    pub(super) redundancy_group: Text,
    pub(super) buyer_organization_name: Text,
    pub(super) seller_metro_code: Text,
    #[serde(rename = "sellerServiceUUID")]
    pub(super) seller_service_uuid: Text,
    pub(super) created_date: Text,
    pub(super) deleted_date: Text,
    pub(super) last_updated_date: Text,
    pub(super) notifications: Items<String>,
    pub(super) update_in_progress: Flag,
    pub(super) seller_approval_pending_for_bandwidth: Flag,
    #[serde(rename = "actionDetails")]
    pub(super) actions: Items<ActionBody>,
}

/// An action that the Z side's provider requires, with the provider's data for it.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ActionBody {
    pub(super) action_required_data: Items<ActionDatum>,
}

/// One value of an action.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ActionDatum {
    pub(super) key: Text,
    pub(super) value: Text,
}
