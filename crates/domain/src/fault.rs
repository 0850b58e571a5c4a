//! What the provider says is wrong: with a request that it refused, or with a connection that failed.
//!
//! The provider's own words, cleaned and bounded where they were read. What a code means is not known
//! here.

use std::fmt;

use crate::text::joined;

/// The most faults that are kept of one answer or one connection.
const MAX_FAULTS: usize = 8;

/// One fault as the provider words it. Each text is on one line and bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// The error code, e.g. `IC-LAYER2-402` or `EQ-3142102`; at most 64 characters.
    pub code: Option<String>,
    /// The message; several, if the provider has several, joined by colons.
    pub message: String,
    /// What the provider adds to the message.
    pub details: Option<String>,
    /// What is wrong with `property`, where one error names several properties.
    pub reason: Option<String>,
    /// The request's property at fault.
    pub property: Option<String>,
    /// What to quote to the provider's support.
    pub correlation_id: Option<String>,
    /// What the provider advises, or where it documents the fault.
    pub help: Option<String>,
}

impl Fault {
    /// The message and all further texts, joined by colons.
    pub fn said(&self) -> String {
        let texts = [Some(self.message.as_str()), self.details.as_deref(), self.reason.as_deref()];
        joined(texts.into_iter().flatten())
    }

    /// The fault with what to quote to the provider's support: for a fault that the provider goes on
    /// showing under one id. Each refusal has an id of its own.
    pub fn with_correlation_id(&self) -> String {
        match &self.correlation_id {
            Some(id) => format!("{self} (correlation id {id})"),
            None => self.to_string(),
        }
    }

    /// As many of `faults` as are kept; in the place of those that are not, one that says how many
    /// they are.
    pub fn bounded(mut faults: Vec<Self>) -> Vec<Self> {
        if faults.len() > MAX_FAULTS {
            let more = faults.len() - (MAX_FAULTS - 1);
            faults.truncate(MAX_FAULTS - 1);
            let message = format!("and {more} more faults");
            faults.push(Self { message, ..Self::default() });
        }
        faults
    }
}

/// Without the correlation id, so that the same refusal reads the same each time.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.said())?;
        if let Some(property) = &self.property {
            write!(f, " (property {property})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(message: &str) -> Fault {
        Fault { message: message.into(), ..Fault::default() }
    }

    #[test]
    fn a_fault_shows_all_its_texts_once() {
        let whole = Fault {
            code: Some("EQ-1".into()),
            details: Some("d".into()),
            reason: Some("m".into()),
            property: Some("/p".into()),
            correlation_id: Some("c".into()),
            ..fault("m")
        };
        assert_eq!(whole.to_string(), "EQ-1: m: d (property /p)");
        assert_eq!(whole.with_correlation_id(), "EQ-1: m: d (property /p) (correlation id c)");
    }

    #[test]
    fn faults_that_are_not_kept_are_counted() {
        let many =
            |count: usize| Fault::bounded((0..count).map(|n| fault(&n.to_string())).collect());
        assert_eq!(many(8).len(), 8);
        assert_eq!(many(8)[7].message, "7");
        let nine = many(9);
        assert_eq!((nine.len(), nine[6].message.as_str()), (8, "6"));
        assert_eq!(nine[7].message, "and 2 more faults");
        assert_eq!(many(500)[7].message, "and 493 more faults");
    }
}
