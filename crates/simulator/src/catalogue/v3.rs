//! The error codes of the v3 document's troubleshooting chapter, with the texts of its examples.
//!
//! `IC-LAYER2-4021` is not in that chapter: the published v3 client knows it. Plain statuses have
//! no body there; here they have the gateway's. Of several examples of a code, this table has the
//! first. The chapter states no status for `S1002`, but lists it under 500.

super::table! {
    BAD_REQUEST {
        STATUS_400 = "400", "Validation Error", "", "";
        /// A field that is wrong by itself.
        FIELD = "IC-LAYER2-402", "Invalid Request",
            "Size: Max 24 characters are allowed for Primary Connection Name", "PrimaryName";
        ALREADY_DELETED = "IC-LAYER2-4021", "Connection already deleted", "", "uuid";
        CONNECTION_UNKNOWN = "IC-LAYER2-4023",
            "Connection does not exist or do not belong to user,Please check connection Id",
            "", "uuid";
        PEERING_IN_USE = "IC-LAYER2-AUTH-006",
            "Error while validating Authorization Key, NamedTag already in use",
            "", "authorizationkey";
        KEY_OF_OTHER_METRO = "IC-LAYER2-AUTH-007",
            "Authorization Key does not match the destination Metro. Please verify the \
             Authorization key",
            "", "authorizationKey";
        KEY_USED_UP = "IC-LAYER2-DOT1Q-001",
            "Cannot create more than three Dot1Q connections for the given Authorization Key",
            "", "authorizationKey";
        PORT_UNKNOWN = "IC-LAYER2-PORTS-001", "Port does not exist or not belong to user",
            "", "primaryPortUUID";
        /// The blank at the end is the document's.
        PORTS_DIFFER = "IC-LAYER2-PORTS-016", "Ports do not have same type (buyout/standard ",
            "Primary Buyout Port: Y Secondary Buyout Port: N", "secondaryPortUUID";
        UNREACHED = "IC-LAYER2-REMOTE-003", "Metros are not remotely connected",
            "", "sellerMetroCode";
        /// The code of the heading; the example below it repeats another one.
        PEERING_UNKNOWN = "IC-LAYER2-TAGS-001",
            "Given namedTag doesn't match with seller named tag", "", "namedTag";
        C_TAG_NOT_APPLICABLE = "IC-LAYER2-VLAN-005", "Vlan Inner tag not required",
            "", "primaryVlanCTag";
        C_TAG_MISSING = "IC-LAYER2-VLAN-007", "Vlan Inner tag required", "", "primaryVlanCTag";
        TAG_IN_USE = "IC-LAYER2-VLAN-008",
            "Connection has duplicate buyer-side VLAN ID for primary port or the same VLAN ID is \
             the process of being deleted and should be freed up soon",
            "", "PrimaryVlanStag";
        SECOND_TAG_IN_USE = "IC-LAYER2-VLAN-009",
            "Connection has duplicate buyer-side VLAN ID for secondary port or the same VLAN ID \
             is the process of being deleted and should be freed up soon",
            "", "SecondaryVlanStag";
    }
    UNAUTHORIZED {
        UNAUTHENTICATED = "401", "Authentication Error", "", "";
    }
    NOT_FOUND {
        NO_PATH = "404", "Not Found - No message available", "", "";
        PROFILE_UNKNOWN = "IC-PROFILE-404", "Service profile not found in database", "", "uuid";
    }
    UNSUPPORTED_MEDIA_TYPE {
        MEDIA_TYPE = "415", "Unsupported media type", "", "";
    }
    TOO_MANY_REQUESTS {
        /// The description is the document's.
        TOO_MANY = "429", "Internal server error", "", "";
    }
    INTERNAL_SERVER_ERROR {
        BROKEN = "500", "Internal server error", "", "";
        METHOD_UNKNOWN = "ERR-L2-001-08", "Method not supported,Please check the URL passed",
            "method:POST", "";
        /// Of the sign-in.
        NO_CONNECTION = "S1002", "Unable to process the request, Please try again later",
            "Execution of ServiceCallout PingCallout failed. Reason: timeout occurred PingCallout",
            "";
    }
    SERVICE_UNAVAILABLE {
        UNAVAILABLE = "503", "Service unavailable", "", "";
    }
}
