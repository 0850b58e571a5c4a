//! Monthly prices: what a connection costs, and the limit that its owner sets.
//!
//! Amounts are counted in hundredths, so that comparisons are exact. Nothing here converts currencies.

use std::fmt;

use super::{Invalid, MetroCode, PortId, ProfileId, limits::Mbps};

/// A currency: three upper-case letters of ISO 4217, e.g. `USD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Parses a currency code.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match *text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(Invalid::new("currency", "must be three upper-case letters, such as USD")),
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.as_str())
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    hundredths: u64,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// Parses a decimal amount, e.g. `400`, `99.50` or `230.0`. Rounds fractions of a hundredth up, so
    /// that no price looks lower than it is.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, Invalid> {
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let hundredths = || {
            let fits = !whole.is_empty() && whole.len() <= 12 && digits(whole) && digits(fraction);
            let (cents, rest) = fraction.split_at_checked(2).unwrap_or((fraction, ""));
            let up = u64::from(rest.bytes().any(|b| b != b'0'));
            let cents: u64 = format!("{cents:0<2}").parse().ok()?;
            let whole: u64 = fits.then(|| whole.parse().ok())??;
            Some(whole * 100 + cents + up)
        };
        let invalid = || Invalid::new("amount", "must be a decimal number, such as 400 or 99.50");
        Ok(Self { hundredths: hundredths().ok_or_else(invalid)?, currency })
    }

    /// The amount with two decimals, e.g. `99.50`.
    pub fn amount(&self) -> String {
        format!("{}.{:02}", self.hundredths / 100, self.hundredths % 100)
    }

    /// The sum; `None` if the currencies differ, or if the sum does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        let hundredths = self.hundredths.checked_add(other.hundredths)?;
        (self.currency == other.currency).then_some(Self { hundredths, ..self })
    }

    /// Whether the amount is more than `limit`; `None` if the currencies differ.
    pub fn exceeds(self, limit: Self) -> Option<bool> {
        (self.currency == limit.currency).then_some(self.hundredths > limit.hundredths)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency.as_str())
    }
}

/// A connection to be priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its A-side port.
    pub port: PortId,
    /// Its bandwidth.
    pub bandwidth: Mbps,
    /// Its Z-side metro.
    pub metro: MetroCode,
    /// The seller's profile on the Z side, if any.
    pub profile: Option<ProfileId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::parse("USD").unwrap()).unwrap()
    }

    #[test]
    fn amounts_as_the_documents_write_them() {
        // "Get L2 Connection Price" answers "0" and "230.0"; the v4 specification 500.
        assert_eq!(usd("0").to_string(), "0.00 USD");
        assert_eq!(usd("230.0").to_string(), "230.00 USD");
        assert_eq!(usd("500").to_string(), "500.00 USD");
        assert_eq!(usd("99.5"), usd("99.50"));
        assert_eq!(usd("1.001"), usd("1.01"), "never lower than it is");
        let usd = Currency::parse("USD").unwrap();
        for bad in ["", ".5", "-1", "1e3", "1,5", "9999999999999"] {
            assert!(Money::parse(bad, usd).is_err(), "{bad:?}");
        }
        assert!(Currency::parse("usd").is_err());
    }

    #[test]
    fn only_one_currency_can_be_compared() {
        let chf = Money::parse("1", Currency::parse("CHF").unwrap()).unwrap();
        assert_eq!(usd("400.01").exceeds(usd("400")), Some(true));
        assert_eq!(usd("400").exceeds(usd("400")), Some(false));
        assert_eq!(usd("1").exceeds(chf), None);
        assert_eq!(usd("1").plus(chf), None);
        assert_eq!(usd("1.99").plus(usd("0.01")), Some(usd("2")));
    }
}
