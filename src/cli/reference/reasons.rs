//! `docs/reasons.md`: the condition types and the reasons.
//!
//! Enumerates the tables that all conditions and events are written with.

use strum::IntoEnumIterator;

use fabric_api::{ConditionType, Reason};

use crate::cli::reference::{ORIGIN, code, table};

/// The page.
pub(super) fn page() -> String {
    let conditions =
        ConditionType::iter().map(|kind| [code([kind.as_str()]), kind.meaning().to_owned()]);
    let reasons = Reason::iter().map(|reason| {
        let stalls = if reason.stalls() { "yes" } else { "no" };
        [
            code([reason.as_str()]),
            reason.meaning().to_owned(),
            reason.remedy().to_owned(),
            stalls.to_owned(),
        ]
    });
    [
        format!(
            "# Conditions and reasons\n\n{ORIGIN}\n\n\
             Scripts and alerts may rely on these words: releases add words and rename none. `kubectl get -o wide`\n\
             shows the message of `Ready`, `kubectl describe` the events, which have the same reasons.\n\n\
             ## Conditions\n\n"
        ),
        table(["Condition", "Meaning"], conditions),
        "\n## Reasons\n\n\
         A resource is stalled if nothing changes until someone acts. Several problems share\n\
         the reason of one of them; if the operator retries another by itself, the resource is not stalled.\n\
         [states.md](states.md) and [errors.md](errors.md) say what leads to them.\n\n"
            .to_owned(),
        table(["Reason", "Meaning", "What to do", "Stalls"], reasons),
    ]
    .concat()
}
