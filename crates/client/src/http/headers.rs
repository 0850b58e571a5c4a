//! The response headers that this client reads: `ETag` and `Retry-After`.
//!
//! Both come from outside, so both are bounded. What they lead to is the transport's business.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::{Timestamp, fmt::rfc2822};

/// The longest wait, in effect, that a `Retry-After` can ask for.
const MAX_WAIT: Duration = Duration::from_secs(3600);
/// The longest usable entity tag, in bytes.
const MAX_ETAG: usize = 64;

/// The entity tag of `ETag`, without its quotes: the published client sends it back that way.
pub(super) fn etag(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::ETAG)?.to_str().ok()?.trim();
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let usable = (1..=MAX_ETAG).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    usable.then(|| text.to_owned())
}

/// The wait of `Retry-After`, in either of its forms: seconds, or an HTTP date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = if let Ok(seconds) = text.parse::<u64>() {
        seconds
    } else {
        let date = rfc2822::parse(text).ok()?.timestamp();
        u64::try_from(date.as_second() - Timestamp::now().as_second()).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds).min(MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_without_their_quotes_and_bounded() {
        let read =
            |text: &str| etag(&HeaderMap::from_iter([(header::ETAG, text.parse().unwrap())]));
        assert_eq!(read("\"3\"").as_deref(), Some("3"));
        assert_eq!(read("3").as_deref(), Some("3"));
        assert_eq!(read("W/\"3\"").as_deref(), Some("3"));
        assert_eq!(read("\"\""), None);
        assert_eq!(read(&"3".repeat(65)), None);
    }

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn retry_after_in_both_forms() {
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("999999999")), Some(MAX_WAIT));
        assert_eq!(retry_after(&headers("Wed, 21 Oct 2015 07:28:00 GMT")), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers("soon")), None);
        let later = Timestamp::now() + Duration::from_secs(120);
        let text = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&later).unwrap();
        let wait = retry_after(&headers(&text)).unwrap().as_secs();
        assert!((115..=120).contains(&wait), "{wait}");
    }
}
