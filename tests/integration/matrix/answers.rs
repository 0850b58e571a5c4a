//! What may come back for a request, and what each answer has to mean for the three kinds of calls.
//!
//! The table is written from "The order protocol" of docs/architecture.md and the tables of
//! docs/errors.md. It must not be derived from what the client does.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

/// How long the provider asks to wait where it names a time, in seconds.
pub const RETRY_AFTER: u64 = 120;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter)]
pub enum AnswerKind {
    NotSent,
    LostBefore,
    LostAfter,
    KnownCode,
    UnknownCode,
    Unauthorized,
    Forbidden,
    NotFound,
    Timeout,
    Conflict,
    Throttled,
    ThrottledWithTime,
    FailedAfter,
    Overloaded,
    Empty,
    Cut,
    Foreign,
    Redirect,
    WebPage,
}

/// What a call may do, which decides how its failures are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// Changes nothing.
    Safe,
    /// May be carried out only once.
    Changing,
    /// A `DELETE`, which changes nothing the second time.
    Delete,
}

/// What an answer has to mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedOutcome {
    /// The transport repeats the request at once.
    Repeated,
    /// The transport sends the request once more at once, with a fresh token.
    SignedInAgain,
    /// The operator knows that nothing was changed, and tries again later or when the user acts.
    Refused,
    /// The operator does not know what became of the request, and has to find out first. For a read
    /// it means an answer that cannot be read, after which the operator reads again later.
    Unknown,
    /// The provider has taken it.
    Accepted,
}

impl AnswerKind {
    /// The table: kind of answer × kind of call.
    pub fn means(self, call: CallKind) -> ExpectedOutcome {
        use ExpectedOutcome::{Accepted, Refused, Repeated, SignedInAgain, Unknown};
        let [safe, changing, delete] = match self {
            // "Refused, throttled, or never sent": nothing was ordered (6b).
            Self::NotSent => [Repeated, Refused, Repeated],
            // "Lost, unreadable, a 5xx or a 408" (6c). "The transport repeats safe calls, never this
            // one"; a DELETE may be repeated.
            Self::LostBefore
            | Self::LostAfter
            | Self::Timeout
            | Self::FailedAfter
            | Self::Overloaded
            | Self::Redirect => [Repeated, Unknown, Repeated],
            Self::KnownCode
            | Self::UnknownCode
            | Self::Forbidden
            | Self::NotFound
            | Self::Conflict
            | Self::Throttled
            | Self::ThrottledWithTime => [Refused, Refused, Refused],
            // "Only after a 401, a definite refusal, does it send the order once more".
            Self::Unauthorized => [SignedInAgain, SignedInAgain, SignedInAgain],
            // The answer to a DELETE may be without a body.
            Self::Empty => [Unknown, Unknown, Accepted],
            Self::Cut | Self::Foreign | Self::WebPage => [Unknown, Unknown, Unknown],
        };
        match call {
            CallKind::Safe => safe,
            CallKind::Changing => changing,
            CallKind::Delete => delete,
        }
    }

    /// Whether the token endpoint refuses the credentials with it, which then are not sent again: the
    /// column "For a sign-in". S1002, the known code, is no refusal.
    pub fn refuses_credentials(self) -> bool {
        match self {
            Self::UnknownCode | Self::Unauthorized | Self::Forbidden => true,
            Self::NotSent
            | Self::LostBefore
            | Self::LostAfter
            | Self::KnownCode
            | Self::NotFound
            | Self::Timeout
            | Self::Conflict
            | Self::Throttled
            | Self::ThrottledWithTime
            | Self::FailedAfter
            | Self::Overloaded
            | Self::Empty
            | Self::Cut
            | Self::Foreign
            | Self::Redirect
            | Self::WebPage => false,
        }
    }

    /// Whether the provider carries the request out all the same.
    pub fn is_carried_out(self) -> bool {
        matches!(
            self,
            Self::LostAfter | Self::FailedAfter | Self::Empty | Self::Cut | Self::Foreign
        )
    }

    /// The answer in place of `real`, which is there if the request was carried out; `known` is an
    /// error code of the API. `None` if none arrives.
    pub fn response(self, real: Option<Response<Bytes>>, known: &str) -> Option<Response<Bytes>> {
        let refusal = |code: &str| format!(r#"[{{"errorCode":"{code}","errorMessage":"no"}}]"#);
        let (status, body) = match self {
            Self::NotSent | Self::LostBefore | Self::LostAfter => return None,
            Self::KnownCode => (400, refusal(known)),
            Self::UnknownCode => (400, refusal("EQ-0000000")),
            Self::Unauthorized => (401, String::new()),
            Self::Forbidden => (403, String::new()),
            Self::NotFound => (404, String::new()),
            Self::Timeout => (408, String::new()),
            Self::Conflict => (409, String::new()),
            Self::Throttled | Self::ThrottledWithTime => (429, String::new()),
            Self::FailedAfter => (500, String::new()),
            Self::Overloaded => (503, String::new()),
            Self::Empty => (200, String::new()),
            Self::Foreign => (200, "[42]".to_owned()),
            Self::Redirect => (302, String::new()),
            Self::WebPage => (200, "<html><body>Sign in</body></html>".to_owned()),
            Self::Cut => {
                let (parts, body) = real?.into_parts();
                return Some(Response::from_parts(parts, body.slice(..body.len() / 2)));
            }
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let headers = response.headers_mut();
        if self == Self::ThrottledWithTime {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER.into());
        }
        if self == Self::Redirect {
            let login = HeaderValue::from_static("https://login.example.com/");
            headers.insert(header::LOCATION, login);
        }
        Some(response)
    }
}
