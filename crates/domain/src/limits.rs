//! Values with the limits of the documents: names, VLAN tags, bandwidths, addresses.
//!
//! One type per limit, checked when the value is constructed and nowhere else.

use std::fmt;

use super::Invalid;

/// A VLAN tag, 2 to 4094 on both dialects (parameter tables of both documents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vlan(u16);

impl Vlan {
    /// Checks a tag.
    pub fn new(tag: u16) -> Result<Self, Invalid> {
        if (2..=4094).contains(&tag) {
            Ok(Self(tag))
        } else {
            Err(Invalid::new("VLAN tag", "must be 2 to 4094"))
        }
    }

    /// The tag as a number.
    pub fn get(self) -> u16 {
        self.0
    }

    /// Whether the tag exceeds the published v4 specification, which ends at 4092.
    pub fn beyond_v4_specification(self) -> bool {
        self.0 > 4092
    }
}

impl fmt::Display for Vlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Bandwidth in Mbit/s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mbps(u32);

impl Mbps {
    /// Checks a bandwidth: 1 to 100 000 Mbit/s, the widest range of the two APIs.
    pub fn new(mbps: u32) -> Result<Self, Invalid> {
        if (1..=100_000).contains(&mbps) {
            Ok(Self(mbps))
        } else {
            Err(Invalid::new("bandwidth", "must be 1 to 100000 Mbit/s"))
        }
    }

    /// Mbit/s.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Mbps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Mbit/s", self.0)
    }
}

/// The term of an order, in months (`order.termLength` of the v4 specification).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term(u8);

impl Term {
    /// Checks a term.
    pub fn new(months: u8) -> Result<Self, Invalid> {
        match months {
            1 | 12 | 24 | 36 => Ok(Self(months)),
            _ => Err(Invalid::new("term", "must be 1, 12, 24 or 36 months")),
        }
    }

    /// Months.
    pub fn months(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} months", self.0)
    }
}

macro_rules! limited_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $fits:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Parses and checks the text.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(Invalid::new($what, $rule))
                }
            }

            /// The text as sent to the API.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

limited_text! {
    /// The name of a connection at the provider (tables of all "Create Connection" steps).
    ConnectionName,
    "connection name",
    |t| (1..=24).contains(&t.len())
        && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
    "must be 1 to 24 letters, digits, hyphens or underscores"
}

limited_text! {
    /// The name of a service profile ("How to create a service profile?"; the v4 specification).
    ProfileName,
    "service profile name",
    |t| (1..=50).contains(&t.len())
        && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
    "must be 1 to 50 letters, digits, hyphens or underscores"
}

limited_text! {
    /// A purchase order number (IC-LAYER2-402 "Maximum 30 characters").
    PurchaseOrderNumber,
    "purchase order number",
    |t| (1..=30).contains(&t.chars().count()) && !t.chars().any(char::is_control),
    "must be 1 to 30 characters without control characters"
}

limited_text! {
    /// A customer reference number, as the operator makes it.
    CustomerReference,
    "customer reference",
    |t| (1..=64).contains(&t.len())
        && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/-".contains(&b)),
    "must be 1 to 64 letters, digits or any of . _ : / -"
}

limited_text! {
    /// An e-mail address, checked no further than the provider's own samples allow.
    Email,
    "e-mail address",
    |t| t.len() <= 254
        && !t.chars().any(|c| c.is_control() || c.is_whitespace())
        && t.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
    "must look like user@example.com and have at most 254 characters"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_documents() {
        assert!(Vlan::new(1).is_err() && Vlan::new(4095).is_err());
        assert!(Vlan::new(2).is_ok() && Vlan::new(4094).is_ok());
        assert!(!Vlan::new(4092).unwrap().beyond_v4_specification());
        assert!(Vlan::new(4093).unwrap().beyond_v4_specification());
        assert!(ConnectionName::parse(&"a".repeat(24)).is_ok());
        assert!(ConnectionName::parse(&"a".repeat(25)).is_err());
        assert!(ConnectionName::parse("JohnDoe_AWS@").is_err());
        assert!(ProfileName::parse(&"a".repeat(50)).is_ok());
        assert!(ProfileName::parse(&"a".repeat(51)).is_err());
        assert!(ProfileName::parse("John Doe").is_err());
        assert!(PurchaseOrderNumber::parse(&"1".repeat(31)).is_err());
        assert!(Email::parse("JohnDoe@equinix.com").is_ok());
        assert!(Email::parse("nobody").is_err());
        assert!(Mbps::new(0).is_err());
        assert!(Term::new(12).is_ok() && Term::new(0).is_err() && Term::new(13).is_err());
    }
}
