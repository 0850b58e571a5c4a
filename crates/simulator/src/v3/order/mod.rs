//! A v3 order, "Post Connections": reads its fields, then checks them against the world.
//!
//! It reports every violation, not only the first one. Nothing is ordered here.

mod checks;
mod fields;

use serde_json::{Map, Value};

use crate::{
    messages::Caller,
    v3::error::Violation,
    world::{draft::Draft, state::WorldState},
};

/// Reads and checks an order: one draft, or the two of a pair.
///
/// # Errors
/// All violations.
pub(super) fn read(
    state: &mut WorldState,
    caller: Caller,
    body: &Map<String, Value>,
) -> Result<Vec<Draft>, Vec<Violation>> {
    let (fields, violations) = fields::read(state, body);
    checks::check(state, caller, &fields, violations)
}
