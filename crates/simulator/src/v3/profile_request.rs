//! Reads a service profile's definition: the body of "Create Seller Profile" and "Update Seller
//! Profile".
//!
//! A parameter is mandatory if the table says so and all samples have it, which excludes
//! `alertPercentage`. The rules about definitions are in `world::flaws`; here each flaw becomes a
//! violation.

use serde_json::{Map, Value};

use fabric_domain::{MetroCode, PortId, Vlan};

use super::{
    error::Violation,
    field_reader::{self, FieldReader, malformed_port},
};
use crate::{
    catalogue::v3 as codes,
    world::{
        flaws::Flaw,
        profile::{
            CustomField, KeyRequirement, NotificationEmails, OfferedPort, ProfileDefinition,
            Region, SellerApi, Tagging,
        },
        state::WorldState,
        users::Organisation,
    },
};

const MAX_NAME: usize = 50;
const MAX_CUSTOM_FIELDS: usize = 10;
const MAX_OVERSUBSCRIPTION: u32 = 20;

/// All parameters of the chapter, documented or not, and two of the published client.
const KNOWN: [&str; 31] = [
    "uuid",
    "name",
    "description",
    "private",
    "privateUserEmails",
    "onProfileApprovalRejectNotification",
    "onBandwidthThresholdNotification",
    "onVcApprovalRejectionNotification",
    "alertPercentage",
    "authKeyLabel",
    "connectionNameLabel",
    "ctagLabel",
    "equinixManagedPortAndVlan",
    "allowOverSubscription",
    "overSubscription",
    "apiAvailable",
    "integrationId",
    "features",
    "requiredRedundancy",
    "tagType",
    "namedTags",
    "vlanSameAsPrimary",
    "enableAutoGenerateServiceKey",
    "additionalBuyerInfo",
    "ports",
    "allowCustomSpeed",
    "speedFromAPI",
    "speedBands",
    "status",
    "state",
    "connectionAccessibility",
];
const PORT: [&str; 7] = [
    "id",
    "metroCode",
    "sellerRegion",
    "sellerRegionDescription",
    "crossConnectId",
    "inTrail",
    "xa",
];
const CUSTOM_FIELD: [&str; 5] = ["name", "description", "mandatory", "datatype", "captureInEmail"];

/// Reads and checks a definition.
///
/// # Errors
/// All violations.
pub(super) fn read(
    state: &WorldState,
    seller: Organisation,
    body: &Map<String, Value>,
) -> Result<ProfileDefinition, Vec<Violation>> {
    let mut reader = FieldReader::new(body, &KNOWN);
    let definition = definition(&mut reader);
    let mut violations = reader.violations;
    violations.extend(state.flaws(seller, &definition).into_iter().filter_map(violation));
    if violations.is_empty() { Ok(definition) } else { Err(violations) }
}

/// The sample of a public profile has one port and requires redundancy, so v3 accepts that. Its
/// custom fields have no options.
fn violation(flaw: Flaw) -> Option<Violation> {
    let port = |at: usize, name: &str| format!("ports[{at}].{name}");
    Some(match flaw {
        Flaw::NoPort => Violation::field("NotEmpty: must be given", "ports"),
        Flaw::PortUnknown(at) => Violation::of(codes::PORT_UNKNOWN).at(port(at, "id")),
        Flaw::PortElsewhere(at) => {
            Violation::field("The port is in another metro", port(at, "metroCode"))
        }
        Flaw::PortTwice(at) => Violation::field("The port is given twice", port(at, "id")),
        Flaw::LinksDiffer => Violation::field("The ports must have one encapsulation", "ports"),
        Flaw::NoIntegration => Violation::field("NotEmpty: must be given", "integrationId"),
        Flaw::SpeedWithoutApi => {
            Violation::field("There is no API that could provide the speed", "speedFromAPI")
        }
        Flaw::BandsNotAllowed => {
            Violation::field("The speed comes from the API already", "speedBands")
        }
        Flaw::BandsMissing => Violation::field("NotEmpty: must be given", "speedBands"),
        Flaw::ServiceKeyNeedsQinq => {
            let reason = "Service keys are for QinQ ports only";
            Violation::field(reason, "enableAutoGenerateServiceKey")
        }
        Flaw::CustomFieldTwice(at) => {
            Violation::field("The name is given twice", format!("additionalBuyerInfo[{at}].name"))
        }
        Flaw::OnePortOfAPair | Flaw::OptionsMissing(_) => return None,
    })
}

