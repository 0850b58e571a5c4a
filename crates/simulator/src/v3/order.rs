//! Reading a v3 order: the flat fields of "Post Connections", each checked by itself.
//!
//! Everything that is wrong is reported, not only what is found first. What fields mean together,
//! and against the world, is checked in the rules next door.

use serde_json::{Map, Value};

use fabric_domain::Vlan;

use super::{error::Violation, rules};
use crate::{
    server::messages::Caller,
    world::{line::Draft, state::State},
};

/// All fields that the document's tables, its samples and the published v3 client send.
const KNOWN: [&str; 44] = [
    "primaryName",
    "profileUUID",
    "speed",
    "speedUnit",
    "notifications",
    "purchaseOrderNumber",
    "primaryPortUUID",
    "primaryVlanSTag",
    "primaryVlanCTag",
    // The sample of the C-tag's range error spells it so.
    "primaryVlanCtag",
    "namedTag",
    "primaryZSidePortUUID",
    "primaryZSideVlanSTag",
    "primaryZSideVlanCTag",
    "sellerRegion",
    "sellerMetroCode",
    "authorizationKey",
    "secondaryName",
    "secondaryPortUUID",
    "secondaryVlanSTag",
    "secondaryVlanCTag",
    "secondaryZSidePortUUID",
    "secondaryZSideVlanSTag",
    "secondaryZSideVlanCTag",
    "secondaryProfileUUID",
    "secondarySpeed",
    "secondarySpeedUnit",
    "secondaryNotifications",
    "secondaryAuthorizationKey",
    "secondarySellerMetroCode",
    "secondarySellerRegion",
    "secondaryNamedTag",
    "additionalInfo",
    "virtualDeviceUUID",
    "virtualDeviceUuid",
    "interfaceId",
    "secondaryVirtualDeviceUUID",
    "secondaryVirtualDeviceUuid",
    "secondaryInterfaceId",
    "primaryServiceToken",
    "secondaryServiceToken",
    "primaryZSideServiceToken",
    "secondaryZSideServiceToken",
    "subAccount",
];

/// One of the two lines of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Primary,
    Secondary,
}

impl Half {
    /// The name of a field of this half: `primaryName`, `secondaryVlanSTag`.
    pub(super) fn field(self, name: &str) -> String {
        let half = match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        };
        format!("{half}{name}")
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Primary => "Primary",
            Self::Secondary => "Secondary",
        }
    }
}

/// The fields of one half after their own checks; `None` also where a field is wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    pub(super) name: Option<String>,
    pub(super) port: Option<String>,
    pub(super) s_tag: Option<Vlan>,
    pub(super) c_tag: Tag,
    pub(super) far_port: Option<String>,
    pub(super) z_s_tag: Tag,
    pub(super) z_c_tag: Tag,
    pub(super) token: Option<String>,
}

/// A tag that may be absent; whether it was sent counts even where its value is wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tag {
    pub(super) sent: bool,
    pub(super) value: Option<Vlan>,
}

/// The fields of a whole request.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) profile: Option<String>,
    pub(super) mbps: Option<u32>,
    pub(super) in_gigabits: bool,
    pub(super) emails: Vec<String>,
    pub(super) purchase_order: Option<String>,
    pub(super) named_tag: Option<String>,
    pub(super) region: Option<String>,
    pub(super) metro: Option<String>,
    pub(super) key: Option<String>,
    /// The names of what is answered of the seller's questions.
    pub(super) answered: Vec<String>,
    pub(super) primary: Side,
    pub(super) secondary: Option<Side>,
}

/// Reads and checks an order: one draft, or the two of a pair.
///
/// # Errors
/// All violations.
pub(super) fn read(
    state: &mut State,
    caller: Caller,
    body: &Map<String, Value>,
) -> Result<Vec<Draft>, Vec<Violation>> {
    let mut reader = Reader::new(body, &KNOWN);
    let fields = reader.fields(state);
    let mut violations = reader.violations;
    let drafts = rules::check(state, caller, &fields, &mut violations);
    if violations.is_empty() { Ok(drafts) } else { Err(violations) }
}

