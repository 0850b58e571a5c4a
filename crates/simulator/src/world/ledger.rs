//! What the world accepted (orders, changes, cancellations), and the latest requests.
//!
//! The ledger keeps every order, so that a test can count them after the connections are gone.
//! Requests are masked before they are kept, so nothing here may hold a secret.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// How many requests are kept.
const KEPT_REQUESTS: usize = 10_000;

/// Fields whose values are masked.
const SECRETS: [&str; 5] =
    ["client_secret", "user_password", "refresh_token", "accessKey", "secretKey"];

/// The API that took a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiDialect {
    /// `/ecx/v3`.
    V3,
    /// `/fabric/v4`.
    V4,
}

/// An accepted order for one connection. A redundant pair has two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ordered {
    /// When, in simulated time.
    pub at: Timestamp,
    /// The API that took it.
    pub dialect: ApiDialect,
    /// The id of the new connection.
    pub uuid: String,
    /// The name of the connection.
    pub name: String,
    /// The A-side port.
    pub port: String,
    /// The only tag of Dot1q, the S-tag of `QinQ`.
    pub vlan: u16,
    /// The C-tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_tag: Option<u16>,
    /// The number of the organisation that ordered.
    pub organisation: u32,
}

/// An accepted cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cancelled {
    /// When, in simulated time.
    pub at: Timestamp,
    /// The API that took it.
    pub dialect: ApiDialect,
    /// The id of the connection.
    pub uuid: String,
}

/// An accepted change, whatever its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// When, in simulated time.
    pub at: Timestamp,
    /// The API that took it.
    pub dialect: ApiDialect,
    /// The id of the connection.
    pub uuid: String,
}

/// Everything that was accepted since the world began, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Accepted orders.
    pub orders: Vec<Ordered>,
    /// Accepted changes.
    pub changes: Vec<Changed>,
    /// Accepted cancellations.
    pub cancellations: Vec<Cancelled>,
}

/// A request as it arrived, without headers and with secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// When, in simulated time.
    pub at: Timestamp,
    /// The method, e.g. `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The HTTP status of the response, even if a fault lost it.
    pub status: u16,
    /// The body; null if it is empty or not JSON.
    pub body: Value,
}

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Requests(VecDeque<Recorded>);

impl Requests {
    pub(crate) fn keep(&mut self, mut request: Recorded) {
        mask(&mut request.body);
        if self.0.len() == KEPT_REQUESTS {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.0.iter().cloned().collect()
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // v4 has AWS's keys as {"key": "secretKey", "value": "..."}.
            let names_secret =
                fields.get("key").and_then(Value::as_str).is_some_and(|key| SECRETS.contains(&key));
            for (name, value) in fields {
                if SECRETS.contains(&name.as_str()) || (names_secret && name == "value") {
                    *value = Value::from("***");
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked() {
        let mut body = json!({
            "client_id": "ABCDE12345",
            "client_secret": "FGHIJ67890",
            "additionalInfo": [{"key": "secretKey", "value": "CXG"}, {"key": "ASN", "value": "1"}],
        });
        mask(&mut body);
        assert_eq!(
            body,
            json!({
                "client_id": "ABCDE12345",
                "client_secret": "***",
                "additionalInfo": [{"key": "secretKey", "value": "***"}, {"key": "ASN", "value": "1"}],
            })
        );
    }
}
