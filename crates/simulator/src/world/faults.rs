//! Fault injection: which requests fail, and how.
//!
//! Faults are data, of the same shape in Rust and in the JSON of `POST /control/faults`. `server`
//! carries them out.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::answer_faults::{AnswerFaults, DateFault, EmptyFault, NextFault, TotalFault};
use crate::catalogue::ErrorCode;

/// A fault and the requests that it affects.
///
/// ```json
/// {"on": {"method": "POST", "path": "/ecx/v3/l2/connections"}, "first": 2, "times": 1,
///  "effect": {"answer": {"status": 503, "body": {"errorMessage": "Service unavailable"}}}}
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InjectedFault {
    /// The requests that it counts; all, if absent.
    #[serde(default)]
    pub on: RequestPattern,
    /// The first of them that it affects, counted from 1, from now.
    #[serde(default = "one")]
    pub first: u32,
    /// How many consecutive ones; 0 means all that follow.
    #[serde(default = "one")]
    pub times: u32,
    /// What happens to them.
    pub effect: Effect,
}

fn one() -> u32 {
    1
}

impl InjectedFault {
    /// A fault for the next request.
    pub fn once(effect: Effect) -> Self {
        Self { on: RequestPattern::default(), first: 1, times: 1, effect }
    }

    /// A fault for all requests, until it is removed.
    pub fn always(effect: Effect) -> Self {
        Self { times: 0, ..Self::once(effect) }
    }

    /// Restricts the fault to a method and a path; see [`RequestPattern::path`].
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.on = RequestPattern { method: Some(method.to_owned()), path: Some(path.to_owned()) };
        self
    }

    /// Lets requests pass up to the one with this number, counted from 1.
    #[must_use]
    pub fn from_number(mut self, first: u32) -> Self {
        self.first = first;
        self
    }
}

/// The requests that a fault counts; never those to `/control`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestPattern {
    /// The method; any, if absent.
    #[serde(default)]
    pub method: Option<String>,
    /// The path without its query; any, if absent. A segment `*` matches any one segment, and `**`
    /// at the end matches the rest of the path.
    #[serde(default)]
    pub path: Option<String>,
}

impl RequestPattern {
    fn meets(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|glob| {
                let mut given = path.split('/');
                for wanted in glob.split('/') {
                    match (wanted, given.next()) {
                        ("**", _) | ("*", Some(_)) => {}
                        (wanted, Some(segment)) if wanted == segment => {}
                        _ => return false,
                    }
                }
                glob.ends_with("**") || given.next().is_none()
            })
    }
}

/// What a fault does to a request. Durations in JSON are like `"1500ms"` or `"2h"`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// Handles the request after this much tokio time.
    Latency(#[serde(deserialize_with = "duration")] Duration),
    /// Returns this response without carrying the request out.
    #[serde(rename_all = "camelCase")]
    Answer {
        /// HTTP status.
        status: u16,
        /// Value of `Retry-After`: seconds or an HTTP date.
        #[serde(default)]
        retry_after: Option<String>,
        /// JSON body; a string is sent verbatim as `text/html`, null as an empty body.
        #[serde(default)]
        body: Value,
    },
    /// Returns this documented error without carrying the request out, with the body that the API
    /// of the path has for it.
    Refuse(ErrorCode),
    /// Carries the request out, but breaks the connection before the first byte of the body.
    LoseReply,
    /// Carries the request out, but sends only the first half of the body.
    Truncate,
    /// Hides connections younger than this, in simulated time, from listings and searches.
    IndexLag(#[serde(deserialize_with = "duration")] Duration),
    /// Returns listings and searches in a different order each time.
    Shuffle,
    /// Shows connections in listings and searches as they were this long ago, in simulated time,
    /// counted from when the fault was added.
    StaleListings(#[serde(deserialize_with = "duration")] Duration),
    /// Returns this redirect without carrying the request out.
    Redirect {
        /// HTTP status, such as 302.
        status: u16,
        /// Value of `Location`.
        location: String,
    },
    /// Carries the request out, but returns a web page with status 200, as a portal on the way may.
    WebPage,
    /// Falsifies the `Date` of the response.
    Date(DateFault),
    /// Falsifies the number of entries that lists claim to have.
    Total(TotalFault),
    /// Falsifies what pages say of the next one.
    Next(NextFault),
    /// Writes lists without entries differently.
    EmptyList(EmptyFault),
    /// Takes `uuid` and `code` from the entry at this position of each page, counted from 0.
    UnreadableEntry(usize),
    /// Leaves out the fields of these names wherever a response has them, such as `linkProtocol`
    /// (v4), or `vlanSTag` and `vlanCTag` (v3) for connections without their tags.
    Omit(Vec<String>),
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text).map_err(serde::de::Error::custom)
}

/// The response of a fault; see [`Effect::Answer`] and [`Effect::Redirect`].
#[derive(Debug, PartialEq)]
pub(crate) struct ScriptedResponse {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) body: Value,
}

