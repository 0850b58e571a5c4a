//! Reads a service profile's definition: the body of a create or replace request on v4.
//!
//! Limits of the specification's `ServiceProfileRequest`, errors of its example `sp-400`. The rules
//! about definitions are in `world::flaws`; here each flaw gets its code.

use serde_json::{Map, Value};

use fabric_domain::{MetroCode, PortId};

use super::{error::FabricError, schema};
use crate::{
    catalogue::v4 as codes,
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
const MAX_DESCRIPTION: usize = 375;
const CONFIG: &str = "/accessPointTypeConfigs/0";
const DATA_TYPES: [&str; 3] = ["STRING", "LIST", "NUMBER"];
/// Fields that responses repeat unchanged.
const ECHOED: [&str; 4] = ["tags", "marketingInfo", "project", "lastMileCatalogs"];

/// An invalid value.
pub(super) fn invalid(property: &str, reason: impl Into<String>) -> FabricError {
    FabricError::of(codes::PROFILE_VALUE).for_reason(property, reason)
}

/// Reads and checks a definition.
///
/// # Errors
/// All errors, those of fields before those of the whole definition.
pub(super) fn read(
    state: &WorldState,
    seller: Organisation,
    body: &Value,
) -> Result<ProfileDefinition, Vec<FabricError>> {
    let violations = schema::check("ServiceProfileRequest", body);
    if !violations.is_empty() {
        return Err(violations.into_iter().map(|m| invalid(&m.property, m.reason)).collect());
    }
    let mut reader = DefinitionReader { state, body, problems: Vec::new() };
    let definition = reader.definition();
    let mut problems = reader.problems;
    problems.extend(state.flaws(seller, &definition).into_iter().map(problem));
    if problems.is_empty() { Ok(definition) } else { Err(problems) }
}

fn problem(flaw: Flaw) -> FabricError {
    match flaw {
        Flaw::NoPort => invalid("/ports", "must hold at least one port"),
        Flaw::PortUnknown(at) => FabricError::of(codes::NO_ACCESS).at(&format!("/ports/{at}/uuid")),
        Flaw::PortElsewhere(at) => {
            invalid(&format!("/ports/{at}/location/metroCode"), "is not the metro of the port")
        }
        Flaw::PortTwice(at) => FabricError::of(codes::PORT_TWICE).at(&format!("/ports/{at}/uuid")),
        Flaw::LinksDiffer => FabricError::of(codes::LINKS_DIFFER).at("/ports"),
        Flaw::OnePortOfAPair => FabricError::of(codes::ONE_PORT_OF_A_PAIR).at("/ports"),
        Flaw::NoIntegration => {
            FabricError::of(codes::NO_INTEGRATION).at(&format!("{CONFIG}/apiConfig/integrationId"))
        }
        Flaw::SpeedWithoutApi => FabricError::of(codes::SPEED_WITHOUT_API)
            .at(&format!("{CONFIG}/apiConfig/bandwidthFromApi")),
        Flaw::BandsNotAllowed => {
            FabricError::of(codes::BANDS_NOT_ALLOWED).at(&format!("{CONFIG}/supportedBandwidths"))
        }
        Flaw::BandsMissing => {
            FabricError::of(codes::BANDS_MISSING).at(&format!("{CONFIG}/supportedBandwidths"))
        }
        Flaw::ServiceKeyNeedsQinq => FabricError::of(codes::SERVICE_KEY_NEEDS_QINQ)
            .at(&format!("{CONFIG}/enableAutoGenerateServiceKey")),
        Flaw::CustomFieldTwice(at) => {
            FabricError::of(codes::LABEL_TWICE).at(&format!("/customFields/{at}/label"))
        }
        Flaw::OptionsMissing(at) => {
            FabricError::of(codes::OPTIONS_MISSING).at(&format!("/customFields/{at}/options"))
        }
    }
}

struct DefinitionReader<'a> {
    state: &'a WorldState,
    body: &'a Value,
    problems: Vec<FabricError>,
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

impl DefinitionReader<'_> {
    fn list(&self, name: &str) -> &[Value] {
        self.body.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn emails(&mut self, emails: Vec<String>, property: &str) -> Vec<String> {
        if !emails.iter().all(|email| email.contains('@')) {
            self.problems.push(invalid(property, "must be e-mail addresses"));
        }
        emails
    }

    fn definition(&mut self) -> ProfileDefinition {
        let body = self.body;
        if body.get("type").and_then(Value::as_str) != Some("L2_PROFILE") {
            self.problems.push(FabricError::of(codes::PROFILE_TYPE).at("/type"));
        }
        if !self.list("virtualDevices").is_empty() {
            self.problems.push(FabricError::of(codes::NO_ACCESS).at("/virtualDevices"));
        }
        let description = text(body, "description");
        let long = |text: &String| text.chars().count() > MAX_DESCRIPTION;
        if description.as_ref().is_none_or(long) {
            let reason = format!("must have 1 to {MAX_DESCRIPTION} characters");
            self.problems.push(invalid("/description", reason));
        }
        let definition = ProfileDefinition {
            name: self.name(),
            description,
            private: body.get("visibility").and_then(Value::as_str) == Some("PRIVATE"),
            allowed_emails: self.emails(texts(body.get("allowedEmails")), "/allowedEmails"),
            notifications: self.notifications(),
            ports: self.ports(),
            custom_fields: self.custom_fields(),
            echoed: ECHOED
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())))
                .filter(|(_, value)| !value.is_null())
                .collect::<Map<_, _>>(),
            ..ProfileDefinition::default()
        };
        self.with_config(definition)
    }

    fn name(&mut self) -> String {
        let name = text(self.body, "name").unwrap_or_default();
        if !(1..=MAX_NAME).contains(&name.chars().count()) {
            let reason = format!("must have 1 to {MAX_NAME} characters");
            self.problems.push(invalid("/name", reason));
        }
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            let message = "Only alphanumeric, hyphen(-) and underscore(_) characters are allowed \
                           in service profile name. Other special characters are not allowed";
            self.problems.push(FabricError::of(codes::PROFILE_VALUE).saying(message).at("/name"));
        }
        name
    }

    /// Occasions that are absent get the first list of addresses, as in the specification's
    /// example.
    fn notifications(&mut self) -> NotificationEmails {
        let mut notifications = NotificationEmails::default();
        let mut first: Option<Vec<String>> = None;
        for (at, notification) in self.list("notifications").to_vec().iter().enumerate() {
            let emails = texts(notification.get("emails"));
            let emails = self.emails(emails, &format!("/notifications/{at}/emails"));
            first.get_or_insert_with(|| emails.clone());
            match notification.get("type").and_then(Value::as_str) {
                Some("BANDWIDTH_ALERT") => notifications.bandwidth = emails,
                Some("CONNECTION_APPROVAL") => notifications.connections = emails,
                Some("PROFILE_LIFECYCLE") => notifications.profile = emails,
                Some("ALL") => {
                    notifications = NotificationEmails {
                        profile: emails.clone(),
                        bandwidth: emails.clone(),
                        connections: emails,
                    };
                }
                _ => {
                    let property = format!("/notifications/{at}/type");
                    self.problems.push(FabricError::of(codes::NOTIFICATION_TYPE).at(&property));
                }
            }
        }
        for emails in [
            &mut notifications.profile,
            &mut notifications.bandwidth,
            &mut notifications.connections,
        ] {
            if emails.is_empty() {
                emails.clone_from(&first.clone().unwrap_or_default());
            }
        }
        notifications
    }

    /// A port without a location is in the metro of the port.
    fn ports(&mut self) -> Vec<OfferedPort> {
        let mut ports = Vec::new();
        for (at, port) in self.list("ports").to_vec().iter().enumerate() {
            let id = text(port, "uuid").and_then(|id| PortId::parse(&id).ok());
            let stated = port.pointer("/location/metroCode").and_then(Value::as_str);
            let known = id.as_ref().and_then(|id| self.state.any_port(id));
            let metro = match stated {
                Some(code) => MetroCode::parse(code).ok(),
                None => known.map(|port| port.metro),
            };
            match (id, metro) {
                (Some(port_id), Some(metro)) => ports.push(OfferedPort {
                    port: port_id,
                    metro,
                    region: text(port, "sellerRegion").map(|key| Region {
                        label: text(port, "sellerRegionDescription").unwrap_or_else(|| key.clone()),
                        key,
                    }),
                    cross_connect: text(port, "crossConnectId"),
                }),
                (Some(_), None) if stated.is_some() => {
                    let property = format!("/ports/{at}/location/metroCode");
                    self.problems.push(invalid(&property, "must be the code of a metro"));
                }
                (None, _) | (Some(_), None) => {
                    let property = format!("/ports/{at}/uuid");
                    self.problems.push(FabricError::of(codes::NO_ACCESS).at(&property));
                }
            }
        }
        ports
    }

    fn custom_fields(&mut self) -> Vec<CustomField> {
        let mut custom_fields = Vec::new();
        for (at, field) in self.list("customFields").to_vec().iter().enumerate() {
            let kind = text(field, "dataType").unwrap_or_default();
            if !DATA_TYPES.contains(&kind.as_str()) {
                let property = format!("/customFields/{at}/dataType");
                self.problems.push(FabricError::of(codes::DATA_TYPE).at(&property));
            }
            custom_fields.push(CustomField {
                label: text(field, "label").unwrap_or_default(),
                description: text(field, "description"),
                // The schema requires one of these names and describes the other.
                required: flag(field, "required") || flag(field, "isRequired"),
                kind,
                options: texts(field.get("options")),
                captured_in_email: flag(field, "captureInEmail"),
            });
        }
        custom_fields
    }

    /// Adds the configuration of the profile's ports; virtual devices do not exist here.
    fn with_config(&mut self, definition: ProfileDefinition) -> ProfileDefinition {
        let configs = self.list("accessPointTypeConfigs").to_vec();
        let colo = |config: &Value| config.get("type").and_then(Value::as_str) == Some("COLO");
        if configs.len() > 1 || !configs.iter().all(colo) {
            let reason = "must be one configuration of type COLO here";
            self.problems.push(invalid("/accessPointTypeConfigs", reason));
        }
        let config = configs.into_iter().next().unwrap_or_default();
        let part = |name: &str| config.get(name).cloned().unwrap_or_default();
        let (link, api, key) =
            (part("linkProtocolConfig"), part("apiConfig"), part("authenticationKey"));
        let tagging = text(&link, "encapsulationStrategy");
        ProfileDefinition {
            mbps: self.bandwidths(&config),
            custom_bandwidth: flag(&config, "allowCustomBandwidth"),
            alert_percent: self.alert(&config),
            allows_remote: flag(&config, "allowRemoteConnections"),
            auto_approves_bandwidth: flag(&config, "allowBandwidthAutoApproval"),
            generates_service_keys: flag(&config, "enableAutoGenerateServiceKey"),
            requires_redundancy: flag(&config, "connectionRedundancyRequired"),
            selective_redundancy: flag(&config, "selectiveRedundancy"),
            label: text(&config, "connectionLabel").unwrap_or_else(|| "Connection".to_owned()),
            tagging: tagging.and_then(|text| Tagging::read(&text)).unwrap_or_default(),
            named_tags: texts(link.get("namedTags")),
            c_tag_label: text(&link, "vlanCTagLabel"),
            reuses_s_tag: flag(&link, "reuseVlanSTag"),
            api: SellerApi {
                available: flag(&api, "apiAvailable"),
                integration: text(&api, "integrationId"),
                managed_port: flag(&api, "equinixManagedPort"),
                managed_vlan: flag(&api, "equinixManagedVlan"),
                provides_bandwidth: flag(&api, "bandwidthFromApi"),
            },
            oversubscribed: flag(&api, "allowOverSubscription"),
            oversubscription_limit: api.get("overSubscriptionLimit").and_then(number),
            key: text(&key, "label").map(|label| KeyRequirement {
                label,
                description: text(&key, "description"),
                required: flag(&key, "required"),
            }),
            ..definition
        }
    }

    /// In Mbit/s.
    fn bandwidths(&mut self, config: &Value) -> Vec<u32> {
        let listed = config.get("supportedBandwidths").and_then(Value::as_array);
        let listed = listed.into_iter().flatten();
        let bandwidths: Option<Vec<u32>> =
            listed.map(|mbps| number(mbps).filter(|mbps| *mbps > 0)).collect();
        if bandwidths.is_none() {
            let property = format!("{CONFIG}/supportedBandwidths");
            self.problems.push(invalid(&property, "must be positive numbers"));
        }
        bandwidths.unwrap_or_default()
    }

    fn alert(&mut self, config: &Value) -> Option<f64> {
        let percent = config.get("bandwidthAlertThreshold").and_then(Value::as_f64);
        if percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
            let property = format!("{CONFIG}/bandwidthAlertThreshold");
            self.problems.push(invalid(&property, "must be a percentage"));
        }
        percent
    }
}