/// A speed with its unit, in Mbit/s.
///
/// # Errors
/// If either is none.
pub(super) fn speed(number: &Value, unit: &Value) -> Result<u32, Violation> {
    let (amount, factor) = (positive(number)?, factor(unit.as_str().unwrap_or_default())?);
    amount.checked_mul(factor).ok_or_else(no_number)
}

fn no_number() -> Violation {
    Violation::field("NotNull: must be a positive number", "speed")
}

fn positive(number: &Value) -> Result<u32, Violation> {
    let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| *number > 0).ok_or_else(no_number)
}

fn factor(unit: &str) -> Result<u32, Violation> {
    match unit {
        "MB" => Ok(1),
        "GB" => Ok(1000),
        _ => Err(Violation::field(
            "ValidEnum: Invalid value. Valid values are: [MB, GB]",
            "speedUnit",
        )),
    }
}

/// What is wrong with a name.
pub(super) fn name_faults(name: &str, title: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if name.chars().count() > 24 {
        faults.push(format!("Size: Max 24 characters are allowed for {title} Name"));
    }
    let spaced = name.starts_with(' ') || name.ends_with(' ');
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' '));
    if spaced || !letters {
        let fault = "Pattern: Only number,characters,'_' and space between words are allowed";
        faults.push(fault.to_owned());
    }
    faults
}

/// The document shows the message of a number that could not be parsed: the id's last group, one
/// character short.
pub(super) fn malformed_port(id: &str, property: &str) -> Violation {
    let group = id.rsplit('-').next().unwrap_or_default();
    let shown: String = group.chars().take(15).collect();
    Violation::field(format!("For input string: \"{shown}\""), property)
}

/// Reads flat fields and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    body: &'a Map<String, Value>,
    pub(super) violations: Vec<Violation>,
}

impl<'a> Reader<'a> {
    /// A reader of a body that may have these fields.
    pub(super) fn new(body: &'a Map<String, Value>, known: &[&str]) -> Self {
        let strange = body.keys().filter(|name| !known.contains(&name.as_str()));
        let violations = strange.map(|name| Violation::field("Unrecognized field", name)).collect();
        Self { body, violations }
    }

