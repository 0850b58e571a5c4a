//! The fields of "Post Connections", each checked by itself.
//!
//! Checks that involve several fields, or the world, are in `checks`.

use serde_json::{Map, Value};

use fabric_domain::{Leg, Vlan};

use crate::{
    v3::{
        error::Violation,
        field_reader::{FieldReader, TagField, factor, field_of, name_faults, positive, title_of},
    },
    world::state::WorldState,
};

/// All fields of the document's tables, its samples and the published v3 client.
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
    // The spelling in the sample of the C-tag's range error.
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

/// The fields of one leg; `None` if a field is absent or invalid.
#[derive(Debug, Clone, Default)]
pub(super) struct LegFields {
    pub(super) name: Option<String>,
    pub(super) port: Option<String>,
    pub(super) s_tag: Option<Vlan>,
    pub(super) c_tag: TagField,
    pub(super) z_port: Option<String>,
    pub(super) z_s_tag: TagField,
    pub(super) z_c_tag: TagField,
    pub(super) token: Option<String>,
}

/// The fields of an order.
#[derive(Debug, Clone, Default)]
pub(super) struct OrderFields {
    pub(super) profile: Option<String>,
    pub(super) mbps: Option<u32>,
    pub(super) in_gigabits: bool,
    pub(super) emails: Vec<String>,
    pub(super) purchase_order: Option<String>,
    pub(super) named_tag: Option<String>,
    pub(super) region: Option<String>,
    pub(super) metro: Option<String>,
    pub(super) key: Option<String>,
    /// The names of the custom fields that the buyer answered.
    pub(super) answered: Vec<String>,
    pub(super) primary: LegFields,
    pub(super) secondary: Option<LegFields>,
}

/// Reads a body.
pub(super) fn read(state: &WorldState, body: &Map<String, Value>) -> (OrderFields, Vec<Violation>) {
    let mut reader = OrderReader(FieldReader::new(body, &KNOWN));
    let fields = reader.fields(state);
    (fields, reader.0.violations)
}

struct OrderReader<'a>(FieldReader<'a>);

impl OrderReader<'_> {
    fn fields(&mut self, state: &WorldState) -> OrderFields {
        let primary = self.side(state, Leg::Primary);
        let paired = [
            "secondaryName",
            "secondaryPortUUID",
            "secondaryVlanSTag",
            "secondaryVlanCTag",
            "secondaryZSidePortUUID",
        ]
        .iter()
        .any(|name| self.0.value(name).is_some());
        let secondary = paired.then(|| self.side(state, Leg::Secondary));
        let profile = if primary.token.is_some() {
            self.0.text("profileUUID")
        } else {
            self.0.needed("profileUUID")
        };
        if let Some(id) = &profile
            && !state.well_formed(id)
        {
            self.0.wrong("ValidUUID: Invalid UUID", "profileUUID");
        }
        let purchase_order = self.0.text("purchaseOrderNumber");
        if purchase_order.as_ref().is_some_and(|n| n.chars().count() > 30) {
            self.0.wrong(
                "Size: Maximum 30 characters allowed on Purchase Order Number",
                "purchaseOrderNumber",
            );
        }
        OrderFields {
            mbps: self.speed(),
            in_gigabits: self.0.value("speedUnit").is_some_and(|unit| unit == "GB"),
            emails: self.emails(),
            profile,
            purchase_order,
            named_tag: self.0.text("namedTag"),
            region: self.0.text("sellerRegion"),
            metro: self.0.text("sellerMetroCode"),
            key: self.0.text("authorizationKey"),
            answered: self.answered(),
            primary,
            secondary,
        }
    }

    fn speed(&mut self) -> Option<u32> {
        let number = self.0.value("speed").unwrap_or(&Value::Null);
        let amount = positive(number).map_err(|violation| self.0.violations.push(violation)).ok();
        let unit = self.0.needed("speedUnit")?;
        let factor = factor(&unit).map_err(|violation| self.0.violations.push(violation)).ok()?;
        amount?.checked_mul(factor)
    }

    fn emails(&mut self) -> Vec<String> {
        let emails: Option<Vec<String>> = self
            .0
            .value("notifications")
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
            .and_then(|list| {
                list.iter()
                    .map(|item| item.as_str().filter(|t| t.contains('@')).map(str::to_owned))
                    .collect()
            });
        if emails.is_none() {
            self.0.wrong("NotEmpty: e-mail addresses must be given", "notifications");
        }
        emails.unwrap_or_default()
    }

    fn answered(&self) -> Vec<String> {
        let answers = self.0.value("additionalInfo").and_then(Value::as_array);
        let names = answers.into_iter().flatten().filter_map(|answer| answer.get("name")?.as_str());
        names.map(str::to_owned).collect()
    }

    fn side(&mut self, state: &WorldState, leg: Leg) -> LegFields {
        let token = self.0.text(&field_of(leg, "ZSideServiceToken"));
        let port = self.0.needed(&field_of(leg, "PortUUID"));
        let port = self.0.port_id(state, port, &field_of(leg, "PortUUID"));
        let z_port = self.0.text(&field_of(leg, "ZSidePortUUID"));
        let z_port = self.0.port_id(state, z_port, &field_of(leg, "ZSidePortUUID"));
        let s_tag = self.0.tag(&field_of(leg, "VlanSTag"), &format!("{} STag", title_of(leg)));
        if !s_tag.sent {
            self.0.wrong("NotNull: must be given", &field_of(leg, "VlanSTag"));
        }
        let c_tag_title = format!("{} CTag", title_of(leg));
        let mut c_tag = self.0.tag(&field_of(leg, "VlanCTag"), &c_tag_title);
        if leg == Leg::Primary && !c_tag.sent && self.0.value("primaryVlanCtag").is_some() {
            c_tag = self.0.tag_at("primaryVlanCtag", "primaryVlanCTag", &c_tag_title);
        }
        LegFields {
            name: self.name(leg),
            port,
            s_tag: s_tag.value,
            c_tag,
            z_port,
            z_s_tag: self
                .0
                .tag(&field_of(leg, "ZSideVlanSTag"), &format!("{} ZSide STag", title_of(leg))),
            z_c_tag: self
                .0
                .tag(&field_of(leg, "ZSideVlanCTag"), &format!("{} ZSide CTag", title_of(leg))),
            token,
        }
    }

    /// The document's error capitalises the property.
    fn name(&mut self, leg: Leg) -> Option<String> {
        let name = self.0.needed(&field_of(leg, "Name"))?;
        let property = format!("{}Name", title_of(leg));
        for more in name_faults(&name, &format!("{} Connection", title_of(leg))) {
            self.0.wrong(&more, &property);
        }
        Some(name)
    }
}
