//! Reads error bodies: every shape of v3, v4, the gateway and OAuth 2, bounded and cleaned.
//!
//! What a fault means is decided elsewhere.

use serde::Deserialize;
use serde_json::Value;

use fabric_domain::{Fault, clean};

use crate::lenient::{Items, Text};

/// Characters kept of one text.
const MAX_TEXT: usize = 400;
/// Characters kept of the name of a property: v4 gives a path.
const MAX_PROPERTY: usize = 128;
/// Characters kept of any other field.
const MAX_FIELD: usize = 64;

/// The fields of all shapes of error: v3, v4, the gateway's and OAuth 2's.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorBody {
    #[serde(rename = "errorCode")]
    code: Text,
    /// OAuth 2.
    #[serde(rename = "error_code")]
    oauth_code: Text,
    #[serde(rename = "errorMessage")]
    message: Text,
    /// OAuth 2.
    #[serde(rename = "error_message")]
    oauth_message: Text,
    /// The gateway's.
    #[serde(rename = "message")]
    gateway_message: Text,
    #[serde(rename = "moreInfo")]
    more: Text,
    details: Text,
    #[serde(rename = "error_title")]
    title: Text,
    property: Text,
    #[serde(rename = "correlationId")]
    correlation_id: Text,
    help: Text,
    #[serde(rename = "additionalInfo")]
    additional: Items<AdditionalInfo>,
}

/// One property at fault, of the several that one error of v4 may name.
#[derive(Deserialize, Default)]
#[serde(default)]
struct AdditionalInfo {
    property: Text,
    reason: Text,
}

/// The faults of an error body: an object, an array of objects, or text. At least one; all that there
/// are.
pub(crate) fn faults(status: u16, body: &[u8]) -> Vec<Fault> {
    let items = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(items)) => items,
        Ok(item @ Value::Object(_)) => vec![item],
        Ok(_) | Err(_) => vec![],
    };
    let unsaid = format!("HTTP status {status}");
    let mut faults: Vec<Fault> =
        items.into_iter().flat_map(|item| faults_of(item, &unsaid)).collect();
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

/// The faults of one error: one for each property that it names, or one for all of it. `unsaid` is
/// the message of an error without a text.
pub(crate) fn faults_of(error: Value, unsaid: &str) -> Vec<Fault> {
    let body: ErrorBody = serde_json::from_value(error).unwrap_or_default();
    let property = body.property.get().filter(|text| !text.is_empty());
    let named = body.additional.iter().filter(|info| {
        [&info.property, &info.reason].iter().any(|text| text.non_empty().is_some())
    });
    let mut faults: Vec<Fault> = named
        .map(|info| fault(&body, property.or(info.property.get()), info.reason.get(), unsaid))
        .collect();
    if faults.is_empty() {
        faults.push(fault(&body, property, None, unsaid));
    }
    faults
}

fn fault(body: &ErrorBody, property: Option<&str>, reason: Option<&str>, unsaid: &str) -> Fault {
    let messages =
        [&body.message, &body.oauth_message, &body.gateway_message, &body.title, &body.more];
    let mut said: Vec<&str> = vec![];
    for text in messages.into_iter().filter_map(Text::get) {
        if !text.is_empty() && !said.contains(&text) {
            said.push(text);
        }
    }
    let bounded =
        |text: Option<&str>, max| text.map(|text| clean(text, max)).filter(|text| !text.is_empty());
    let (details, reason) = (bounded(body.details.get(), MAX_TEXT), bounded(reason, MAX_TEXT));
    let message = match bounded(Some(&said.join(": ")), MAX_TEXT) {
        Some(message) => message,
        None if details.is_some() || reason.is_some() => String::new(),
        None => unsaid.to_owned(),
    };
    Fault {
        code: bounded(body.code.get(), MAX_FIELD).or(bounded(body.oauth_code.get(), MAX_FIELD)),
        message,
        details,
        reason,
        property: bounded(property, MAX_PROPERTY),
        correlation_id: bounded(body.correlation_id.get(), MAX_FIELD),
        help: bounded(body.help.get(), MAX_TEXT),
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
        assert_eq!(faults[0].said(), "Invalid input: too much");
    }

    #[test]
    fn every_property_that_an_error_names_is_a_fault() {
        let body = br#"[{"errorCode":"EQ-3142501","correlationId":"c-1","details":"Two values are wrong","help":"https://docs.equinix.com","additionalInfo":[{"property":"/notifications/emails","reason":"must be a company address"},{"property":"/order/termLength","reason":"not a legal term"}]}]"#;
        let fault = |property: &str, reason: &str| Fault {
            code: Some("EQ-3142501".into()),
            details: Some("Two values are wrong".into()),
            reason: Some(reason.into()),
            property: Some(property.into()),
            correlation_id: Some("c-1".into()),
            help: Some("https://docs.equinix.com".into()),
            ..Fault::default()
        };
        let expected = [
            fault("/notifications/emails", "must be a company address"),
            fault("/order/termLength", "not a legal term"),
        ];
        let read = faults(400, body);
        assert_eq!(read, expected);
        assert_eq!(read[0].said(), "Two values are wrong: must be a company address");
        let many = vec![r#"{"property":"/p","reason":"r"}"#; 500].join(",");
        let many = format!(r#"{{"errorCode":"EQ-3142501","additionalInfo":[{many}]}}"#);
        assert_eq!(faults(400, many.as_bytes()).len(), 500);
    }

    #[test]
    fn two_spellings_of_a_field_cost_no_code() {
        let body = br#"{"errorCode":"EQ-3142501","errorMessage":"Invalid input","message":"Bad Request","error_code":"x"}"#;
        let faults = faults(400, body);
        assert_eq!(faults[0].code.as_deref(), Some("EQ-3142501"));
        assert_eq!(faults[0].message, "Invalid input: Bad Request");
    }

    #[test]
    fn text_html_and_nonsense_are_kept_short_and_printable() {
        let faults = faults(502, b"<html>\x1b[2J\nBad Gateway</html>");
        assert_eq!(faults[0].message, "HTTP status 502: <html> [2J Bad Gateway</html>");
        assert_eq!(super::faults(500, b"")[0].message, "HTTP status 500 without a text");
        assert_eq!(super::faults(400, b"[1,2]")[0].message, "HTTP status 400");
        let many = format!("[{}]", vec!["{}"; 500].join(","));
        assert_eq!(super::faults(400, many.as_bytes()).len(), 500);
    }
}
