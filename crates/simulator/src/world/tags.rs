//! The tagging tables of the v3 document: which tags an order must carry, and must not.
//!
//! By flow and by the encapsulation of both sides; where a side states none, both of its rows are
//! taken. Ranges and duplicates are checked elsewhere.

use fabric_domain::{Encapsulation, LinkProtocol};

use super::state_tables::Course;

/// What a table says about one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It has to be there.
    Yes,
    /// It must not be there.
    No,
    /// The world cannot tell.
    Either,
}

/// What a half of an order needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The A-side C-tag.
    pub(crate) c_tag: Need,
    /// The Z-side C-tag.
    pub(crate) z_c_tag: Need,
}

/// Looks a half up in its table.
pub(crate) fn needs(
    course: Course,
    near: Option<Encapsulation>,
    far: Option<Encapsulation>,
    manual: bool,
) -> Needs {
    use Encapsulation::{Dot1q, Qinq, Untagged};
    use Need::{Either, No, Yes};
    let (c_tag, z_c_tag) = match course {
        Course::Aws | Course::Google | Course::Oracle => match near {
            Some(Dot1q | Untagged) => (No, No),
            Some(Qinq) => (Yes, No),
            None => (Either, No),
        },
        // The table's only C-tag column speaks of the Z side for Dot1q ports.
        Course::Azure => match near {
            Some(Dot1q | Untagged) if manual => (No, Yes),
            None if manual => (No, Either),
            Some(Dot1q | Untagged | Qinq) | None => (No, No),
        },
        Course::Seller | Course::Own | Course::Token | Course::Invitation => match (near, far) {
            (Some(Dot1q | Untagged), Some(Qinq)) => (No, Yes),
            (Some(Dot1q | Untagged), Some(Dot1q | Untagged)) | (Some(Qinq), Some(Qinq)) => (No, No),
            (Some(Qinq), Some(Dot1q | Untagged)) => (Yes, No),
            (Some(Dot1q | Untagged), None) => (No, Either),
            (Some(Qinq), None) => (Either, No),
            (None, _) => (Either, Either),
        },
    };
    Needs { c_tag, z_c_tag }
}

/// Whether two links cannot share a port: same S-tag, and C-tags that do not tell them
/// apart.
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
        use Need::{No, Yes};
        let rows = [
            (Course::Aws, Dot1q, Dot1q, false, No, No),
            (Course::Aws, Qinq, Dot1q, false, Yes, No),
            (Course::Azure, Dot1q, Qinq, false, No, No),
            (Course::Azure, Dot1q, Qinq, true, No, Yes),
            (Course::Azure, Qinq, Qinq, true, No, No),
            (Course::Google, Qinq, Dot1q, false, Yes, No),
            (Course::Oracle, Qinq, Dot1q, false, Yes, No),
            (Course::Seller, Dot1q, Qinq, false, No, Yes),
            (Course::Seller, Dot1q, Dot1q, false, No, No),
            (Course::Seller, Qinq, Dot1q, false, Yes, No),
            (Course::Seller, Qinq, Qinq, false, No, No),
            (Course::Own, Dot1q, Qinq, false, No, Yes),
        ];
        for (course, near, far, manual, c_tag, z_c_tag) in rows {
            assert_eq!(
                needs(course, Some(near), Some(far), manual),
                Needs { c_tag, z_c_tag },
                "{course:?} {near:?} {far:?}"
            );
        }
    }
}