/// The combined faults of one request.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RequestFaults {
    pub(crate) latency: Duration,
    pub(crate) response: Option<ScriptedResponse>,
    pub(crate) refusal: Option<ErrorCode>,
    pub(crate) lose_reply: bool,
    pub(crate) truncate: bool,
    pub(crate) answer: AnswerFaults,
    pub(crate) listing: ListingFaults,
}

/// The faults of listings and searches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ListingFaults {
    /// Younger connections are hidden.
    pub(crate) hide_younger: Duration,
    /// Connections are shown as they were this long ago.
    pub(crate) lag: Duration,
    /// Seed of the order; the usual order without one.
    pub(crate) shuffle: Option<u64>,
}

impl ListingFaults {
    /// Reorders a listing if a fault demands it.
    pub(crate) fn arrange<T>(self, items: &mut [T]) {
        let Some(seed) = self.shuffle else { return };
        // A linear congruential generator: the order has to differ, but to be the same in a rerun.
        let mut random = seed.wrapping_add(1);
        for last in (1..items.len()).rev() {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let high = usize::try_from(random >> 33).unwrap_or(0);
            items.swap(last, high % (last + 1));
        }
    }
}

/// A fault, and how many requests it has counted.
#[derive(Debug)]
struct ActiveFault {
    fault: InjectedFault,
    seen: u32,
}

impl ActiveFault {
    /// Counts a request if the fault counts such ones; whether it affects this one.
    fn meets(&mut self, method: &str, path: &str) -> bool {
        let InjectedFault { on, first, times, .. } = &self.fault;
        if !on.meets(method, path) {
            return false;
        }
        self.seen = self.seen.saturating_add(1);
        self.seen >= *first && (*times == 0 || self.seen < first.saturating_add(*times))
    }

    /// Whether it will affect no further request.
    fn is_over(&self) -> bool {
        let InjectedFault { first, times, .. } = &self.fault;
        *times > 0 && self.seen >= first.saturating_add(*times) - 1
    }
}

/// All active faults.
#[derive(Debug, Default)]
pub(crate) struct FaultScript {
    faults: Vec<ActiveFault>,
    requests: u64,
}