fn definition(reader: &mut FieldReader<'_>) -> ProfileDefinition {
    let (allows_remote, is_test) = features(reader);
    let managed = flag(reader, "equinixManagedPortAndVlan");
    ProfileDefinition {
        name: name(reader),
        description: reader.text("description"),
        private: needed_flag(reader, "private"),
        allowed_emails: emails(reader, "privateUserEmails"),
        notifications: NotificationEmails {
            profile: needed_emails(reader, "onProfileApprovalRejectNotification"),
            bandwidth: needed_emails(reader, "onBandwidthThresholdNotification"),
            connections: needed_emails(reader, "onVcApprovalRejectionNotification"),
        },
        ports: ports(reader),
        mbps: speed_bands(reader),
        custom_bandwidth: needed_flag(reader, "allowCustomSpeed"),
        api: SellerApi {
            available: needed_flag(reader, "apiAvailable"),
            integration: reader.text("integrationId"),
            managed_port: managed,
            managed_vlan: managed,
            provides_bandwidth: needed_flag(reader, "speedFromAPI"),
        },
        alert_percent: alert(reader),
        oversubscribed: needed_flag(reader, "allowOverSubscription"),
        oversubscription_limit: oversubscribed(reader),
        key: reader.text("authKeyLabel").map(|label| KeyRequirement {
            label,
            description: None,
            required: true,
        }),
        label: reader.needed("connectionNameLabel").unwrap_or_default(),
        c_tag_label: c_tag_label(reader),
        allows_remote,
        is_test,
        requires_redundancy: needed_flag(reader, "requiredRedundancy"),
        selective_redundancy: false,
        tagging: tagging(reader),
        named_tags: texts(reader, "namedTags"),
        reuses_s_tag: needed_flag(reader, "vlanSameAsPrimary"),
        generates_service_keys: flag(reader, "enableAutoGenerateServiceKey"),
        custom_fields: custom_fields(reader),
        auto_approves_bandwidth: false,
        echoed: Map::new(),
    }
}

fn name(reader: &mut FieldReader<'_>) -> String {
    let name = reader.needed("name").unwrap_or_default();
    if name.chars().count() > MAX_NAME {
        reader.wrong("Size: Max 50 characters are allowed for Service Profile Name", "name");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        reader.wrong("Pattern: Only number,characters,'-' and '_' are allowed", "name");
    }
    name
}

fn flag(reader: &mut FieldReader<'_>, name: &str) -> bool {
    match reader.value(name) {
        None => false,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => {
            reader.wrong("Type: must be a boolean", name);
            false
        }
    }
}

fn needed_flag(reader: &mut FieldReader<'_>, name: &str) -> bool {
    if reader.value(name).is_none() {
        reader.wrong("NotNull: must be given", name);
    }
    flag(reader, name)
}

fn texts(reader: &mut FieldReader<'_>, name: &str) -> Vec<String> {
    let items: Option<Vec<String>> = match reader.value(name) {
        None => Some(Vec::new()),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        }
        Some(_) => None,
    };
    items.unwrap_or_else(|| {
        reader.wrong("Type: must be an array of strings", name);
        Vec::new()
    })
}

fn emails(reader: &mut FieldReader<'_>, name: &str) -> Vec<String> {
    let emails = texts(reader, name);
    if !emails.iter().all(|email| email.contains('@')) {
        reader.wrong("Email: must be e-mail addresses", name);
    }
    emails
}

fn needed_emails(reader: &mut FieldReader<'_>, name: &str) -> Vec<String> {
    let emails = emails(reader, name);
    if emails.is_empty() && reader.value(name).is_none_or(Value::is_array) {
        reader.wrong("NotEmpty: must be given", name);
    }
    emails
}

/// A string in the table, a number in the published client; in percent.
fn alert(reader: &mut FieldReader<'_>) -> Option<f64> {
    let percent = match reader.value("alertPercentage")? {
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    };
    let percent = percent.filter(|percent: &f64| (0.0..=100.0).contains(percent));
    if percent.is_none() {
        reader.wrong("Range: must be between 0 and 100", "alertPercentage");
    }
    percent
}

/// `10x`.
fn oversubscribed(reader: &mut FieldReader<'_>) -> Option<u32> {
    let text = reader.text("overSubscription")?;
    let times = text.strip_suffix('x').and_then(|times| times.parse().ok());
    let times = times.filter(|times| (1..=MAX_OVERSUBSCRIPTION).contains(times));
    if times.is_none() {
        reader.wrong("Pattern: must be between 1x and 20x", "overSubscription");
    }
    times
}

/// "A numeric character ranging from 2 to 4094."
fn c_tag_label(reader: &mut FieldReader<'_>) -> Option<String> {
    let text = reader.text("ctagLabel")?;
    if text.parse().ok().and_then(|tag| Vlan::new(tag).ok()).is_none() {
        reader.wrong("Range: C-Tag must be between 2 and 4094", "ctagLabel");
    }
    Some(text)
}

