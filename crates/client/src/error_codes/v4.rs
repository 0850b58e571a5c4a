//! The codes of Fabric v4, as its published specification and its public clients list them for the
//! calls of a buyer.
//!
//! A table and nothing else.

use super::Code;
use crate::error::Class::{Busy, Forbidden, Gone, NoCapacity, NotVisible, Unavailable, VlanInUse};

/// All codes of v4.
pub static CODES: &[Code] = &[
    Code::new("EQ-3000039", Some(401), Forbidden, "The token is not accepted, nor is a new one."),
    Code::new("EQ-3222004", Some(400), Forbidden, "The request arrived without its token.")
        .remedy("check what stands between the operator and spec.endpoint of the FabricAccount: the header Authorization has to get through"),
    Code::new("EQ-300005", Some(403), Forbidden, "The user may not read this."),
    Code::new("EQ-3000197", Some(403), Forbidden, "The user may not do this."),
    Code::new("EQ-3045003", Some(403), Forbidden, "The user may not do this."),
    Code::new("EQ-3142401", Some(403), Forbidden, "The account may not do this."),
    Code::new("IC-USR-014-01", Some(500), Unavailable, "The user's profile could not be read."),
    Code::new("EQ-3142509", Some(400), Gone, "The connection is deleted already."),
    Code::new("EQ-3142510", Some(400), Busy, "The connection is in between two states."),
    Code::new(
        "EQ-3142519",
        Some(400),
        NotVisible,
        "The connection does not exist, or is not visible to the user.",
    ),
    Code::new("EQ-3045811", Some(404), NotVisible, "The id is not found."),
    Code::new(
        "EQ-3142102",
        Some(400),
        VlanInUse,
        "The VLAN of the port is in use, or not free again yet.",
    ),
    Code::refused(
        "EQ-3142501",
        400,
        "A value is not valid.",
        "correct the field of the spec that sets the property which Equinix names",
    ),
    Code::refused(
        "EQ-3142301",
        400,
        "The service profile does not exist.",
        "correct spec.zSide.serviceProfile, or get access to the profile",
    ),
    Code::refused(
        "EQ-3142302",
        400,
        "The service profile is not offered in the metro of the Z side.",
        "choose a metroCode of the service profile",
    ),
    Code::refused(
        "EQ-3142303",
        400,
        "This provider takes only primary connections.",
        "leave spec.secondary and spec.redundancy out, and order the second connection as a resource of its own",
    ),
    Code::refused(
        "EQ-3142304",
        400,
        "A private connection was asked of a public service profile.",
        "choose another service profile",
    ),
    Code::refused(
        "EQ-3142306",
        400,
        "The service profile does not offer this bandwidth.",
        "choose a bandwidthMbps that the service profile offers",
    ),
    Code::refused(
        "EQ-3142308",
        400,
        "The authentication key is missing.",
        "give authenticationKey or authenticationKeyRef of the service profile",
    ),
    Code::refused(
        "EQ-3142320",
        400,
        "The connections of a pair have different service profiles.",
        "give spec.zSide.serviceProfile as that of the other connection of the group",
    ),
    Code::refused(
        "EQ-3142514",
        400,
        "The redundancy group is missing.",
        "give spec.redundancy.group",
    ),
    Code::refused(
        "EQ-3142515",
        400,
        "The redundancy priority is missing.",
        "give spec.redundancy.priority",
    ),
    Code::refused(
        "EQ-3142516",
        400,
        "The redundancy group is not valid.",
        "correct spec.redundancy.group: it is the group of the other connection, not its uuid",
    ),
    Code::refused(
        "EQ-3142517",
        400,
        "The redundancy priority is not valid.",
        "set spec.redundancy.priority to the one that the other connection does not have",
    ),
    Code::refused(
        "EQ-3142221",
        400,
        "The tokens of the pair have different bandwidth tiers.",
        "use two service tokens of the same bandwidth tier",
    ),
    Code::refused(
        "EQ-3142222",
        400,
        "The tokens of the pair have different encapsulations.",
        "use two service tokens of the same encapsulation",
    ),
    Code::refused(
        "EQ-3142223",
        400,
        "The tokens of the pair belong to different projects.",
        "use two service tokens of the same project",
    ),
    Code::refused(
        "EQ-3142224",
        400,
        "The ports of the pair have different speeds.",
        "use two service tokens of the same port speed",
    ),
    Code::refused(
        "EQ-3142225",
        400,
        "The tokens of the pair are the same.",
        "give the second connection a service token of its own in spec.secondary.zSide.serviceToken",
    ),
    Code::refused(
        "EQ-3142535",
        400,
        "The bandwidth is above the limit of the service token.",
        "choose a smaller bandwidthMbps, or ask for another token",
    ),
    Code::refused(
        "EQ-3142536",
        400,
        "The service token does not take connections from another metro.",
        "choose a port in the metro of the token, or ask for another token",
    ),
    Code::new("EQ-3142701", Some(400), Forbidden, "The user may not use the service token.")
        .remedy("ask its issuer for a token that is made out to this account"),
    Code::refused(
        "EQ-3034016",
        400,
        "The service token does not exist.",
        "correct spec.zSide.serviceToken",
    ),
    Code::refused(
        "EQ-3034019",
        400,
        "The service token is deleted.",
        "ask its issuer for a new token",
    ),
    Code::new("EQ-3142231", Some(400), NoCapacity, "The seller's port lacks the bandwidth."),
    Code::refused(
        "EQ-3142411",
        400,
        "This type of connection cannot be tried without ordering it.",
        "report it with this message: the order is to go out without a dry run",
    ),
    Code::refused(
        "EQ-3142569",
        405,
        "The method does not exist on this path, so the endpoint is not right.",
        "check spec.endpoint and spec.dialect of the FabricAccount; if they are right, report it with this message",
    ),
    Code::new("EQ-3001115", Some(400), Gone, "The service profile does not exist.")
        .remedy("correct the service profile, or get access to it"),
    Code::new("EQ-3001011", Some(404), NotVisible, "There is no service profile of that id.")
        .remedy("correct the service profile, or get access to it"),
    Code::new(
        "EQ-3142012",
        Some(400),
        Busy,
        "The cloud router is not in service yet.",
    ),
    Code::refused(
        "EQ-3142013",
        400,
        "The cloud router is in another metro.",
        "report it with this message: this version orders nothing for cloud routers",
    ),
    Code::refused(
        "EQ-3142021",
        400,
        "The connections of a pair are on different cloud routers.",
        "report it with this message: this version orders nothing for cloud routers",
    ),
    Code::new("EQ-3040030", Some(400), Busy, "The cloud router is in between two states."),
    Code::new("EQ-3040055", Some(400), Busy, "The cloud router already has a change under way."),
    Code::refused(
        "EQ-3143253",
        400,
        "The port still carries connections or tokens.",
        "report it with this message: this version deletes no ports",
    ),
    Code::refused(
        "EQ-2041022",
        400,
        "A value that was to be checked, such as a key, is not valid.",
        "correct the value that the message names",
    ),
];
