//! `docs/errors.md`: what the provider's error codes and statuses mean, and how the operator handles
//! them.
//!
//! Enumerates the tables that classify answers, and the handling of each class.

use strum::IntoEnumIterator;

use fabric_client::{
    Class,
    error_codes::{self, Code, ECX_V3, FABRIC_V4, OAUTH, STATUSES, Status},
};

use crate::{
    cli::reference::{ORIGIN, code, sentence, table},
    controllers::Handling,
};

/// Represents the account of a resource.
const ACCOUNT: &str = "NAME";

/// The page.
pub(super) fn page() -> String {
    [
        format!(
            "# Errors\n\n{ORIGIN}\n\n\
             The errors of Equinix, and how the operator handles them. The message of condition `Ready` says what the\n\
             operator tried, what Equinix answered and what to do; `status.providerFaults` keeps code, property and correlation id.\n\
             A code decides before the HTTP status does.\n\n\
             ## Kinds\n\n\
             The reason is that of `Ready`. Where the operator knows more, it is a closer one: `PortNotFound` for a port,\n\
             `CancellationRefused` for a cancellation. [reasons.md](reasons.md) lists all.\n\n"
        ),
        kinds(),
        "\n## Codes of ECX v3\n\n".to_owned(),
        codes(ECX_V3),
        "\n## Codes of Fabric v4\n\n".to_owned(),
        codes(FABRIC_V4),
        "\n## Codes of the gateway and of signing in\n\n".to_owned(),
        codes(OAUTH),
        "\n## HTTP statuses\n\n\
         Their meaning where no code says more. With a 5xx, only a code counts that is documented with that\n\
         very status.\n\n"
            .to_owned(),
        statuses(),
        "\nThe operator does not send refused credentials again, since five failures in a row lock the user. After\n\
         a 401 it first retries once, with a new token.\n"
            .to_owned(),
    ]
    .concat()
}

fn kinds() -> String {
    let rows = Class::iter().map(|class| {
        let handling = Handling::of(class, ACCOUNT);
        [
            name(class),
            code([handling.reason.as_str()]),
            handling.conduct.to_owned(),
            sentence(&handling.remedy),
        ]
    });
    table(["Kind", "Reason", "What the operator does", "What to do"], rows)
}

fn codes(codes: &[Code]) -> String {
    let rows = codes.iter().map(|entry| {
        let handling = Handling::of(entry.class, ACCOUNT);
        let several = codes.iter().any(|other| other.code == entry.code && other.says.is_some());
        let says = match entry.says {
            Some(says) => format!(" that says \"{says}\""),
            None if several => " that says anything else".to_owned(),
            None => String::new(),
        };
        [
            format!("{}{says}", code([entry.code])),
            entry.status.map(|status| status.to_string()).unwrap_or_default(),
            entry.meaning.to_owned(),
            name(entry.class),
            code([handling.reason.as_str()]),
            sentence(entry.remedy.unwrap_or(&handling.remedy)),
        ]
    });
    table(["Code", "HTTP", "Meaning", "Kind", "Reason", "What to do"], rows)
}

fn statuses() -> String {
    let rows = STATUSES.iter().map(|entry| {
        [
            numbers(entry),
            entry.meaning.to_owned(),
            name(entry.class),
            name(entry.of_order(entry.class)),
            name(error_codes::sign_in(entry.from, &[])),
        ]
    });
    table(["Status", "Meaning", "Kind", "For an order", "For a sign-in"], rows)
}

fn numbers(entry: &Status) -> String {
    if entry.from == entry.to {
        return entry.from.to_string();
    }
    let narrower = |other: &&Status| other.from == other.to && entry.from / 100 == other.from / 100;
    let other = STATUSES.iter().find(narrower).map_or("", |_| "other ");
    format!("{other}{}xx", entry.from / 100)
}

fn name(class: Class) -> String {
    <&str>::from(class).to_owned()
}
