//! Reading what a seller offers on v4: the body of a created or replaced service profile.
//!
//! Limits of the specification's `ServiceProfileRequest`, errors of its example `sp-400`. What the
//! world says to an offer is the market's; here its flaws get their codes.

use serde_json::{Map, Value};

use fabric_domain::{MetroCode, PortId};

use super::{error::Problem, schema};
use crate::{
    catalogue::v4 as codes,
    world::{
        flaws::Flaw,
        profile::{Api, Key, Offer, Outlet, Question, Region, Tagging, Told},
        state::State,
        users::Organisation,
    },
};

const MAX_NAME: usize = 50;
const MAX_DESCRIPTION: usize = 375;
const CONFIG: &str = "/accessPointTypeConfigs/0";
const DATA_TYPES: [&str; 3] = ["STRING", "LIST", "NUMBER"];
/// What is kept and shown without being understood.
const ECHOED: [&str; 4] = ["tags", "marketingInfo", "project", "lastMileCatalogs"];

/// A value that is wrong by itself.
pub(super) fn invalid(property: &str, reason: impl Into<String>) -> Problem {
    Problem::of(codes::PROFILE_VALUE).for_reason(property, reason)
}

/// Reads an offer and judges it.
///
/// # Errors
/// All problems, those of the fields before those of the whole.
pub(super) fn read(
    state: &State,
    seller: Organisation,
    body: &Value,
) -> Result<Offer, Vec<Problem>> {
    let misfits = schema::check("ServiceProfileRequest", body);
    if !misfits.is_empty() {
        return Err(misfits.into_iter().map(|m| invalid(&m.property, m.reason)).collect());
    }
    let mut reader = Reader { state, body, problems: Vec::new() };
    let offer = reader.offer();
    let mut problems = reader.problems;
    problems.extend(state.flaws(seller, &offer).into_iter().map(problem));
    if problems.is_empty() { Ok(offer) } else { Err(problems) }
}

fn problem(flaw: Flaw) -> Problem {
    match flaw {
        Flaw::NoPort => invalid("/ports", "must hold at least one port"),
        Flaw::PortUnknown(at) => Problem::of(codes::NO_ACCESS).at(&format!("/ports/{at}/uuid")),
        Flaw::PortElsewhere(at) => {
            invalid(&format!("/ports/{at}/location/metroCode"), "is not the metro of the port")
        }
        Flaw::PortTwice(at) => Problem::of(codes::PORT_TWICE).at(&format!("/ports/{at}/uuid")),
        Flaw::LinksDiffer => Problem::of(codes::LINKS_DIFFER).at("/ports"),
        Flaw::OnePortOfAPair => Problem::of(codes::ONE_PORT_OF_A_PAIR).at("/ports"),
        Flaw::NoIntegration => {
            Problem::of(codes::NO_INTEGRATION).at(&format!("{CONFIG}/apiConfig/integrationId"))
        }
        Flaw::SpeedWithoutApi => Problem::of(codes::SPEED_WITHOUT_API)
            .at(&format!("{CONFIG}/apiConfig/bandwidthFromApi")),
        Flaw::BandsNotAllowed => {
            Problem::of(codes::BANDS_NOT_ALLOWED).at(&format!("{CONFIG}/supportedBandwidths"))
        }
        Flaw::BandsMissing => {
            Problem::of(codes::BANDS_MISSING).at(&format!("{CONFIG}/supportedBandwidths"))
        }
        Flaw::ServiceKeyNeedsQinq => Problem::of(codes::SERVICE_KEY_NEEDS_QINQ)
            .at(&format!("{CONFIG}/enableAutoGenerateServiceKey")),
        Flaw::QuestionTwice(at) => {
            Problem::of(codes::LABEL_TWICE).at(&format!("/customFields/{at}/label"))
        }
        Flaw::OptionsMissing(at) => {
            Problem::of(codes::OPTIONS_MISSING).at(&format!("/customFields/{at}/options"))
        }
    }
}

