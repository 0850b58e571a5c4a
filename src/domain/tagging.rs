//! Which VLAN tags a connection carries at each end: the "tagging criteria" tables of all flows.
//!
//! Pure rules. Where the far end's encapsulation is not known, the API decides.

use super::{Encapsulation, LinkProtocol, Peering, Vlan};

/// The far end, as far as it decides about tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FarEnd {
    /// A Dot1q port: clouds but Azure, and whoever has one.
    Dot1q,
    /// A QinQ port.
    Qinq,
    /// Azure, whose far C-tag comes from its portal unless the peering is manual.
    Azure(Option<Peering>),
    /// Not known.
    Unknown,
}

impl FarEnd {
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
    NearInnerMissing,
    /// The near C-tag does not apply (IC-LAYER2-VLAN-005).
    NearInnerSpare,
    /// The far C-tag is missing.
    FarInnerMissing,
    /// The far C-tag does not apply.
    FarInnerSpare,
    /// Azure needs its peering from a Dot1q port.
    PeeringMissing,
}

/// What is wrong with the tags of an order from `near` to `far`, which names `far_inner`.
pub fn faults(near: LinkProtocol, far: FarEnd, far_inner: Option<Vlan>) -> Vec<TagFault> {
    let mut faults = vec![];
    let (near_dot1q, near_inner) = match near {
        LinkProtocol::Dot1q(_) => (true, None),
        LinkProtocol::Qinq { inner, .. } => (false, inner),
    };
    // `None`: the tables leave it open.
    let (wants_near, wants_far) = match (near_dot1q, far) {
        (true, FarEnd::Qinq) => (Some(false), Some(true)),
        (true, FarEnd::Azure(peering)) => {
            if peering.is_none() {
                faults.push(TagFault::PeeringMissing);
            }
            (Some(false), peering.map(|p| p == Peering::Manual))
        }
        (false, FarEnd::Dot1q) => (Some(true), Some(false)),
        (true, FarEnd::Dot1q) | (false, FarEnd::Qinq | FarEnd::Azure(_)) => {
            (Some(false), Some(false))
        }
        (_, FarEnd::Unknown) => (None, None),
    };
    match (wants_near, near_inner) {
        (Some(true), None) => faults.push(TagFault::NearInnerMissing),
        (Some(false), Some(_)) => faults.push(TagFault::NearInnerSpare),
        (Some(true), Some(_)) | (Some(false), None) | (None, _) => {}
    }
    match (wants_far, far_inner) {
        (Some(true), None) => faults.push(TagFault::FarInnerMissing),
        (Some(false), Some(_)) => faults.push(TagFault::FarInnerSpare),
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

    fn near(dot1q: bool, inner: bool) -> LinkProtocol {
        if dot1q {
            LinkProtocol::Dot1q(vlan())
        } else {
            LinkProtocol::Qinq { outer: vlan(), inner: inner.then(vlan) }
        }
    }

    #[test]
    fn the_tagging_tables() {
        // (near is Dot1q, far end, C-tag required, Z-side C-tag required), row by row.
        let rows = [
            // AWS, Google, Oracle, Oracle Government: "Port Type (Z-side)" is Dot1q.
            (true, FarEnd::Dot1q, false, false),
            (false, FarEnd::Dot1q, true, false),
            // Azure, from Dot1q and from QinQ, all four peerings.
            (true, FarEnd::Azure(Some(Peering::Public)), false, false),
            (true, FarEnd::Azure(Some(Peering::Private)), false, false),
            (true, FarEnd::Azure(Some(Peering::Microsoft)), false, false),
            (true, FarEnd::Azure(Some(Peering::Manual)), false, true),
            (false, FarEnd::Azure(Some(Peering::Public)), false, false),
            (false, FarEnd::Azure(Some(Peering::Private)), false, false),
            (false, FarEnd::Azure(Some(Peering::Microsoft)), false, false),
            (false, FarEnd::Azure(Some(Peering::Manual)), false, false),
            (false, FarEnd::Azure(None), false, false),
            // Enterprise and self.
            (true, FarEnd::Qinq, false, true),
            (false, FarEnd::Qinq, false, false),
        ];
        for (dot1q, far, inner, far_inner) in rows {
            let row = format!("{dot1q} {far:?}");
            assert_eq!(faults(near(dot1q, inner), far, far_inner.then(vlan)), [], "{row}");
            let other = faults(near(dot1q, inner), far, (!far_inner).then(vlan));
            let expected =
                if far_inner { TagFault::FarInnerMissing } else { TagFault::FarInnerSpare };
            assert_eq!(other, [expected], "{row}");
            if !dot1q {
                let other = faults(near(dot1q, !inner), far, far_inner.then(vlan));
                let expected =
                    if inner { TagFault::NearInnerMissing } else { TagFault::NearInnerSpare };
                assert_eq!(other, [expected], "{row}");
            }
        }
        assert_eq!(
            faults(near(true, false), FarEnd::Azure(None), None),
            [TagFault::PeeringMissing],
            "namedTag is required from a Dot1q port"
        );
    }

    #[test]
    fn where_the_far_end_is_not_known_the_api_decides() {
        for near in [near(true, false), near(false, false), near(false, true)] {
            assert_eq!(faults(near, FarEnd::Unknown, None), []);
            assert_eq!(faults(near, FarEnd::Unknown, Some(vlan())), []);
        }
    }
}