    pub(super) fn wrong(&mut self, more: &str, property: &str) {
        self.violations.push(Violation::field(more, property));
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// A text; empty counts as absent, since samples send empty purchase orders.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong("Type: must be a string", name);
                None
            }
        }
    }

    pub(super) fn needed(&mut self, name: &str) -> Option<String> {
        let found = self.text(name);
        if found.is_none() && self.value(name).is_none_or(Value::is_string) {
            self.wrong("NotEmpty: must be given", name);
        }
        found
    }

    fn fields(&mut self, state: &State) -> Fields {
        let primary = self.side(state, Half::Primary);
        let paired = [
            "secondaryName",
            "secondaryPortUUID",
            "secondaryVlanSTag",
            "secondaryVlanCTag",
            "secondaryZSidePortUUID",
        ]
        .iter()
        .any(|name| self.value(name).is_some());
        let secondary = paired.then(|| self.side(state, Half::Secondary));
        let profile = if primary.token.is_some() {
            self.text("profileUUID")
        } else {
            self.needed("profileUUID")
        };
        if let Some(id) = &profile
            && !state.well_formed(id)
        {
            self.wrong("ValidUUID: Invalid UUID", "profileUUID");
        }
        let purchase_order = self.text("purchaseOrderNumber");
        if purchase_order.as_ref().is_some_and(|n| n.chars().count() > 30) {
            self.wrong(
                "Size: Maximum 30 characters allowed on Purchase Order Number",
                "purchaseOrderNumber",
            );
        }
        Fields {
            mbps: self.speed(),
            in_gigabits: self.value("speedUnit").is_some_and(|unit| unit == "GB"),
            emails: self.emails(),
            profile,
            purchase_order,
            named_tag: self.text("namedTag"),
            region: self.text("sellerRegion"),
            metro: self.text("sellerMetroCode"),
            key: self.text("authorizationKey"),
            answered: self.answered(),
            primary,
            secondary,
        }
    }

    fn speed(&mut self) -> Option<u32> {
        let number = self.value("speed").unwrap_or(&Value::Null);
        let amount = positive(number).map_err(|violation| self.violations.push(violation)).ok();
        let unit = self.needed("speedUnit")?;
        let factor = factor(&unit).map_err(|violation| self.violations.push(violation)).ok()?;
        amount?.checked_mul(factor)
    }

    fn emails(&mut self) -> Vec<String> {
        let emails: Option<Vec<String>> = self
            .value("notifications")
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
            .and_then(|list| {
                list.iter()
                    .map(|item| item.as_str().filter(|t| t.contains('@')).map(str::to_owned))
                    .collect()
            });
        if emails.is_none() {
            self.wrong("NotEmpty: e-mail addresses must be given", "notifications");
        }
        emails.unwrap_or_default()
    }

    fn answered(&self) -> Vec<String> {
        let answers = self.value("additionalInfo").and_then(Value::as_array);
        let names = answers.into_iter().flatten().filter_map(|answer| answer.get("name")?.as_str());
        names.map(str::to_owned).collect()
    }

    fn side(&mut self, state: &State, half: Half) -> Side {
        let token = self.text(&half.field("ZSideServiceToken"));
        let port = self.needed(&half.field("PortUUID"));
        let port = self.port_id(state, port, &half.field("PortUUID"));
        let far_port = self.text(&half.field("ZSidePortUUID"));
        let far_port = self.port_id(state, far_port, &half.field("ZSidePortUUID"));
        let s_tag = self.tag(&half.field("VlanSTag"), &format!("{} STag", half.title()));
        if !s_tag.sent {
            self.wrong("NotNull: must be given", &half.field("VlanSTag"));
        }
        let c_tag_title = format!("{} CTag", half.title());
        let mut c_tag = self.tag(&half.field("VlanCTag"), &c_tag_title);
        if half == Half::Primary && !c_tag.sent && self.value("primaryVlanCtag").is_some() {
            c_tag = self.tag_at("primaryVlanCtag", "primaryVlanCTag", &c_tag_title);
        }
        Side {
            name: self.name(half),
            port,
            s_tag: s_tag.value,
            c_tag,
            far_port,
            z_s_tag: self
                .tag(&half.field("ZSideVlanSTag"), &format!("{} ZSide STag", half.title())),
            z_c_tag: self
                .tag(&half.field("ZSideVlanCTag"), &format!("{} ZSide CTag", half.title())),
            token,
        }
    }

    /// The document's own error capitalises the property.
    fn name(&mut self, half: Half) -> Option<String> {
        let name = self.needed(&half.field("Name"))?;
        let property = format!("{}Name", half.title());
        for more in name_faults(&name, &format!("{} Connection", half.title())) {
            self.wrong(&more, &property);
        }
        Some(name)
    }

    pub(super) fn port_id(
        &mut self,
        state: &State,
        id: Option<String>,
        property: &str,
    ) -> Option<String> {
        let id = id?;
        if state.well_formed(&id) {
            return Some(id);
        }
        self.violations.push(malformed_port(&id, property));
        None
    }

    pub(super) fn tag(&mut self, name: &str, title: &str) -> Tag {
        self.tag_at(name, name, title)
    }

    /// A tag as a number or as a text: samples have both.
    fn tag_at(&mut self, name: &str, property: &str, title: &str) -> Tag {
        let number = match self.value(name) {
            None => return Tag::default(),
            Some(Value::String(text)) if text.is_empty() => return Tag::default(),
            Some(Value::String(text)) => text.parse::<u64>().ok(),
            Some(value) => value.as_u64(),
        };
        let value = number
            .and_then(|number| u16::try_from(number).ok())
            .and_then(|number| Vlan::new(number).ok());
        if value.is_none() {
            self.wrong(&format!("Range: {title} must be between 2 and 4094"), property);
        }
        Tag { sent: true, value }
    }
}
