//! The offering that the spec asks for, as an overlay of the offering that exists.
//!
//! A field that the spec leaves out keeps its value; in a profile that does not exist yet it gets the
//! default. So one function serves creation, replacement and drift detection. It decides none of them.

use fabric_api::{BuyerInfo, BuyerInfoType, PortRef, ProfilePort, Reason, ServiceProfile, TagType};
use fabric_client::OfferingCapabilities;
use fabric_domain::{Email, Invalid, MetroCode, Offering, Outlet, ProfileName, Question};

use crate::{
    account::{grants::Granted, ports, session::Session},
    reconcile::problem::Problem,
};

/// A spec whose references were found and whose values are usable.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DesiredProfile {
    ports: Vec<Outlet>,
}

/// The offering of a new profile before the spec is applied.
fn defaults() -> Offering {
    Offering { connection_name_label: Some("Connection".to_owned()), ..Offering::default() }
}

/// Looks up what the spec names and checks its values. Returns all problems at once. What is not
/// `granted` is not found.
pub(super) async fn resolve(
    object: &ServiceProfile,
    session: &Session,
    granted: Option<&Granted>,
) -> Result<DesiredProfile, Vec<Problem>> {
    let mut problems = unsupported(object, session.reads.can().offerings);
    problems.extend(invalid(object));
    let mut outlets = vec![];
    for (at, port) in object.spec.ports.iter().enumerate() {
        match outlet(object, port, &format!("spec.ports[{at}]"), session, granted).await {
            Ok(outlet) => outlets.push(outlet),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(DesiredProfile { ports: outlets }) } else { Err(problems) }
}

/// What the account's dialect cannot express.
fn unsupported(object: &ServiceProfile, can: OfferingCapabilities) -> Vec<Problem> {
    let spec = &object.spec;
    let v4 = "is not offered by Fabric v4; remove it, or use a FabricAccount of dialect EcxV3";
    let v3 = "is not offered by ECX v3; remove it, or use a FabricAccount of dialect FabricV4";
    let test = spec.features.as_ref().and_then(|features| features.test_profile);
    let questions = spec.additional_buyer_info.as_deref().unwrap_or_default();
    let lists = questions.iter().any(|question| question.datatype == BuyerInfoType::List);
    let unsupported = [
        (spec.vlan_same_as_primary == Some(true) && !can.same_vlan, "spec.vlanSameAsPrimary", v4),
        (test == Some(true) && !can.test_profiles, "spec.features.testProfile", v4),
        (lists && !can.choices, "datatype LIST of spec.additionalBuyerInfo", v3),
    ];
    let mut problems = vec![];
    for (is_unsupported, field, why) in unsupported {
        if is_unsupported {
            problems.push(Problem::stalled(Reason::NotSupported, format!("{field} {why}")));
        }
    }
    if spec.description.is_none() && !can.undescribed {
        let message = "spec.description is needed on Fabric v4: buyers read it";
        problems.push(Problem::stalled(Reason::InvalidSpec, message));
    }
    problems
}

/// Values that the schema would have rejected.
fn invalid(object: &ServiceProfile) -> Vec<Problem> {
    let spec = &object.spec;
    let problem = |field: &str, error: Invalid| {
        Problem::stalled(Reason::InvalidSpec, format!("{field}: {error}"))
    };
    let mut problems = vec![];
    if let Err(error) = ProfileName::parse(&spec.name) {
        problems.push(problem("spec.name", error));
    }
    let lists = [
        ("spec.privateUserEmails", spec.private_user_emails.as_deref().unwrap_or_default()),
        (
            "spec.onBandwidthThresholdNotification",
            spec.on_bandwidth_threshold_notification.as_slice(),
        ),
        (
            "spec.onProfileApprovalRejectNotification",
            spec.on_profile_approval_reject_notification.as_slice(),
        ),
        (
            "spec.onVcApprovalRejectionNotification",
            spec.on_vc_approval_rejection_notification.as_slice(),
        ),
    ];
    for (field, emails) in lists {
        if let Some(error) = emails.iter().find_map(|email| Email::parse(email).err()) {
            problems.push(problem(field, error));
        }
    }
    problems
}

async fn outlet(
    object: &ServiceProfile,
    port: &ProfilePort,
    at: &str,
    session: &Session,
    granted: Option<&Granted>,
) -> Result<Outlet, Problem> {
    let reference = PortRef { name: port.name.clone(), uuid: port.uuid.clone() };
    let found = ports::find(session, &object.spec.account, &reference, at, granted).await?;
    let invalid = |message: String| Problem::stalled(Reason::InvalidSpec, message);
    let metro = port.metro_code.as_deref().map(MetroCode::parse).transpose();
    let metro = metro.map_err(|error| invalid(format!("{at}.metroCode: {error}")))?;
    if let (Some(given), Some(is)) = (metro, found.metro)
        && given != is
    {
        return Err(invalid(format!(
            "port {} is in {is}, and {at}.metroCode says {given}; correct it, or leave it out",
            found.id
        )));
    }
    let metro = metro.or(found.metro).ok_or_else(|| {
        invalid(format!("give {at}.metroCode: Equinix does not say where port {} is", found.id))
    })?;
    Ok(Outlet {
        port: found.id,
        metro: Some(metro),
        seller_region: port.seller_region.clone(),
        seller_region_description: port.seller_region_description.clone(),
    })
}

impl DesiredProfile {
    /// The offering of a profile to create.
    pub(super) fn anew(&self, object: &ServiceProfile) -> Offering {
        self.over(object, defaults())
    }

    /// What a profile that offers `base` should offer.
    pub(super) fn over(&self, object: &ServiceProfile, base: Offering) -> Offering {
        let spec = &object.spec;
        let text = |given: &Option<String>, base| over_text(given.as_ref(), base);
        let features = spec.features.clone().unwrap_or_default();
        let questions = spec.additional_buyer_info.as_ref();
        Offering {
            name: spec.name.clone(),
            description: text(&spec.description, base.description),
            private: spec.private,
            private_user_emails: spec
                .private_user_emails
                .clone()
                .unwrap_or(base.private_user_emails),
            speed_bands: spec.speed_bands_mbps.clone().unwrap_or(base.speed_bands),
            allow_custom_speed: spec.allow_custom_speed.unwrap_or(base.allow_custom_speed),
            speed_from_api: spec.speed_from_api.unwrap_or(base.speed_from_api),
            allow_over_subscription: spec
                .allow_over_subscription
                .unwrap_or(base.allow_over_subscription),
            over_subscription_limit: spec.over_subscription_limit.or(base.over_subscription_limit),
            alert_percentage: spec.alert_percentage.map(f64::from).or(base.alert_percentage),
            required_redundancy: spec.required_redundancy.unwrap_or(base.required_redundancy),
            vlan_same_as_primary: spec.vlan_same_as_primary.unwrap_or(base.vlan_same_as_primary),
            tag_type: spec.tag_type.map(tag_type).or(base.tag_type),
            ctag_label: text(&spec.ctag_label, base.ctag_label),
            connection_name_label: text(&spec.connection_name_label, base.connection_name_label),
            auth_key_label: text(&spec.auth_key_label, base.auth_key_label),
            enable_auto_generate_service_key: spec
                .enable_auto_generate_service_key
                .or(base.enable_auto_generate_service_key),
            api_available: spec.api_available.unwrap_or(base.api_available),
            integration_id: text(&spec.integration_id, base.integration_id),
            equinix_managed_port_and_vlan: spec
                .equinix_managed_port_and_vlan
                .unwrap_or(base.equinix_managed_port_and_vlan),
            cloud_reach: features.cloud_reach.unwrap_or(base.cloud_reach),
            test_profile: features.test_profile.unwrap_or(base.test_profile),
            ports: self.ports.iter().map(|outlet| over_port(outlet, &base.ports)).collect(),
            on_bandwidth_threshold: spec.on_bandwidth_threshold_notification.clone(),
            on_profile_approval_reject: spec.on_profile_approval_reject_notification.clone(),
            on_vc_approval_rejection: spec.on_vc_approval_rejection_notification.clone(),
            additional_buyer_info: questions.map_or(base.additional_buyer_info, |questions| {
                questions.iter().map(question).collect()
            }),
        }
    }
}

/// A port of the spec over the same port of the profile.
fn over_port(wanted: &Outlet, base: &[Outlet]) -> Outlet {
    let there = base.iter().find(|outlet| outlet.port == wanted.port);
    Outlet {
        port: wanted.port.clone(),
        // A metro that the provider does not show is no difference: a port does not move.
        metro: there.map_or(wanted.metro, |there| there.metro.and(wanted.metro)),
        seller_region: over_text(
            wanted.seller_region.as_ref(),
            there.and_then(|there| there.seller_region.clone()),
        ),
        seller_region_description: over_text(
            wanted.seller_region_description.as_ref(),
            there.and_then(|there| there.seller_region_description.clone()),
        ),
    }
}

/// A text of the spec over the text of the profile. An empty text removes it.
fn over_text(given: Option<&String>, base: Option<String>) -> Option<String> {
    given.map_or(base, |given| Some(given.clone()).filter(|given| !given.is_empty()))
}

fn tag_type(kind: TagType) -> fabric_domain::TagType {
    match kind {
        TagType::Ctaged => fabric_domain::TagType::CTagged,
        TagType::Named => fabric_domain::TagType::Named,
        TagType::Both => fabric_domain::TagType::Both,
    }
}

fn question(info: &BuyerInfo) -> Question {
    let datatype = match info.datatype {
        BuyerInfoType::String => "STRING",
        BuyerInfoType::Number => "NUMBER",
        BuyerInfoType::List => "LIST",
    };
    Question {
        name: info.name.clone(),
        description: info.description.clone(),
        mandatory: info.mandatory,
        datatype: datatype.to_owned(),
        options: info.options.clone().unwrap_or_default(),
        capture_in_email: info.capture_in_email,
    }
}
