//! The provider's error codes and HTTP statuses, and the class of error that each means.
//!
//! The tables classify answers, and the reference page is printed from them. A code decides before
//! the status does. What a class leads to is the caller's decision.

mod body;
mod statuses;
#[cfg(all(test, feature = "ecx-v3", feature = "fabric-v4"))]
mod tests;
#[cfg(feature = "ecx-v3")]
mod v3;
#[cfg(feature = "fabric-v4")]
mod v4;

use fabric_domain::Fault;

use crate::error::{Class, Error, Idempotency, Refusal};

pub use statuses::{STATUSES, Status};
#[cfg(feature = "ecx-v3")]
pub use v3::CODES as ECX_V3;
#[cfg(feature = "fabric-v4")]
pub use v4::CODES as FABRIC_V4;

pub(crate) use body::faults;
#[cfg(feature = "fabric-v4")]
pub(crate) use body::faults_of;

/// The codes of the gateway before both dialects, and of its token endpoint.
pub static OAUTH: &[Code] = &[Code::new(
    "S1002",
    None,
    Class::Unavailable,
    "The gateway could not reach what checks tokens and credentials; these are not refused.",
)];

/// The tables of this build.
static TABLES: &[&[Code]] = &[
    #[cfg(feature = "ecx-v3")]
    ECX_V3,
    #[cfg(feature = "fabric-v4")]
    FABRIC_V4,
    OAUTH,
];

/// An error code, or one of the things that the provider uses it for.
#[derive(Debug)]
pub struct Code {
    /// The code, e.g. `IC-LAYER2-402` or `EQ-3142102`.
    pub code: &'static str,
    /// The HTTP status that the documents give it, if they give one.
    pub status: Option<u16>,
    /// A part of the message that this entry is for, where the provider uses the code for several
    /// things. Such an entry stands before the one for all other messages.
    pub says: Option<&'static str>,
    /// The error that an answer with it is.
    pub class: Class,
    /// What happened, in a sentence.
    pub meaning: &'static str,
    /// What the user can do, where that is more than what the class already says. A part of a
    /// message: lower case, no trailing stop.
    pub remedy: Option<&'static str>,
}

impl Code {
    const fn new(
        code: &'static str,
        status: Option<u16>,
        class: Class,
        meaning: &'static str,
    ) -> Self {
        Self { code, status, says: None, class, meaning, remedy: None }
    }

    /// An entry of [`Class::Refused`], which needs a remedy.
    const fn refused(
        code: &'static str,
        status: u16,
        meaning: &'static str,
        remedy: &'static str,
    ) -> Self {
        Self::new(code, Some(status), Class::Refused, meaning).remedy(remedy)
    }

    const fn remedy(self, remedy: &'static str) -> Self {
        Self { remedy: Some(remedy), ..self }
    }

    /// Limits the entry to messages that contain `says`.
    #[cfg(feature = "ecx-v3")]
    const fn says(self, says: &'static str) -> Self {
        Self { says: Some(says), ..self }
    }

    /// The entry of a fault; `None` if no table has its code.
    pub fn of(fault: &Fault) -> Option<&'static Self> {
        let code = fault.code.as_deref()?;
        let mut entries = TABLES.iter().copied().flatten();
        entries.find(|e| e.code == code && e.says.is_none_or(|says| fault.said().contains(says)))
    }
}

/// The error that an answer without success is, for a request of this idempotency.
pub(crate) fn error(status: u16, body: &[u8], idempotency: Idempotency) -> Error {
    let faults = faults(status, body);
    let by_status = Status::of(status);
    let coded = faults.iter().filter_map(Code::of);
    // A server that gave up on a request is not believed about what became of it, unless the code
    // is documented with that very status.
    let coded = coded.filter(|code| !by_status.gave_up || code.status == Some(status));
    let classes: Vec<Class> = coded.map(|code| code.class).collect();
    // Of several faults, one that is more than a plain refusal decides: it asks for care.
    let class = classes.iter().find(|class| **class != Class::Refused).or(classes.first());
    let class = class.copied().unwrap_or(by_status.class);
    let class = match idempotency {
        Idempotency::Safe => class,
        Idempotency::Once => by_status.of_order(class),
    };
    Error::of(class, Refusal { status, faults: Fault::bounded(faults) })
}

/// The class of a token endpoint's answer that holds no token.
pub fn sign_in(status: u16, faults: &[Fault]) -> Class {
    let mut codes = faults.iter().filter_map(Code::of);
    if codes.any(|code| code.class == Class::Unavailable) {
        return Class::Unavailable;
    }
    match Status::of(status).class {
        Class::Throttled => Class::Throttled,
        Class::Refused | Class::Forbidden | Class::Credentials => Class::Credentials,
        // The endpoint has not checked the credentials.
        Class::Unavailable
        | Class::NoCapacity
        | Class::Busy
        | Class::Stale
        | Class::VlanInUse
        | Class::Gone
        | Class::NotVisible
        | Class::Ambiguous
        | Class::Unreadable
        | Class::Withdrawn => Class::Unavailable,
    }
}
