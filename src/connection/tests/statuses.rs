//! The statuses that a search has come across, each once, so that states stay small.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use fabric_api::FabricConnectionStatus;

use super::world::StatusId;

/// The statuses, by number.
#[derive(Debug, Default)]
pub(super) struct Statuses {
    numbers: RefCell<HashMap<String, StatusId>>,
    all: RefCell<Vec<Rc<FabricConnectionStatus>>>,
}

impl Statuses {
    /// The number of a status, which is new if it differs from all others.
    pub(super) fn number(&self, status: FabricConnectionStatus) -> StatusId {
        let text = serde_json::to_string(&status).unwrap();
        let mut all = self.all.borrow_mut();
        *self.numbers.borrow_mut().entry(text).or_insert_with(|| {
            all.push(Rc::new(status));
            StatusId(u32::try_from(all.len() - 1).unwrap())
        })
    }

    /// The status of a number.
    pub(super) fn get(&self, id: StatusId) -> Rc<FabricConnectionStatus> {
        self.all.borrow()[id.0 as usize].clone()
    }
}
