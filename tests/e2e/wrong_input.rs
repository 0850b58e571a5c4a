//! What a user reads when the API server rejects a wrong manifest: golden texts, one for each manifest
//! of `tests/wrong-input/admission`.
//!
//! All requests are dry runs, and no operator takes part.

use fabric_testkit::wrong_input::wrong_inputs;

use crate::installation::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn each_rejected_manifest_says_what_is_wrong_where_and_what_to_do() {
    let cluster = Installation::shared().admin().await;
    let mut differences = vec![];
    for case in wrong_inputs("admission") {
        let Err(message) = cluster.try_out(&case.object).await else {
            panic!("the API server takes {}", case.name);
        };
        assert!(!message.contains("should match"), "{}: {message}", case.name);
        differences.extend(case.difference(&in_order(&message)));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The message with its mistakes sorted: the API server lists them in any order.
fn in_order(message: &str) -> String {
    let Some((start, list)) =
        message.strip_suffix(']').and_then(|text| text.split_once(": [spec."))
    else {
        return message.to_owned();
    };
    let mut mistakes: Vec<&str> = list.split(", spec.").collect();
    mistakes.sort_unstable();
    format!("{start}: [spec.{}]", mistakes.join(", spec."))
}
