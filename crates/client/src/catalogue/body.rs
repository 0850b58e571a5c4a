//! What an error body says: every shape of v3, v4, the gateway and OAuth2, bounded and cleaned.
//!
//! What it means is not decided here.

use serde::Deserialize;
use serde_json::Value;

use fabric_domain::clean;

use crate::{error::Fault, lenient};

/// Faults that are kept of one answer.
const MAX_FAULTS: usize = 8;
/// Characters that are kept of one message.
const MAX_MESSAGE: usize = 400;

/// The fields of all shapes of error: v3, v4, the gateway's and OAuth2's.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Raw {
    #[serde(rename = "errorCode", alias = "error_code", deserialize_with = "lenient::text")]
    code: Option<String>,
    #[serde(
        rename = "errorMessage",
        alias = "error_message",
        alias = "message",
        deserialize_with = "lenient::text"
    )]
    message: Option<String>,
    #[serde(rename = "moreInfo", deserialize_with = "lenient::text")]
    more: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    details: Option<String>,
    #[serde(rename = "error_title", deserialize_with = "lenient::text")]
    title: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    property: Option<String>,
    #[serde(rename = "correlationId", deserialize_with = "lenient::text")]
    correlation_id: Option<String>,
    #[serde(rename = "additionalInfo")]
    additional: Value,
}

/// What an error body says: an object, an array of objects, or text.
pub(crate) fn faults(status: u16, body: &[u8]) -> Vec<Fault> {
    let items = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(items)) => items,
        Ok(item @ Value::Object(_)) => vec![item],
        Ok(_) | Err(_) => vec![],
    };
    let mut faults: Vec<Fault> =
        items.into_iter().take(MAX_FAULTS).map(|item| fault(status, item)).collect();
    if faults.is_empty() {
        let text = clean(&String::from_utf8_lossy(&body[..body.len().min(2048)]), 200);
        let message = if text.is_empty() {
            format!("HTTP status {status} without a text")
        } else {
            format!("HTTP status {status}: {text}")
        };
        faults.push(Fault { message, ..Fault::default() });
    }
    faults
}

fn fault(status: u16, item: Value) -> Fault {
    let raw: Raw = serde_json::from_value(item).unwrap_or_default();
    let additional = match raw.additional {
        Value::Array(items) => items,
        item @ Value::Object(_) => vec![item],
        _ => vec![],
    };
    let named = |key: &str| {
        additional.iter().find_map(|i| i.get(key).and_then(Value::as_str)).map(str::to_owned)
    };
    let reason = named("reason");
    let mut parts: Vec<&str> = vec![];
    for part in [&raw.message, &raw.title, &raw.more, &raw.details, &reason].into_iter().flatten() {
        if !part.is_empty() && !parts.contains(&part.as_str()) {
            parts.push(part);
        }
    }
    let message = if parts.is_empty() {
        format!("HTTP status {status}")
    } else {
        clean(&parts.join(": "), MAX_MESSAGE)
    };
    let short = |text: Option<String>| text.map(|t| clean(&t, 64)).filter(|t| !t.is_empty());
    Fault {
        code: short(raw.code),
        message,
        property: short(raw.property.filter(|p| !p.is_empty()).or_else(|| named("property"))),
        correlation_id: short(raw.correlation_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_v3_and_the_array_of_v4_are_read() {
        // IC-LAYER2-402 of the troubleshooting chapter, in an array and alone.
        let one = r#"{"errorCode":"IC-LAYER2-402","errorMessage":"Invalid Request","moreInfo":"Size: Max 24 characters are allowed for Primary Connection Name","property":"PrimaryName"}"#;
        for body in [one.to_owned(), format!("[{one}]")] {
            let faults = faults(400, body.as_bytes());
            assert_eq!(faults[0].code.as_deref(), Some("IC-LAYER2-402"));
            assert_eq!(faults[0].property.as_deref(), Some("PrimaryName"));
            assert_eq!(
                faults[0].message,
                "Invalid Request: Size: Max 24 characters are allowed for Primary Connection Name"
            );
        }
        let v4 = br#"[{"errorCode":"EQ-3142501","errorMessage":"Invalid input","correlationId":"c-1","additionalInfo":[{"property":"/bandwidth","reason":"too much"}]}]"#;
        let faults = faults(400, v4);
        assert_eq!(faults[0].property.as_deref(), Some("/bandwidth"));
        assert_eq!(faults[0].correlation_id.as_deref(), Some("c-1"));
        assert_eq!(faults[0].message, "Invalid input: too much");
    }

    #[test]
    fn text_html_and_nonsense_are_kept_short_and_printable() {
        let faults = faults(502, b"<html>\x1b[2J\nBad Gateway</html>");
        assert_eq!(faults[0].message, "HTTP status 502: <html> [2J Bad Gateway</html>");
        assert_eq!(super::faults(500, b"")[0].message, "HTTP status 500 without a text");
        assert_eq!(super::faults(400, b"[1,2]")[0].message, "HTTP status 400");
        let many = format!("[{}]", vec!["{}"; 500].join(","));
        assert_eq!(super::faults(400, many.as_bytes()).len(), MAX_FAULTS);
    }
}