struct Reader<'a> {
    state: &'a State,
    body: &'a Value,
    problems: Vec<Problem>,
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

impl Reader<'_> {
    fn list(&self, name: &str) -> &[Value] {
        self.body.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn emails(&mut self, emails: Vec<String>, property: &str) -> Vec<String> {
        if !emails.iter().all(|email| email.contains('@')) {
            self.problems.push(invalid(property, "must be e-mail addresses"));
        }
        emails
    }

    fn offer(&mut self) -> Offer {
        let body = self.body;
        if body.get("type").and_then(Value::as_str) != Some("L2_PROFILE") {
            self.problems.push(Problem::of(codes::PROFILE_TYPE).at("/type"));
        }
        if !self.list("virtualDevices").is_empty() {
            self.problems.push(Problem::of(codes::NO_ACCESS).at("/virtualDevices"));
        }
        let description = text(body, "description");
        let long = |text: &String| text.chars().count() > MAX_DESCRIPTION;
        if description.as_ref().is_none_or(long) {
            let reason = format!("must have 1 to {MAX_DESCRIPTION} characters");
            self.problems.push(invalid("/description", reason));
        }
        let mut offer = Offer {
            name: self.name(),
            description,
            private: body.get("visibility").and_then(Value::as_str) == Some("PRIVATE"),
            emails: self.emails(texts(body.get("allowedEmails")), "/allowedEmails"),
            told: self.told(),
            outlets: self.outlets(),
            questions: self.questions(),
            echoed: ECHOED
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())))
                .filter(|(_, value)| !value.is_null())
                .collect::<Map<_, _>>(),
            ..Offer::default()
        };
        self.config(&mut offer);
        offer
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
            self.problems.push(Problem::of(codes::PROFILE_VALUE).saying(message).at("/name"));
        }
        name
    }

    /// Kinds that are not mentioned get the first address list, as in the specification's example.
    fn told(&mut self) -> Told {
        let mut told = Told::default();
        let mut first: Option<Vec<String>> = None;
        for (at, notification) in self.list("notifications").to_vec().iter().enumerate() {
            let emails = texts(notification.get("emails"));
            let emails = self.emails(emails, &format!("/notifications/{at}/emails"));
            first.get_or_insert_with(|| emails.clone());
            match notification.get("type").and_then(Value::as_str) {
                Some("BANDWIDTH_ALERT") => told.bandwidth = emails,
                Some("CONNECTION_APPROVAL") => told.connections = emails,
                Some("PROFILE_LIFECYCLE") => told.profile = emails,
                Some("ALL") => {
                    told = Told {
                        profile: emails.clone(),
                        bandwidth: emails.clone(),
                        connections: emails,
                    };
                }
                _ => {
                    let property = format!("/notifications/{at}/type");
                    self.problems.push(Problem::of(codes::NOTIFICATION_TYPE).at(&property));
                }
            }
        }
        for emails in [&mut told.profile, &mut told.bandwidth, &mut told.connections] {
            if emails.is_empty() {
                emails.clone_from(&first.clone().unwrap_or_default());
            }
        }
        told
    }

    /// A port without a location is where it is.
    fn outlets(&mut self) -> Vec<Outlet> {
        let mut outlets = Vec::new();
        for (at, port) in self.list("ports").to_vec().iter().enumerate() {
            let id = text(port, "uuid").and_then(|id| PortId::parse(&id).ok());
            let stated = port.pointer("/location/metroCode").and_then(Value::as_str);
            let known = id.as_ref().and_then(|id| self.state.any_port(id));
            let metro = match stated {
                Some(code) => MetroCode::parse(code).ok(),
                None => known.map(|port| port.metro),
            };
            match (id, metro) {
                (Some(port_id), Some(metro)) => outlets.push(Outlet {
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
                    self.problems.push(Problem::of(codes::NO_ACCESS).at(&property));
                }
            }
        }
        outlets
    }

    fn questions(&mut self) -> Vec<Question> {
        let mut questions = Vec::new();
        for (at, field) in self.list("customFields").to_vec().iter().enumerate() {
            let kind = text(field, "dataType").unwrap_or_default();
            if !DATA_TYPES.contains(&kind.as_str()) {
                let property = format!("/customFields/{at}/dataType");
                self.problems.push(Problem::of(codes::DATA_TYPE).at(&property));
            }
            questions.push(Question {
                label: text(field, "label").unwrap_or_default(),
                description: text(field, "description"),
                // The schema requires one name and describes the other.
                required: flag(field, "required") || flag(field, "isRequired"),
                kind,
                options: texts(field.get("options")),
                in_email: flag(field, "captureInEmail"),
            });
        }
        questions
    }

    /// How a port of the profile is used; devices do not exist here.
    fn config(&mut self, offer: &mut Offer) {
        let configs = self.list("accessPointTypeConfigs").to_vec();
        let colo = |config: &Value| config.get("type").and_then(Value::as_str) == Some("COLO");
        if configs.len() > 1 || !configs.iter().all(colo) {
            let reason = "must be one configuration of type COLO here";
            self.problems.push(invalid("/accessPointTypeConfigs", reason));
        }
        let config = configs.into_iter().next().unwrap_or_default();
        let number = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok());
        let bandwidths = config.get("supportedBandwidths").and_then(Value::as_array);
        let bandwidths = bandwidths.into_iter().flatten();
        let bandwidths: Option<Vec<u32>> =
            bandwidths.map(|mbps| number(mbps).filter(|mbps| *mbps > 0)).collect();
        if bandwidths.is_none() {
            let property = format!("{CONFIG}/supportedBandwidths");
            self.problems.push(invalid(&property, "must be positive numbers"));
        }
        offer.mbps = bandwidths.unwrap_or_default();
        offer.any_mbps = flag(&config, "allowCustomBandwidth");
        offer.alert_percent = config.get("bandwidthAlertThreshold").and_then(Value::as_f64);
        if offer.alert_percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
            let property = format!("{CONFIG}/bandwidthAlertThreshold");
            self.problems.push(invalid(&property, "must be a percentage"));
        }
        offer.from_afar = flag(&config, "allowRemoteConnections");
        offer.auto_approves = flag(&config, "allowBandwidthAutoApproval");
        offer.makes_keys = flag(&config, "enableAutoGenerateServiceKey");
        offer.needs_pair = flag(&config, "connectionRedundancyRequired");
        offer.may_pair = flag(&config, "selectiveRedundancy");
        offer.label = text(&config, "connectionLabel").unwrap_or_else(|| "Connection".to_owned());
        let part = |name: &str| config.get(name).cloned().unwrap_or_default();
        let (link, api, key) =
            (part("linkProtocolConfig"), part("apiConfig"), part("authenticationKey"));
        let tagging = text(&link, "encapsulationStrategy");
        offer.tagging = tagging.and_then(|text| Tagging::read(&text)).unwrap_or_default();
        offer.named_tags = texts(link.get("namedTags"));
        offer.c_tag_label = text(&link, "vlanCTagLabel");
        offer.same_vlan = flag(&link, "reuseVlanSTag");
        offer.api = Api {
            available: flag(&api, "apiAvailable"),
            integration: text(&api, "integrationId"),
            managed_port: flag(&api, "equinixManagedPort"),
            managed_vlan: flag(&api, "equinixManagedVlan"),
            gives_speed: flag(&api, "bandwidthFromApi"),
        };
        offer.oversold = flag(&api, "allowOverSubscription");
        offer.oversold_limit = api.get("overSubscriptionLimit").and_then(number);
        offer.key = text(&key, "label").map(|label| Key {
            label,
            description: text(&key, "description"),
            required: flag(&key, "required"),
        });
    }
}
