//! What travels on v3: flat objects, with prefixes for the two halves of a pair.
//!
//! Requests are exact; in answers everything may be missing, mistyped or new.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// `POST /l2/connections`.
#[derive(Serialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderBody<'a> {
    pub(super) primary_name: &'a str,
    #[serde(rename = "profileUUID")]
    pub(super) profile_uuid: &'a str,
    pub(super) speed: u32,
    pub(super) speed_unit: &'static str,
    pub(super) notifications: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purchase_order_number: Option<&'a str>,
    #[serde(rename = "primaryPortUUID")]
    pub(super) primary_port_uuid: &'a str,
    /// Tags travel as strings, as in most samples.
    #[serde(rename = "primaryVlanSTag")]
    pub(super) primary_vlan_s_tag: String,
    #[serde(rename = "primaryVlanCTag", skip_serializing_if = "Option::is_none")]
    pub(super) primary_vlan_c_tag: Option<String>,
    #[serde(rename = "primaryZSidePortUUID", skip_serializing_if = "Option::is_none")]
    pub(super) primary_z_side_port_uuid: Option<&'a str>,
    #[serde(rename = "primaryZSideVlanSTag", skip_serializing_if = "Option::is_none")]
    pub(super) primary_z_side_vlan_s_tag: Option<String>,
    #[serde(rename = "primaryZSideVlanCTag", skip_serializing_if = "Option::is_none")]
    pub(super) primary_z_side_vlan_c_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) named_tag: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seller_region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seller_metro_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorization_key: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) secondary: Option<SecondaryBody<'a>>,
}

/// The redundant half of an order.
#[derive(Serialize, Debug, PartialEq)]
pub(super) struct SecondaryBody<'a> {
    #[serde(rename = "secondaryName")]
    pub(super) name: &'a str,
    #[serde(rename = "secondaryPortUUID")]
    pub(super) port_uuid: &'a str,
    #[serde(rename = "secondaryVlanSTag")]
    pub(super) vlan_s_tag: String,
    #[serde(rename = "secondaryVlanCTag", skip_serializing_if = "Option::is_none")]
    pub(super) vlan_c_tag: Option<String>,
    #[serde(rename = "secondaryZSidePortUUID", skip_serializing_if = "Option::is_none")]
    pub(super) z_side_port_uuid: Option<&'a str>,
    #[serde(rename = "secondaryZSideVlanSTag", skip_serializing_if = "Option::is_none")]
    pub(super) z_side_vlan_s_tag: Option<String>,
    #[serde(rename = "secondaryZSideVlanCTag", skip_serializing_if = "Option::is_none")]
    pub(super) z_side_vlan_c_tag: Option<String>,
    #[serde(rename = "secondarySellerRegion", skip_serializing_if = "Option::is_none")]
    pub(super) seller_region: Option<&'a str>,
    #[serde(rename = "secondarySellerMetroCode", skip_serializing_if = "Option::is_none")]
    pub(super) seller_metro_code: Option<&'a str>,
    #[serde(rename = "secondaryAuthorizationKey", skip_serializing_if = "Option::is_none")]
    pub(super) authorization_key: Option<&'a str>,
}

/// `PATCH /l2/connections/{id}?action=Update`. Parts that are left out stay as they are.
#[derive(Serialize, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection_new_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speed_unit: Option<&'static str>,
}

/// The answer of `GET /l2/connections/validateAuthorizationKey`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct KeyBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) message: Option<String>,
}

/// The answer of `GET /l2/connections/prices`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PricesBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) currency: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) origin_metro: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) destination_metro: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) price_list: Vec<PriceList>,
}

/// The prices of local or of remote connections.
#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PriceList {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) connection_type: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) prices: Vec<TierPrice>,
}

/// What bandwidths up to a tier cost.
#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TierPrice {
    #[serde(deserialize_with = "lenient::number")]
    pub(super) speed_billing_tier: Option<u64>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) price: Option<String>,
}

/// The answer to an order or a cancellation.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Done {
    #[serde(alias = "primaryConnectionID", deserialize_with = "lenient::text")]
    pub(super) primary_connection_id: Option<String>,
    #[serde(alias = "secondaryConnectionID", deserialize_with = "lenient::text")]
    pub(super) secondary_connection_id: Option<String>,
}

/// The answer to a created service profile.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Created {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
}

/// The answer of `GET /l2/serviceprofiles/validateIntegrationId/{integrationId}`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct IntegrationBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) state: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) message: Option<String>,
}

/// A port of `GET /port/userport`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PortBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) metro_code: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) encapsulation: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) place_vc_order_permission: Option<bool>,
}

/// A metro of `GET /l2/common/metros`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MetroBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) code: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) region: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) cloud_reach: Vec<String>,
}

/// A profile of `GET /l2/serviceprofiles/services`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProfileBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) organization_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) profile_encapsulation: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) metros: Vec<MetroBody>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) speed_bands: Vec<SpeedBand>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) allow_custom_speed: Option<bool>,
    #[serde(rename = "speedFromAPI", alias = "speedfromAPI", deserialize_with = "lenient::flag")]
    pub(super) speed_from_api: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) required_redundancy: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) vlan_same_as_primary: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) api_available: Option<bool>,
    #[serde(deserialize_with = "lenient::part")]
    pub(super) features: Features,
}

/// A bandwidth that a profile sells.
#[derive(Deserialize, Default, Debug)]
#[serde(default)]
pub(super) struct SpeedBand {
    #[serde(deserialize_with = "lenient::number")]
    pub(super) speed: Option<u64>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) unit: Option<String>,
}

/// What a profile allows.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Features {
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) cloud_reach: Option<bool>,
}

/// A connection, in listings and alone.
#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConnectionBody {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) provider_status: Option<String>,
    #[serde(rename = "portUUID", deserialize_with = "lenient::text")]
    pub(super) port_uuid: Option<String>,
    #[serde(rename = "vlanSTag", deserialize_with = "lenient::number")]
    pub(super) vlan_s_tag: Option<u64>,
    #[serde(rename = "vlanCTag", deserialize_with = "lenient::number")]
    pub(super) vlan_c_tag: Option<u64>,
    #[serde(deserialize_with = "lenient::number")]
    pub(super) speed: Option<u64>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) speed_unit: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) redundancy_type: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) redundancy_group: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) created_date: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    pub(super) notifications: Vec<String>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) update_in_progress: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    pub(super) seller_approval_pending_for_bandwidth: Option<bool>,
    #[serde(rename = "actionDetails", deserialize_with = "lenient::items")]
    pub(super) actions: Vec<ActionBody>,
}

/// What the other side wants done, with what it tells about itself.
#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ActionBody {
    #[serde(deserialize_with = "lenient::items")]
    pub(super) action_required_data: Vec<ActionDatum>,
}

/// One value of an action.
#[derive(Deserialize, Default, Debug)]
#[serde(default)]
pub(super) struct ActionDatum {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) key: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(super) value: Option<String>,
}

/// A page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageBody {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(super) is_last_page: Option<bool>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub(super) total_count: Option<u64>,
    pub(super) content: Vec<serde_json::Value>,
}
