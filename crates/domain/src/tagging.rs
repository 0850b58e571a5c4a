//! Which VLAN tags a connection carries at each end: the "tagging criteria" tables of all flows.
//!
//! Pure rules. Where the far end's encapsulation is not known, the API decides.

use super::{Encapsulation, LinkProtocol, Peering, Vlan};

/// The far end, as far as it decides about tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZSideKind {
    /// A Dot1q port: clouds but Azure, and whoever has one.
    Dot1q,
    /// A QinQ port.
    Qinq,
    /// Azure, whose far C-tag comes from its portal unless the peering is manual.
    Azure(Option<Peering>),
    /// Not known.
    Unknown,
}

impl ZSideKind {
    /// The far end behind a port or profile of this encapsulation.
    pub fn of(encapsulation: Option<Encapsulation>) -> Self {
        match encapsulation {
            Some(Encapsulation::Dot1q) => Self::Dot1q,
            Some(Encapsulation::Qinq) => Self::Qinq,
            Some(Encapsulation::Untagged) | None => Self::Unknown,
        }
    }
}

/// A tag that is missing or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagFault {
    /// The near C-tag is missing (IC-LAYER2-VLAN-007).
    ACTagMissing,
    /// The near C-tag does not apply (IC-LAYER2-VLAN-005).
    ACTagNotApplicable,
    /// The far C-tag is missing.
    ZCTagMissing,
    /// The far C-tag does not apply.
    ZCTagNotApplicable,
    /// Azure needs its peering from a Dot1q port.
    PeeringMissing,
}

/// What is wrong with the tags of an order from `near` to `far`, which names `z_c_tag`.
pub fn faults(near: LinkProtocol, far: ZSideKind, z_c_tag: Option<Vlan>) -> Vec<TagFault> {
    let mut faults = vec![];
    let (near_dot1q, a_c_tag) = match near {
        LinkProtocol::Dot1q(_) => (true, None),
        LinkProtocol::Qinq { c_tag, .. } => (false, c_tag),
    };
    // `None`: the tables leave it open.
    let (wants_near, wants_far) = match (near_dot1q, far) {
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
    match (wants_near, a_c_tag) {
        (Some(true), None) => faults.push(TagFault::ACTagMissing),
        (Some(false), Some(_)) => faults.push(TagFault::ACTagNotApplicable),
        (Some(true), Some(_)) | (Some(false), None) | (None, _) => {}
    }
    match (wants_far, z_c_tag) {
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

    fn near(dot1q: bool, c_tag: bool) -> LinkProtocol {
        if dot1q {
            LinkProtocol::Dot1q(vlan())
        } else {
            LinkProtocol::Qinq { s_tag: vlan(), c_tag: c_tag.then(vlan) }
        }
    }

    #[test]
    fn the_tagging_tables() {
        // (near is Dot1q, far end, C-tag required, Z-side C-tag required), row by row.
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
        for (dot1q, far, c_tag, z_c_tag) in rows {
            let row = format!("{dot1q} {far:?}");
            assert_eq!(faults(near(dot1q, c_tag), far, z_c_tag.then(vlan)), [], "{row}");
            let other = faults(near(dot1q, c_tag), far, (!z_c_tag).then(vlan));
            let expected =
                if z_c_tag { TagFault::ZCTagMissing } else { TagFault::ZCTagNotApplicable };
            assert_eq!(other, [expected], "{row}");
            if !dot1q {
                let other = faults(near(dot1q, !c_tag), far, z_c_tag.then(vlan));
                let expected =
                    if c_tag { TagFault::ACTagMissing } else { TagFault::ACTagNotApplicable };
                assert_eq!(other, [expected], "{row}");
            }
        }
        assert_eq!(
            faults(near(true, false), ZSideKind::Azure(None), None),
            [TagFault::PeeringMissing],
            "namedTag is required from a Dot1q port"
        );
    }

    #[test]
    fn where_the_far_end_is_not_known_the_api_decides() {
        for near in [near(true, false), near(false, false), near(false, true)] {
            assert_eq!(faults(near, ZSideKind::Unknown, None), []);
            assert_eq!(faults(near, ZSideKind::Unknown, Some(vlan())), []);
        }
    }
}
