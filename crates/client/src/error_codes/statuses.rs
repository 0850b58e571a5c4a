//! The HTTP statuses, and what each means without a known error code.
//!
//! From "HTTP Status codes" of the v3 document; the published v4 specification lists the same for
//! each call. A status that neither lists has its standard meaning. Codes are not looked at here.

use crate::error::Class;

/// An HTTP status, or a range of them.
#[derive(Debug)]
pub struct Status {
    /// The first one.
    pub from: u16,
    /// The last one.
    pub to: u16,
    /// The error that an answer with it is, for a request that is safe to repeat.
    pub class: Class,
    /// Whether the provider gave up on the request. It may have carried it out, so the error of a
    /// request that may be carried out only once is [`Class::Ambiguous`].
    pub gave_up: bool,
    /// What happened, in a sentence.
    pub meaning: &'static str,
}

impl Status {
    const fn one(status: u16, class: Class, meaning: &'static str) -> Self {
        Self::range(status, status, class, meaning)
    }

    const fn range(from: u16, to: u16, class: Class, meaning: &'static str) -> Self {
        Self { from, to, class, gave_up: false, meaning }
    }

    const fn gave_up(self) -> Self {
        Self { gave_up: true, ..self }
    }

    /// The entry of a status.
    pub fn of(status: u16) -> &'static Self {
        STATUSES.iter().find(|entry| (entry.from..=entry.to).contains(&status)).unwrap_or(&OTHER)
    }

    /// What `class` becomes with this status, in answer to an order or to any other request that may
    /// be carried out only once.
    pub fn of_order(&self, class: Class) -> Class {
        if self.gave_up && class == Class::Unavailable { Class::Ambiguous } else { class }
    }
}

/// Not a status of HTTP, or not one that ends a request.
static OTHER: Status =
    Status::range(0, u16::MAX, Class::Unavailable, "The answer has no usable status.").gave_up();

/// All statuses except those of success, narrower entries first.
pub static STATUSES: &[Status] = &[
    Status::range(300, 399, Class::Unavailable, "The endpoint redirects, which is not followed.")
        .gave_up(),
    Status::one(400, Class::Refused, "A field or a business rule is violated."),
    Status::one(401, Class::Forbidden, "The token is not accepted, nor is a new one."),
    Status::one(403, Class::Forbidden, "The user may not do this."),
    Status::one(404, Class::NotVisible, "The resource does not exist or is not available."),
    Status::one(405, Class::Refused, "The method does not exist on this path."),
    Status::one(408, Class::Unavailable, "The request took too long.").gave_up(),
    Status::one(409, Class::Busy, "The resource is in between two states."),
    Status::one(410, Class::Gone, "The resource is deleted."),
    Status::one(412, Class::Stale, "The resource was changed since it was read."),
    Status::one(415, Class::Refused, "The body is in a format that the path does not take."),
    Status::one(429, Class::Throttled, "Too many requests in the time given."),
    Status::range(400, 499, Class::Refused, "The request is refused."),
    Status::one(500, Class::Unavailable, "The server met an unexpected fault.").gave_up(),
    Status::one(503, Class::Unavailable, "Overload or maintenance, for a while.").gave_up(),
    Status::range(500, 599, Class::Unavailable, "The server or a gateway fails.").gave_up(),
];
