//! Identifiers that the provider assigns.
//!
//! They are opaque: some examples in the documents are no UUIDs, so only length and characters are
//! checked, and the API judges the rest. An identifier that grants access must not print in `Debug`.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use secrecy::{ExposeSecret, SecretString};

/// Why a value cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {problem}")]
pub struct Invalid {
    /// The expected kind of value, e.g. "port id".
    pub what: &'static str,
    /// What the value must be, as words that follow `what`.
    pub problem: String,
}

impl Invalid {
    /// An error that reads "`what` `problem`", e.g. "VLAN tag must be 2 to 4094".
    pub fn new(what: &'static str, problem: impl Into<String>) -> Self {
        Self { what, problem: problem.into() }
    }
}

/// The longest identifier that is accepted, in bytes.
const MAX_ID: usize = 64;

fn opaque(what: &'static str, text: &str) -> Result<Box<str>, Invalid> {
    let fits = (1..=MAX_ID).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits {
        Ok(text.into())
    } else {
        Err(Invalid::new(what, format!("must be 1 to {MAX_ID} letters, digits or hyphens")))
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// It prints and travels as it was spelled, and compares without regard to letter case.
        #[derive(Clone)]
        pub struct $name(Box<str>);

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.to_ascii_lowercase().hash(state);
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                let lower = |id: &Self| id.0.to_ascii_lowercase();
                lower(self).cmp(&lower(other))
            }
        }

        impl $name {
            /// Parses an identifier as the API prints it.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                opaque($what, text).map(Self)
            }

            /// The identifier as sent to the API.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! visible_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        id!($(#[$doc])* $name, $what);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

visible_id! {
    /// A connection.
    ConnectionId, "connection id"
}
visible_id! {
    /// A port.
    PortId, "port id"
}
visible_id! {
    /// A service profile.
    ProfileId, "service profile id"
}
id! {
    /// A service token. Anyone who knows it can use it up, so it is never printed.
    ServiceTokenId, "service token"
}

impl fmt::Debug for ServiceTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceTokenId(***)")
    }
}

/// A metro: two upper-case letters, e.g. `SV`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetroCode([u8; 2]);

impl MetroCode {
    /// Parses a metro code; accepts lower case, since the documents use both.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match *text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(Invalid::new("metro code", "must be two letters, such as SV")),
        }
    }

    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for MetroCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for MetroCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MetroCode({self})")
    }
}

/// The key with which a buyer authenticates at the seller: an AWS account id, an Azure service key, a
/// Google pairing key. Never printed.
#[derive(Clone)]
pub struct AuthenticationKey(SecretString);

impl AuthenticationKey {
    /// The longest key that is accepted, in bytes; an Oracle circuit id, the longest known, has about
    /// 100.
    pub const MAX: usize = 256;

    /// Parses a key: 1 to [`Self::MAX`] printable characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::new(
                "authentication key",
                format!("must be 1 to {} printable characters without spaces", Self::MAX),
            ))
        }
    }

    /// The key in plain text, for the request body and its hash.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for AuthenticationKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for AuthenticationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthenticationKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_opaque_but_bounded() {
        // The documents' own example has 30 characters and is no UUID.
        assert!(ConnectionId::parse("9999a8-0e07-44d0-944c-88a25d8d28f7").is_ok());
        assert!(PortId::parse("7g831d3b-9740-7420-bae0-30ac1885127a").is_ok());
        for bad in ["", "a/b", "a b", "a\n", "../x", &"a".repeat(65)] {
            assert!(ConnectionId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids_keep_their_spelling_and_compare_without_it() {
        let (lower, upper) = ("7f891d3b-973e-73e0", "7F891D3B-973E-73E0");
        let ids = [lower, upper].map(|id| PortId::parse(id).unwrap());
        assert_eq!(ids[0], ids[1]);
        assert_eq!(ids[0].cmp(&ids[1]), Ordering::Equal);
        assert_eq!(HashSet::from(ids.clone()).len(), 1);
        assert_eq!(ids.map(|id| id.to_string()), [lower, upper]);
        let other = PortId::parse("7f891d3b-973e-73e1").unwrap();
        assert_ne!(PortId::parse(upper).unwrap(), other);
        assert!(PortId::parse(upper).unwrap() < other);
    }

    #[test]
    fn metro_codes_are_upper_case() {
        assert_eq!(MetroCode::parse("Dc").unwrap().as_str(), "DC");
        assert!(MetroCode::parse("SVX").is_err());
        assert!(MetroCode::parse("S1").is_err());
    }

    #[test]
    fn secrets_do_not_print() {
        let key = AuthenticationKey::parse("123456789012").unwrap();
        let token = ServiceTokenId::parse("20d32a80-0d61-4333-bc03-707b591ae2f4").unwrap();
        assert_eq!(format!("{key:?} {token:?}"), "AuthenticationKey(***) ServiceTokenId(***)");
    }
}