fn tagging(reader: &mut FieldReader<'_>) -> Tagging {
    let Some(text) = reader.text("tagType") else { return Tagging::default() };
    Tagging::read(&text).unwrap_or_else(|| {
        let valid = "ValidEnum: Invalid value. Valid values are: [CTAGED, BOTH, NAMED]";
        reader.wrong(valid, "tagType");
        Tagging::default()
    })
}

/// Whether the profile allows remote connections, and whether it is a test profile.
fn features(reader: &mut FieldReader<'_>) -> (bool, bool) {
    let Some(features) = reader.value("features").and_then(Value::as_object) else {
        reader.wrong("NotNull: must be given", "features");
        return (false, false);
    };
    let flag = |name: &str| features.get(name).and_then(Value::as_bool);
    for name in ["cloudReach", "testProfile"] {
        if flag(name).is_none() {
            reader.wrong("NotNull: must be given", &format!("features.{name}"));
        }
    }
    (flag("cloudReach").unwrap_or(false), flag("testProfile").unwrap_or(false))
}

fn items<'a>(reader: &mut FieldReader<'a>, name: &str) -> &'a [Value] {
    match reader.value(name) {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(_) => {
            reader.wrong("Type: must be an array", name);
            &[]
        }
    }
}

fn unknown_fields(reader: &mut FieldReader<'_>, item: &Value, known: &[&str], place: &str) {
    for name in item.as_object().into_iter().flat_map(Map::keys) {
        if !known.contains(&name.as_str()) {
            reader.wrong("Unrecognized field", &format!("{place}.{name}"));
        }
    }
}

fn text(item: &Value, name: &str) -> Option<String> {
    let text = item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}

fn ports(reader: &mut FieldReader<'_>) -> Vec<OfferedPort> {
    let mut ports = Vec::new();
    for (at, port) in items(reader, "ports").iter().enumerate() {
        let place = format!("ports[{at}]");
        unknown_fields(reader, port, &PORT, &place);
        let id = text(port, "id");
        let parsed = id.as_deref().and_then(|id| PortId::parse(id).ok());
        let metro = text(port, "metroCode").and_then(|code| MetroCode::parse(&code).ok());
        match &id {
            None => reader.wrong("NotEmpty: must be given", &format!("{place}.id")),
            Some(id) if parsed.is_none() => {
                reader.violations.push(malformed_port(id, &format!("{place}.id")));
            }
            Some(_) => {}
        }
        if metro.is_none() {
            reader.wrong("NotEmpty: must be the code of a metro", &format!("{place}.metroCode"));
        }
        if let (Some(id), Some(metro)) = (parsed, metro) {
            ports.push(OfferedPort {
                port: id,
                metro,
                region: text(port, "sellerRegion").map(|key| Region {
                    label: text(port, "sellerRegionDescription").unwrap_or_else(|| key.clone()),
                    key,
                }),
                cross_connect: text(port, "crossConnectId"),
            });
        }
    }
    ports
}

fn speed_bands(reader: &mut FieldReader<'_>) -> Vec<u32> {
    let mut mbps = Vec::new();
    for (at, band) in items(reader, "speedBands").iter().enumerate() {
        let place = format!("speedBands[{at}]");
        unknown_fields(reader, band, &["speed", "unit"], &place);
        let part = |name: &str| band.get(name).unwrap_or(&Value::Null);
        match field_reader::speed(part("speed"), part("unit")) {
            Ok(speed) => mbps.push(speed),
            Err(violation) => reader.violations.push(violation.at(place)),
        }
    }
    mbps
}

/// An array of strings in the table, one of objects in the description of the parameter.
fn custom_fields(reader: &mut FieldReader<'_>) -> Vec<CustomField> {
    let name = "additionalBuyerInfo";
    let given = items(reader, name);
    if given.len() > MAX_CUSTOM_FIELDS {
        reader.wrong("Size: Maximum 10 custom fields are allowed", name);
    }
    let mut custom_fields = Vec::new();
    for (at, item) in given.iter().enumerate() {
        let place = format!("{name}[{at}]");
        unknown_fields(reader, item, &CUSTOM_FIELD, &place);
        let label = item.as_str().map(str::to_owned).or_else(|| text(item, "name"));
        let flag = |name: &str| item.get(name).and_then(Value::as_bool).unwrap_or(false);
        match label.filter(|label| !label.is_empty()) {
            None => reader.wrong("NotEmpty: must be given", &format!("{place}.name")),
            Some(label) => custom_fields.push(CustomField {
                label,
                description: text(item, "description"),
                required: flag("mandatory"),
                kind: text(item, "datatype").unwrap_or_else(|| "STRING".to_owned()),
                options: Vec::new(),
                captured_in_email: flag("captureInEmail"),
            }),
        }
    }
    custom_fields
}
