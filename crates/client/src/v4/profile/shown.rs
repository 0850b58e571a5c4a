//! Reads service profiles as their seller sees them: `ServiceProfile` of the published
//! specification.
//!
//! What an answer leaves out stays absent. Whether a profile is the account's own is checked by the
//! caller.

use serde::Deserialize;
use serde_json::Value;

use fabric_domain::{
    MetroCode, Offering, Outlet, OwnProfile, PortId, ProfileId, ProfileState, Publication, TagType,
    clean,
};

use crate::v4::map;
use crate::v4::wire::{
    AccessPointConfig, ChangeBody, NotificationSeen, ProfileBody, ProfilePortBody,
};

/// One of the account's own profiles; `None` without a usable id.
pub(in crate::v4) fn own(value: &Value) -> Option<OwnProfile> {
    let body = ProfileBody::deserialize(value).ok()?;
    let state_word = clean(body.state.or_empty(), 64);
    Some(OwnProfile {
        id: body.uuid.parse(ProfileId::parse)?,
        state: ProfileState::read(&state_word),
        state_word,
        publication: body.change.as_ref().and_then(publication),
        created: body.change_log.created_date_time.timestamp(),
        offering: offering(&body),
        unread: unread(&body),
    })
}

/// How far the request to publish a profile has come. The specification's example has no status.
fn publication(change: &ChangeBody) -> Option<Publication> {
    if !change.data.iter().any(|part| part.path.get() == Some("/visibility")) {
        return None;
    }
    Some(match change.status.get() {
        Some("COMPLETED" | "APPROVED") => Publication::Granted,
        Some("REJECTED" | "FAILED") => Publication::Refused,
        None if change.kind.get() == Some("PROFILE_UPDATE_REJECTION") => Publication::Refused,
        Some(_) | None => Publication::Awaited,
    })
}

/// The lists of an offering of which an entry cannot be read.
fn unread(body: &ProfileBody) -> Vec<&'static str> {
    let lost_bandwidths: usize =
        body.access_point_type_configs.iter().map(|c| c.supported_bandwidths.unreadable).sum();
    let lost_options: usize = body.custom_fields.iter().map(|field| field.options.unreadable).sum();
    let lost_emails = |kind: &str| {
        let kinds = body.notifications.iter().filter(|list| is_for(list, kind));
        body.notifications.unreadable + kinds.map(|list| list.emails.unreadable).sum::<usize>()
    };
    let lists = [
        ("privateUserEmails", body.allowed_emails.unreadable),
        ("speedBandsMbps", body.access_point_type_configs.unreadable + lost_bandwidths),
        ("ports", body.ports.try_map(outlet).unreadable),
        ("onBandwidthThresholdNotification", lost_emails("BANDWIDTH_ALERT")),
        ("onProfileApprovalRejectNotification", lost_emails("PROFILE_LIFECYCLE")),
        ("onVcApprovalRejectionNotification", lost_emails("CONNECTION_APPROVAL")),
        ("additionalBuyerInfo", body.custom_fields.unreadable + lost_options),
    ];
    lists.into_iter().filter(|(_, lost)| *lost > 0).map(|(field, _)| field).collect()
}

