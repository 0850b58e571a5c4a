//! What a buyer does: order, change and cancel a connection. Each leaves an entry in the ledger.
//!
//! Nothing is checked here: an API calls this once a request has passed its checks.

use std::time::Duration;

use serde_json::Value;

use fabric_domain::{ConnectionId, Flow};

use super::{
    change::{Edit, LineChange},
    draft::{Destination, Draft},
    ledger::{ApiDialect, Cancelled, Changed, Ordered},
    lifecycle::Lifecycle,
    line::Line,
    state::WorldState,
    users::Organisation,
};

impl WorldState {
    /// Accepts an order. From here on the connection exists, is billed and is in the ledger.
    pub(crate) fn order(
        &mut self,
        organisation: Organisation,
        dialect: ApiDialect,
        draft: Draft,
        group: String,
    ) -> Option<ConnectionId> {
        let serial = self.next_number();
        let (world, buyer) = (self.config.number % 4096, organisation.0);
        let text = format!("5f00c000-{buyer:04x}-4000-8{world:03x}-{serial:012x}");
        let id = ConnectionId::parse(&text).ok()?;
        let now = self.catch_up();
        let tags = draft.link.tags();
        self.ledger.orders.push(Ordered {
            at: self.clock.at(now),
            dialect,
            uuid: text,
            name: draft.name.clone(),
            port: draft.port.as_str().to_owned(),
            vlan: tags.s_tag,
            c_tag: tags.c_tag,
            organisation: organisation.0,
        });
        if let Destination::Token(used) = &draft.destination {
            self.use_token(used);
        }
        let flow = self.flow(&draft);
        self.lines.push(Line {
            id: id.clone(),
            organisation,
            dialect,
            draft,
            group,
            created: now,
            cancelled: None,
            lifecycle: Lifecycle::begin(flow, now),
            relocation: None,
            change: None,
            assigned_port: None,
            edited: Duration::ZERO,
            comment: None,
            serial,
        });
        Some(id)
    }

    /// Starts the deletion of a connection.
    pub(crate) fn cancel(&mut self, id: &ConnectionId, dialect: ApiDialect) {
        let now = self.catch_up();
        for line in &mut self.lines {
            if line.id == *id {
                line.lifecycle.cancel(now);
                // A deletion cancels the update and the move in progress.
                line.change = None;
                line.relocation = None;
                line.comment = None;
                line.cancelled = Some(now);
            }
        }
        self.ledger.cancellations.push(Cancelled {
            at: self.clock.at(now),
            dialect,
            uuid: id.as_str().to_owned(),
        });
    }

    /// Whether the seller of a connection has to approve another bandwidth.
    fn seller_decides(&self, line: &Line) -> bool {
        self.flow(&line.draft) == Flow::Seller
            && line
                .profile()
                .and_then(|id| self.profile(id))
                .is_none_or(|profile| !profile.definition.auto_approves_bandwidth)
    }

    /// Starts an update of a connection.
    pub(crate) fn change(
        &mut self,
        id: &ConnectionId,
        dialect: ApiDialect,
        edit: Edit,
        operation: Option<Value>,
    ) {
        let now = self.catch_up();
        let number = self.next_number();
        let needs_seller = self.lines.iter().find(|line| line.id == *id).is_some_and(|line| {
            edit.speed.is_some_and(|speed| speed.mbps != line.draft.mbps)
                && self.seller_decides(line)
        });
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == *id) {
            line.comment = None;
            line.change = Some(LineChange::new(number, edit, operation, needs_seller, now));
        }
        self.ledger.changes.push(Changed {
            at: self.clock.at(now),
            dialect,
            uuid: id.as_str().to_owned(),
        });
    }
}
