//! Removes the secrets of a request from the answer to it.
//!
//! A refusal may quote what it refuses, and refusals end up in conditions, events and logs.

use std::borrow::Cow;

use serde_json::Value;

/// Replaces a secret.
const HIDDEN: &str = "***";

/// The body of an answer without `secrets`, whichever of its texts quotes them.
pub(super) fn without<'a>(body: &'a [u8], secrets: &[&str]) -> Cow<'a, [u8]> {
    if secrets.is_empty() {
        return Cow::Borrowed(body);
    }
    // JSON may escape a character in several ways, so the search is for decoded texts.
    Cow::Owned(match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            hide(&mut value, secrets);
            value.to_string().into_bytes()
        }
        Err(_) => hidden(&String::from_utf8_lossy(body), secrets).into_bytes(),
    })
}

fn hide(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::String(text) => *text = hidden(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secrets)),
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(name, mut value)| {
                    hide(&mut value, secrets);
                    (hidden(&name, secrets), value)
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hidden(text: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(body: &str) -> String {
        String::from_utf8(without(body.as_bytes(), &["AKIA/1", "CXGJ+2"]).into_owned()).unwrap()
    }

    #[test]
    fn secrets_are_hidden_in_every_text_however_escaped() {
        assert_eq!(
            redacted(r#"[{"errorMessage":"key AKIA\/1 and CXGJ+2 are wrong","AKIA/1":1}]"#),
            r#"[{"***":1,"errorMessage":"key *** and *** are wrong"}]"#
        );
        assert_eq!(redacted(r#"{"a":["\u0041KIA/1"]}"#), r#"{"a":["***"]}"#);
        assert_eq!(redacted("<p>AKIA/1</p>"), "<p>***</p>");
        assert_eq!(redacted("nothing of them"), "nothing of them");
    }

    #[test]
    fn without_secrets_a_body_stays_as_it_is() {
        assert!(matches!(without(b"{ }", &[]), Cow::Borrowed(b"{ }")));
        assert_eq!(without(b"a b", &[""]).as_ref(), b"a b");
    }
}