fn offering(body: &ProfileBody) -> Offering {
    let for_ports = |config: &&AccessPointConfig| config.kind.get() == Some("COLO");
    let none = AccessPointConfig::default();
    let config = body.access_point_type_configs.iter().find(for_ports).unwrap_or(&none);
    let api = &config.api_config;
    let link = &config.link_protocol_config;
    let key = &config.authentication_key;
    Offering {
        name: body.name.or_empty().to_owned(),
        description: body.description.non_empty(),
        private: body.visibility.or_empty().eq_ignore_ascii_case("PRIVATE"),
        private_user_emails: body.allowed_emails.to_vec(),
        speed_bands: config.supported_bandwidths.to_vec(),
        allow_custom_speed: config.allow_custom_bandwidth.is_true(),
        speed_from_api: api.bandwidth_from_api.is_true(),
        allow_over_subscription: api.allow_over_subscription.is_true(),
        over_subscription_limit: api.over_subscription_limit.fit(),
        alert_percentage: config.bandwidth_alert_threshold.get(),
        required_redundancy: config.connection_redundancy_required.is_true(),
        // Only v3 has this, and test profiles.
        vlan_same_as_primary: false,
        test_profile: false,
        tag_type: link.encapsulation_strategy.get().and_then(TagType::read),
        ctag_label: link.c_tag_label.non_empty(),
        connection_name_label: config.connection_label.non_empty(),
        // v3 has no optional keys, so an offering has none either.
        auth_key_label: key.label.non_empty().filter(|_| key.required.is_true()),
        enable_auto_generate_service_key: config.enable_auto_generate_service_key.get(),
        api_available: api.api_available.is_true(),
        integration_id: api.integration_id.non_empty(),
        equinix_managed_port_and_vlan: api.equinix_managed_port.is_true()
            && api.equinix_managed_vlan.is_true(),
        cloud_reach: config.allow_remote_connections.is_true(),
        ports: body.ports.try_map(outlet).entries,
        on_bandwidth_threshold: recipients(body, "BANDWIDTH_ALERT"),
        on_profile_approval_reject: recipients(body, "PROFILE_LIFECYCLE"),
        on_vc_approval_rejection: recipients(body, "CONNECTION_APPROVAL"),
        additional_buyer_info: body.custom_fields.iter().map(map::question).collect(),
    }
}

fn is_for(notification: &NotificationSeen, kind: &str) -> bool {
    [Some(kind), Some("ALL")].contains(&notification.kind.get())
}

/// Who gets one kind of notification.
fn recipients(body: &ProfileBody, kind: &str) -> Vec<String> {
    let matching = body.notifications.iter().filter(|notification| is_for(notification, kind));
    matching.flat_map(|notification| notification.emails.to_vec()).collect()
}

fn outlet(body: &ProfilePortBody) -> Option<Outlet> {
    Some(Outlet {
        port: body.uuid.parse(PortId::parse)?,
        metro: body.location.metro_code.parse(MetroCode::parse),
        seller_region: body.seller_region.non_empty(),
        seller_region_description: body.seller_region_description.non_empty(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_of_a_required_question_are_read() {
        for (field, mandatory) in [
            (json!({"label": "ASN", "required": true}), true),
            (json!({"label": "ASN", "isRequired": true}), true),
            (json!({"label": "ASN", "required": false, "isRequired": true}), true),
            (json!({"label": "ASN", "required": false, "isRequired": false}), false),
            (json!({"label": "ASN"}), false),
        ] {
            let own = own(&json!({"uuid": "5f00b000", "customFields": [field]})).unwrap();
            let [question] = own.offering.additional_buyer_info.as_slice() else {
                panic!("{own:?}")
            };
            assert_eq!((question.mandatory, own.unread), (mandatory, vec![]), "{field}");
        }
    }

    #[test]
    fn lists_that_lost_an_entry_are_named() {
        let own = own(&json!({
            "uuid": "5f00b000",
            "ports": [{"uuid": "5f00a000"}, {"uuid": "?/"}],
            "allowedEmails": ["a@example.com"],
            "notifications": [{"type": "BANDWIDTH_ALERT", "emails": ["a@example.com", 5]}],
            "customFields": ["ASN"],
            "accessPointTypeConfigs": [{"type": "COLO", "supportedBandwidths": [50]}],
        }))
        .unwrap();
        let unread = ["ports", "onBandwidthThresholdNotification", "additionalBuyerInfo"];
        assert_eq!(own.unread, unread);
        let names = own.offering.fields();
        assert!(unread.iter().all(|field| names.iter().any(|(name, _)| name == field)));
    }
}
