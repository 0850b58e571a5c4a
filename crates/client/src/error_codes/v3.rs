//! The codes of ECX v3: "Status codes, Error codes & Troubleshooting tips", and those that only its
//! public clients know.
//!
//! A table and nothing else.

use super::Code;
use crate::error::Class::{Forbidden, Gone, NotVisible, Refused, Unavailable, VlanInUse};

const INVALID: &str = "IC-LAYER2-402";

/// All codes of v3.
pub static CODES: &[Code] = &[
    Code::refused(
        INVALID,
        400,
        "The name of the connection is too long.",
        "give spec.name and spec.secondary.name at most 24 characters",
    )
    .says("Connection Name"),
    Code::refused(
        INVALID,
        400,
        "The name of the connection holds a character that is not allowed.",
        "give spec.name and spec.secondary.name with letters, digits and '_' only",
    )
    .says("Pattern:"),
    Code::refused(
        INVALID,
        400,
        "An id, such as the service profile's, is no UUID.",
        "correct the uuid of what the property names",
    )
    .says("Invalid UUID"),
    Code::refused(
        INVALID,
        400,
        "The purchase order number is too long.",
        "give spec.purchaseOrderNumber at most 30 characters",
    )
    .says("Purchase Order Number"),
    Code::refused(
        INVALID,
        400,
        "A value is none of those that are listed.",
        "choose one of the values that the message lists; speed and unit come from spec.bandwidthMbps",
    )
    .says("ValidEnum"),
    Code::refused(
        INVALID,
        400,
        "The C-tag is out of range.",
        "choose a vlanCTag from 2 to 4094",
    )
    .says("CTag must be"),
    Code::refused(
        INVALID,
        400,
        "The S-tag is out of range.",
        "choose a vlanTag or vlanSTag from 2 to 4094",
    )
    .says("STag must be"),
    Code::refused(
        INVALID,
        400,
        "The id of the port is no UUID.",
        "correct the uuid of the port, or refer to it by name",
    )
    .says("For input string"),
    Code::refused(
        INVALID,
        400,
        "A value is not valid.",
        "correct the field of the spec that sets the property which Equinix names",
    ),
    Code::new("IC-LAYER2-4021", None, Gone, "The connection is deleted already."),
    Code::new(
        "IC-LAYER2-4023",
        Some(400),
        NotVisible,
        "The connection does not exist, or does not belong to the user.",
    ),
    Code::refused(
        "IC-LAYER2-AUTH-006",
        400,
        "The authorization key already has a connection with this named tag.",
        "choose another peeringType, or another authenticationKey",
    ),
    Code::refused(
        "IC-LAYER2-AUTH-007",
        400,
        "The authorization key does not belong to the destination metro.",
        "use the metroCode that goes with the authenticationKey, or the key that goes with the metro",
    ),
    Code::refused(
        "IC-LAYER2-DOT1Q-001",
        400,
        "The authorization key already has three Dot1q connections.",
        "use another authenticationKey",
    ),
    Code::refused(
        "IC-LAYER2-PORTS-001",
        400,
        "The port does not exist, or does not belong to the user.",
        "give a port that belongs to the account",
    ),
    Code::refused(
        "IC-LAYER2-PORTS-016",
        400,
        "One port of the pair is buyout and the other standard.",
        "choose a port of the same type for the secondary",
    ),
    Code::refused(
        "IC-LAYER2-REMOTE-003",
        400,
        "The destination metro cannot be reached from the port.",
        "choose a metroCode that the port's metro reaches, or a port in another metro",
    ),
    Code::refused(
        "IC-LAYER2-TAGS-001",
        400,
        "The seller does not know the named tag.",
        "choose a peeringType that the service profile offers",
    ),
    Code::refused(
        "IC-LAYER2-VLAN-005",
        400,
        "A C-tag was given where none applies.",
        "leave vlanCTag out on the side that the property names",
    ),
    Code::refused(
        "IC-LAYER2-VLAN-007",
        400,
        "The C-tag is missing.",
        "give vlanCTag on the side that the property names",
    ),
    Code::new(
        "IC-LAYER2-VLAN-008",
        Some(400),
        VlanInUse,
        "The VLAN of the primary port is in use, or not free again yet.",
    ),
    Code::new(
        "IC-LAYER2-VLAN-009",
        Some(400),
        VlanInUse,
        "The VLAN of the secondary port is in use, or not free again yet.",
    ),
    Code::new("404", Some(404), Unavailable, "The API has no such path, so the endpoint is not right."),
    Code::new(
        "IC-PROFILE-404",
        Some(404),
        NotVisible,
        "The service profile, or the connection, does not exist or does not belong to the user.",
    )
    .remedy("check the uuid, and that the account has the credentials of an organisation that may see it"),
    Code::refused(
        "ERR-L2-001-08",
        500,
        "The method does not exist on this path, so the endpoint is not right.",
        "check spec.endpoint and spec.dialect of the FabricAccount; if they are right, report it with this message",
    ),
    Code::new("IC-NE-ERR-400", None, Refused, "A value about a virtual device is not valid.")
        .remedy("report it with this message: this version orders nothing for virtual devices"),
    Code::new("IC-USR-403-DELETE", None, Forbidden, "The user may not delete this.")
        .remedy("ask the master administrator at Equinix for the right to delete connections"),
];
