//! Which VLAN tags a connection has on each side: the "tagging criteria" tables of all flows.
//!
//! Pure rules. Where the encapsulation of the Z side is not known, the API decides.

use super::{Encapsulation, LinkProtocol, Peering, Vlan};

/// The kind of Z side, where it affects the tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZSideKind {
    /// A Dot1q port: all clouds but Azure, and other sellers with such a port.
    Dot1q,
    /// A QinQ port.
    Qinq,
    /// Azure, whose portal assigns the Z-side C-tag unless the peering is manual.
    Azure(Option<Peering>),
    /// Not known.
    Unknown,
}

impl ZSideKind {
    /// The Z side of a port or profile with this encapsulation.
    pub fn of(encapsulation: Option<Encapsulation>) -> Self {
        match encapsulation {
            Some(Encapsulation::Dot1q) => Self::Dot1q,
            Some(Encapsulation::Qinq) => Self::Qinq,
            Some(Encapsulation::Untagged) | None => Self::Unknown,
        }
    }
}

/// A tag that is missing or does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagFault {
    /// The A-side C-tag is missing (IC-LAYER2-VLAN-007).
    ACTagMissing,
    /// The A-side C-tag does not apply (IC-LAYER2-VLAN-005).
    ACTagNotApplicable,
    /// The Z-side C-tag is missing.
    ZCTagMissing,
    /// The Z-side C-tag does not apply.
    ZCTagNotApplicable,
    /// Azure requires the peering of a connection from a Dot1q port.
    PeeringMissing,
}

/// The faults in the tags of an order from `a_side` to `z_side` with this Z-side C-tag.
pub fn faults(a_side: LinkProtocol, z_side: ZSideKind, z_c_tag: Option<Vlan>) -> Vec<TagFault> {
    let mut faults = vec![];
    let (a_dot1q, a_c_tag) = match a_side {
        LinkProtocol::Dot1q(_) => (true, None),
        LinkProtocol::Qinq { c_tag, .. } => (false, c_tag),
    };
    // `None`: the tables do not say.
    let (a_needed, z_needed) = match (a_dot1q, z_side) {
        (true, ZSideKind::Qinq) => (Some(false), Some(true)),
        (true, ZSideKind::Azure(peering)) => {
            if peering.is_none() {
                faults.push(TagFault::PeeringMissing);
            }
            (Some(false), peering.map(|p| p == Peering::Manual))
        }
        (false, ZSideKind::Dot1q) => (Some(true), Some(false)),
        (true, ZSideKind::Dot1q) | (false, ZSideKind::Qinq | ZSideKind::Azure(_)) => {
            (Some(false), Some(false))
        }
        (_, ZSideKind::Unknown) => (None, None),
    };
    match (a_needed, a_c_tag) {
        (Some(true), None) => faults.push(TagFault::ACTagMissing),
        (Some(false), Some(_)) => faults.push(TagFault::ACTagNotApplicable),
        (Some(true), Some(_)) | (Some(false), None) | (None, _) => {}
    }
    match (z_needed, z_c_tag) {
        (Some(true), None) => faults.push(TagFault::ZCTagMissing),
        (Some(false), Some(_)) => faults.push(TagFault::ZCTagNotApplicable),
        (Some(true), Some(_)) | (Some(false), None) | (None, _) => {}
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vlan() -> Vlan {
        Vlan::new(774).unwrap()
    }

    fn a_side(dot1q: bool, c_tag: bool) -> LinkProtocol {
        if dot1q {
            LinkProtocol::Dot1q(vlan())
        } else {
            LinkProtocol::Qinq { s_tag: vlan(), c_tag: c_tag.then(vlan) }
        }
    }

    #[test]
    fn the_tagging_tables() {
        // (A side is Dot1q, Z side, A-side C-tag required, Z-side C-tag required), row by row.
        let rows = [
            // AWS, Google, Oracle, Oracle Government: "Port Type (Z-side)" is Dot1q.
            (true, ZSideKind::Dot1q, false, false),
            (false, ZSideKind::Dot1q, true, false),
            // Azure, from Dot1q and from QinQ, all four peerings.
            (true, ZSideKind::Azure(Some(Peering::Public)), false, false),
            (true, ZSideKind::Azure(Some(Peering::Private)), false, false),
            (true, ZSideKind::Azure(Some(Peering::Microsoft)), false, false),
            (true, ZSideKind::Azure(Some(Peering::Manual)), false, true),
            (false, ZSideKind::Azure(Some(Peering::Public)), false, false),
            (false, ZSideKind::Azure(Some(Peering::Private)), false, false),
            (false, ZSideKind::Azure(Some(Peering::Microsoft)), false, false),
            (false, ZSideKind::Azure(Some(Peering::Manual)), false, false),
            (false, ZSideKind::Azure(None), false, false),
            // Enterprise and self.
            (true, ZSideKind::Qinq, false, true),
            (false, ZSideKind::Qinq, false, false),
        ];
        for (dot1q, z_side, c_tag, z_c_tag) in rows {
            let row = format!("{dot1q} {z_side:?}");
            assert_eq!(faults(a_side(dot1q, c_tag), z_side, z_c_tag.then(vlan)), [], "{row}");
            let other = faults(a_side(dot1q, c_tag), z_side, (!z_c_tag).then(vlan));
            let expected =
                if z_c_tag { TagFault::ZCTagMissing } else { TagFault::ZCTagNotApplicable };
            assert_eq!(other, [expected], "{row}");
            if !dot1q {
                let other = faults(a_side(dot1q, !c_tag), z_side, z_c_tag.then(vlan));
                let expected =
                    if c_tag { TagFault::ACTagMissing } else { TagFault::ACTagNotApplicable };
                assert_eq!(other, [expected], "{row}");
            }
        }
        assert_eq!(
            faults(a_side(true, false), ZSideKind::Azure(None), None),
            [TagFault::PeeringMissing],
            "namedTag is required from a Dot1q port"
        );
    }

    #[test]
    fn where_the_z_side_is_not_known_the_api_decides() {
        for a_side in [a_side(true, false), a_side(false, false), a_side(false, true)] {
            assert_eq!(faults(a_side, ZSideKind::Unknown, None), []);
            assert_eq!(faults(a_side, ZSideKind::Unknown, Some(vlan())), []);
        }
    }
}