impl FaultScript {
    pub(crate) fn add(&mut self, fault: InjectedFault) {
        self.faults.push(ActiveFault { fault, seen: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// Counts a request and returns its faults.
    pub(crate) fn meet(&mut self, method: &str, path: &str) -> RequestFaults {
        self.requests += 1;
        let number = self.requests;
        let mut sum = RequestFaults::default();
        for active in &mut self.faults {
            if !active.meets(method, path) {
                continue;
            }
            match &active.fault.effect {
                Effect::Latency(more) => sum.latency = sum.latency.saturating_add(*more),
                Effect::Answer { status, retry_after, body } => {
                    sum.response = Some(ScriptedResponse {
                        status: *status,
                        retry_after: retry_after.clone(),
                        location: None,
                        body: body.clone(),
                    });
                }
                Effect::Redirect { status, location } => {
                    sum.response = Some(ScriptedResponse {
                        status: *status,
                        retry_after: None,
                        location: Some(location.clone()),
                        body: Value::Null,
                    });
                }
                Effect::Refuse(code) => sum.refusal = Some(*code),
                Effect::LoseReply => sum.lose_reply = true,
                Effect::Truncate => sum.truncate = true,
                Effect::IndexLag(age) => {
                    sum.listing.hide_younger = sum.listing.hide_younger.max(*age);
                }
                Effect::Shuffle => sum.listing.shuffle = Some(number),
                Effect::StaleListings(lag) => sum.listing.lag = sum.listing.lag.max(*lag),
                Effect::WebPage => sum.answer.web_page = true,
                Effect::Date(fault) => sum.answer.date = Some(*fault),
                Effect::Total(fault) => sum.answer.total = Some(fault.clone()),
                Effect::Next(fault) => sum.answer.next = Some(*fault),
                Effect::EmptyList(fault) => sum.answer.empty = Some(*fault),
                Effect::UnreadableEntry(at) => sum.answer.unreadable.push(*at),
                Effect::Omit(names) => sum.answer.omitted.extend(names.iter().cloned()),
            }
        }
        self.faults.retain(|active| !active.is_over());
        sum
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_nth_call_of_a_route_is_met_once() {
        let mut script = FaultScript::default();
        script.add(
            InjectedFault::once(Effect::LoseReply)
                .on("POST", "/ecx/v3/l2/connections")
                .from_number(2),
        );
        let mut lost = |method, path| script.meet(method, path).lose_reply;
        assert!(!lost("POST", "/ecx/v3/l2/connections"));
        assert!(!lost("GET", "/ecx/v3/l2/connections"));
        assert!(lost("POST", "/ecx/v3/l2/connections"));
        assert!(!lost("POST", "/ecx/v3/l2/connections"));
    }

    #[test]
    fn stars_stand_for_segments() {
        let route = |path: &str| RequestPattern { method: None, path: Some(path.to_owned()) };
        assert!(route("/fabric/v4/connections/*").meets("GET", "/fabric/v4/connections/1"));
        assert!(!route("/fabric/v4/connections/*").meets("GET", "/fabric/v4/connections"));
        assert!(!route("/fabric/v4/*").meets("GET", "/fabric/v4/connections/1"));
        assert!(route("/fabric/**").meets("GET", "/fabric/v4/connections/1"));
    }

    #[test]
    fn faults_are_read_from_json() {
        let fault: InjectedFault = serde_json::from_value(json!({
            "on": {"method": "GET"}, "times": 0, "effect": {"latency": "1500ms"},
        }))
        .unwrap();
        assert_eq!(fault.effect, Effect::Latency(Duration::from_millis(1500)));
        let fault: InjectedFault = serde_json::from_value(json!({"effect": "loseReply"})).unwrap();
        assert_eq!(fault, InjectedFault::once(Effect::LoseReply));
        let fault: InjectedFault = serde_json::from_value(json!({
            "effect": {"answer": {"status": 429, "retryAfter": "7"}},
        }))
        .unwrap();
        assert_eq!(
            fault.effect,
            Effect::Answer { status: 429, retry_after: Some("7".to_owned()), body: Value::Null }
        );
        let refuse = |code: &str| json!({"effect": {"refuse": code}});
        let fault: InjectedFault = serde_json::from_value(refuse("IC-LAYER2-AUTH-006")).unwrap();
        let code = ErrorCode::parse("IC-LAYER2-AUTH-006").unwrap();
        assert_eq!(fault, InjectedFault::once(Effect::Refuse(code)));
        let error =
            serde_json::from_value::<InjectedFault>(refuse("IC-LAYER2-AUTH-9")).unwrap_err();
        assert!(error.to_string().contains("IC-LAYER2-AUTH-006"), "{error}");
        assert!(serde_json::from_value::<InjectedFault>(json!({"effect": {"none": 1}})).is_err());
    }
}
