//! The labels of the metrics.
//!
//! `&'static str` keeps text from objects and answers out of them, and so bounds their number. Two labels
//! are a `String`: the currency, whose type allows three letters, and the namespace, which only an
//! administrator's setting adds. No other may be.

use prometheus_client::encoding::EncodeLabelSet;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct VersionLabels {
    pub(super) version: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PassLabels {
    pub(super) kind: &'static str,
    pub(super) step: &'static str,
    pub(super) result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct KindLabels {
    pub(super) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct FailureLabels {
    pub(super) kind: &'static str,
    pub(super) category: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) dialect: &'static str,
    pub(super) operation: &'static str,
    pub(super) code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OperationLabels {
    pub(super) dialect: &'static str,
    pub(super) operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct DialectLabels {
    pub(super) dialect: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PhaseLabels {
    pub(super) kind: &'static str,
    pub(super) phase: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StalledLabels {
    pub(super) kind: &'static str,
    pub(super) reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ResultLabels {
    pub(super) result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CurrencyLabels {
    pub(super) currency: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct NamespaceCurrencyLabels {
    pub(super) namespace: String,
    pub(super) currency: String,
}

/// The provider's answer to a command, as the label `result`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum Answer {
    /// The provider carried it out, or had done so before.
    Taken,
    /// The provider refused it, or the request did not reach the provider.
    Refused,
    /// The answer was lost or unreadable: the provider may have carried it out.
    Unknown,
}

impl Answer {
    /// Classifies the result of a call.
    pub fn of<T>(result: &Result<T, fabric_client::Error>) -> Self {
        use fabric_client::Error;
        match result {
            Ok(_) | Err(Error::Gone(_)) => Self::Taken,
            Err(Error::Ambiguous(_) | Error::Unreadable(_)) => Self::Unknown,
            Err(
                Error::Unavailable(_)
                | Error::Throttled { .. }
                | Error::Credentials(_)
                | Error::Forbidden(_)
                | Error::Refused(_)
                | Error::NoCapacity(_)
                | Error::Busy(_)
                | Error::VlanInUse(_)
                | Error::Stale(_)
                | Error::NotVisible(_)
                | Error::Withdrawn(_),
            ) => Self::Refused,
        }
    }
}
