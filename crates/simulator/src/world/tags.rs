//! The tagging tables of the v3 document: which C-tags an order must have, and which it must not.
//!
//! They depend on the flow and on the encapsulation of both sides; if a side states none, either of
//! its rows is fine. Values of tags, and whether they are free, are checked elsewhere.

use fabric_domain::{Encapsulation, Flow, LinkProtocol};

/// What a table says about one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagRule {
    /// An order must have it.
    Required,
    /// An order must not have it.
    Forbidden,
    /// The encapsulation is unknown, so both are accepted.
    Optional,
}

/// The rules for the C-tags of one leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TagRules {
    /// The A-side C-tag.
    pub(crate) c_tag: TagRule,
    /// The Z-side C-tag.
    pub(crate) z_c_tag: TagRule,
}

/// Looks up the rules for one leg; `manual` is Azure's manual peering.
pub(crate) fn tag_rules(
    flow: Flow,
    a_side: Option<Encapsulation>,
    z_side: Option<Encapsulation>,
    manual: bool,
) -> TagRules {
    use Encapsulation::{Dot1q, Qinq, Untagged};
    use TagRule::{Forbidden, Optional, Required};
    let (c_tag, z_c_tag) = match flow {
        Flow::Aws | Flow::Google | Flow::Oracle => match a_side {
            Some(Dot1q | Untagged) => (Forbidden, Forbidden),
            Some(Qinq) => (Required, Forbidden),
            None => (Optional, Forbidden),
        },
        // The only C-tag column of this table is the Z side's, for Dot1q ports.
        Flow::Azure => match a_side {
            Some(Dot1q | Untagged) if manual => (Forbidden, Required),
            None if manual => (Forbidden, Optional),
            Some(Dot1q | Untagged | Qinq) | None => (Forbidden, Forbidden),
        },
        Flow::Seller | Flow::Own | Flow::Token | Flow::Invitation => match (a_side, z_side) {
            (Some(Dot1q | Untagged), Some(Qinq)) => (Forbidden, Required),
            (Some(Dot1q | Untagged), Some(Dot1q | Untagged)) | (Some(Qinq), Some(Qinq)) => {
                (Forbidden, Forbidden)
            }
            (Some(Qinq), Some(Dot1q | Untagged)) => (Required, Forbidden),
            (Some(Dot1q | Untagged), None) => (Forbidden, Optional),
            (Some(Qinq), None) => (Optional, Forbidden),
            (None, _) => (Optional, Optional),
        },
    };
    TagRules { c_tag, z_c_tag }
}

/// Whether two links conflict on one port: same S-tag, and no C-tags that differ.
pub(crate) fn clash(one: LinkProtocol, other: LinkProtocol) -> bool {
    let (one, other) = (one.tags(), other.tags());
    one.s_tag == other.s_tag
        && match (one.c_tag, other.c_tag) {
            (Some(one), Some(other)) => one == other,
            (Some(_), None) | (None, Some(_) | None) => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold() {
        use Encapsulation::{Dot1q, Qinq};
        use TagRule::{Forbidden, Required};
        let rows = [
            (Flow::Aws, Dot1q, Dot1q, false, Forbidden, Forbidden),
            (Flow::Aws, Qinq, Dot1q, false, Required, Forbidden),
            (Flow::Azure, Dot1q, Qinq, false, Forbidden, Forbidden),
            (Flow::Azure, Dot1q, Qinq, true, Forbidden, Required),
            (Flow::Azure, Qinq, Qinq, true, Forbidden, Forbidden),
            (Flow::Google, Qinq, Dot1q, false, Required, Forbidden),
            (Flow::Oracle, Qinq, Dot1q, false, Required, Forbidden),
            (Flow::Seller, Dot1q, Qinq, false, Forbidden, Required),
            (Flow::Seller, Dot1q, Dot1q, false, Forbidden, Forbidden),
            (Flow::Seller, Qinq, Dot1q, false, Required, Forbidden),
            (Flow::Seller, Qinq, Qinq, false, Forbidden, Forbidden),
            (Flow::Own, Dot1q, Qinq, false, Forbidden, Required),
        ];
        for (flow, a_side, z_side, manual, c_tag, z_c_tag) in rows {
            assert_eq!(
                tag_rules(flow, Some(a_side), Some(z_side), manual),
                TagRules { c_tag, z_c_tag },
                "{flow:?} {a_side:?} {z_side:?}"
            );
        }
    }
}
