//! The provider's error codes and HTTP statuses, and what each means for us.
//!
//! One table for all that the documents list; answers are classified by it and the reference page
//! is printed from it. A code decides before the status does. What a class leads to is the
//! callers' business.

mod body;
mod statuses;
#[cfg(test)]
mod tests;
mod v3;
mod v4;

use super::{
    error::{Class, Error, Fault, Refusal},
    transport::Effect,
};

pub(super) use body::faults;

pub use statuses::{STATUSES, Status};
pub use v3::CODES as ECX_V3;
pub use v4::CODES as FABRIC_V4;

/// One code, or one of the things that a code is used for.
#[derive(Debug)]
pub struct Code {
    /// The code, e.g. `IC-LAYER2-402` or `EQ-3142102`.
    pub code: &'static str,
    /// The HTTP status that it is documented with, if one is.
    pub status: Option<u16>,
    /// What the message says where the code alone does not tell; such an entry stands before the
    /// one for all other messages.
    pub says: Option<&'static str>,
    /// What it means for us.
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

    /// A refusal, and what to do about it.
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

    /// Only if the message says so.
    const fn says(self, says: &'static str) -> Self {
        Self { says: Some(says), ..self }
    }

    /// The entry of a fault; `None` if the tables lack its code.
    pub fn of(fault: &Fault) -> Option<&'static Self> {
        let code = fault.code.as_deref()?;
        let mut entries = ECX_V3.iter().chain(FABRIC_V4);
        entries.find(|e| e.code == code && e.says.is_none_or(|says| fault.message.contains(says)))
    }
}

/// Turns an answer that is no success into the error it means for a request of `effect`.
pub(super) fn error(status: u16, body: &[u8], effect: Effect) -> Error {
    let refusal = Refusal { status, faults: faults(status, body) };
    let by_status = Status::of(status);
    let coded = refusal.faults.iter().filter_map(Code::of);
    // Who gave up on a request may not be believed about it, unless documented to say just that.
    let coded = coded.filter(|code| !by_status.gave_up || code.status == Some(status));
    let classes: Vec<Class> = coded.map(|code| code.class).collect();
    // Several faults come in one answer. What is more than a plain no decides: it asks for care.
    let class = classes.iter().find(|class| **class != Class::Refused).or(classes.first());
    let class = class.copied().unwrap_or(by_status.class);
    let class = match effect {
        Effect::Safe => class,
        Effect::Once => by_status.of_order(class),
    };
    Error::of(class, refusal)
}

/// What an answer that holds no token means to whoever wants to sign in.
pub fn sign_in(status: u16, faults: &[Fault]) -> Class {
    let mut codes = faults.iter().filter_map(Code::of);
    if codes.any(|code| code.class == Class::Unavailable) {
        return Class::Unavailable;
    }
    match Status::of(status).class {
        Class::Throttled => Class::Throttled,
        Class::Refused | Class::Forbidden | Class::Credentials => Class::Credentials,
        // Nobody has looked at the credentials.
        Class::Unavailable
        | Class::NoCapacity
        | Class::Busy
        | Class::Stale
        | Class::VlanInUse
        | Class::Gone
        | Class::NotVisible
        | Class::Ambiguous
        | Class::Unreadable => Class::Unavailable,
    }
}
