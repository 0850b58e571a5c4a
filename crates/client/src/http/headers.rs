//! The response headers that this client reads: `Date`, `ETag` and `Retry-After`.
//!
//! All come from outside, so all are bounded. What they lead to is the transport's business.

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

/// The provider's time when it answered, of `Date`.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(header::DATE)?.to_str().ok()?.trim();
    Some(rfc2822::parse(text).ok()?.timestamp())
}

/// The wait of `Retry-After`, in either of its forms: seconds, or an HTTP date. The date is the
/// provider's, so it counts from the provider's time where the answer shows that.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = if let Ok(seconds) = text.parse::<u64>() {
        seconds
    } else {
        let until = rfc2822::parse(text).ok()?.timestamp();
        let now = date(headers).unwrap_or_else(Timestamp::now);
        u64::try_from(until.as_second() - now.as_second()).unwrap_or(0)
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

    #[test]
    fn a_wait_until_a_date_counts_from_the_providers_time() {
        let mut skewed = headers("Wed, 21 Oct 2015 07:28:00 GMT");
        skewed.insert(header::DATE, "Wed, 21 Oct 2015 07:27:18 GMT".parse().unwrap());
        assert_eq!(retry_after(&skewed), Some(Duration::from_secs(42)));
    }

    #[test]
    fn a_date_is_read_or_absent() {
        let read =
            |text: &str| date(&HeaderMap::from_iter([(header::DATE, text.parse().unwrap())]));
        // The example of RFC 9110, section 6.6.1.
        let example: Timestamp = "1994-11-15T08:12:31Z".parse().unwrap();
        assert_eq!(read("Tue, 15 Nov 1994 08:12:31 GMT"), Some(example));
        for odd in ["", "now", "Tue, 99 Nov 1994 08:12:31 GMT"] {
            assert_eq!(read(odd), None, "{odd}");
        }
        assert_eq!(date(&HeaderMap::new()), None);
    }
}
