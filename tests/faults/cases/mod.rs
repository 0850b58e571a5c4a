//! The cases by their numbers; the modules below hold them, one module for each kind of fault.

mod abuse;
mod answers;
mod clock;
mod cluster;
mod connection_states;
mod crash;
mod evidence;
mod load;
mod ownership;
mod provider_faults;
mod seller;

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use crate::{
    net::{Call, NetFault, What},
    run::Run,
};

/// The steps of a case; a panic in them is a violation.
pub type Script = for<'a> fn(&'a mut Run) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A case: what goes wrong, and the steps that show how the operator copes.
pub struct Case {
    pub id: &'static str,
    pub what: &'static str,
    pub kind: Kind,
}

pub enum Kind {
    /// It is run.
    Run(Script),
    /// It is run once for each of its calls, with a crash before and after that.
    Each(Script),
    /// It cannot be run, for this reason; it is not counted.
    Not(&'static str),
}

const fn run(id: &'static str, what: &'static str, script: Script) -> Case {
    Case { id, what, kind: Kind::Run(script) }
}

const fn not(id: &'static str, what: &'static str, why: &'static str) -> Case {
    Case { id, what, kind: Kind::Not(why) }
}

/// The cases that show whether the suite notices a missing safeguard: one without faults, and one
/// whose operator is killed at its order.
pub const PROBES: [(&str, Script); 2] =
    [("R0", |t| Box::pin(t.life())), ("R3", |t| Box::pin(crash::dead_at_its_order(t)))];

/// All cases, by number.
pub fn all() -> Vec<Case> {
    let undisturbed = run("R0", "nothing goes wrong", |t| Box::pin(t.life()));
    let each = Case {
        id: "E",
        what: "dies before and after each call for a connection",
        kind: Kind::Each(|t| Box::pin(crash::whole_life(t))),
    };
    let mut all: Vec<Case> = [
        vec![undisturbed, each],
        seller::cases(),
        crash::cases(),
        evidence::cases(),
        answers::cases(),
        provider_faults::cases(),
        connection_states::cases(),
        cluster::cases(),
        clock::cases(),
        load::cases(),
        ownership::cases(),
        abuse::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|case| case.id[1..].parse::<u32>().unwrap_or(u32::MAX));
    all
}

/// Calls of one kind.
fn of(what: What) -> impl Fn(&Call) -> bool + Send + 'static {
    move |call| call.what == what
}

/// Calls to the provider, signing in aside.
fn signed(call: &Call) -> bool {
    call.what.at_provider() && call.what != What::Token
}

fn provider(call: &Call) -> bool {
    call.what.at_provider()
}

fn cluster(call: &Call) -> bool {
    !call.what.at_provider()
}

/// An answer in place of another.
fn answer(status: u16, headers: &[(&'static str, String)], body: impl Into<Bytes>) -> NetFault {
    let (headers, body) = (headers.to_vec(), body.into());
    NetFault::Answer(Arc::new(move |_| {
        let mut answer = Response::new(body.clone());
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in &headers {
            answer.headers_mut().insert(*name, value.parse().unwrap());
        }
        answer
    }))
}

/// The same where the call is carried out.
fn answered(status: u16, body: impl Into<Bytes>) -> NetFault {
    match answer(status, &[], body) {
        NetFault::Answer(answer) => NetFault::Rewrite(answer),
        other => other,
    }
}

/// Changes the JSON of good answers.
fn rewritten(change: impl Fn(&mut Value) + Send + Sync + 'static) -> NetFault {
    NetFault::Rewrite(Arc::new(move |answer| {
        if !answer.status().is_success() {
            return answer;
        }
        answer.map(|body| match serde_json::from_slice(&body) {
            Ok(mut value) => {
                change(&mut value);
                value.to_string().into()
            }
            Err(_) => body,
        })
    }))
}

/// Walks through all values below `value`, with the names of those that are fields.
fn each(value: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                visit(name, field);
                each(field, visit);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The entries of a listing.
fn entries(page: &mut Value) -> Option<&mut Vec<Value>> {
    let name = if page.get("data").is_some() { "data" } else { "content" };
    page[name].as_array_mut()
}
