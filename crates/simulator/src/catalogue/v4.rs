//! The error codes of the published v4 specification for the calls that are served here, with the
//! texts of its examples.
//!
//! `EQ-3142231`, `EQ-3034019`, `EQ-3040030`, `EQ-3040055` and `EQ-3036100` are in no example, but
//! published clients know them; their texts are made up. Details and properties are those of the
//! first example; the error of a request may name another property.

super::table! {
    BAD_REQUEST {
        // Connections.
        INVALID = "EQ-3142501", "Invalid input", "", "";
        DUPLICATE_TAG = "EQ-3142102",
            "Connection has duplicate buyer-side VLAN ID for port or the same VLAN ID is in the \
             process of being deleted and should be freed up soon",
            "", "/aSide/accessPoint/linkProtocol";
        ALREADY_DELETED = "EQ-3142509", "Connection already deleted", "", "uuid";
        TRANSIENT = "EQ-3142510", "Connection is in transient state", "", "uuid";
        CONNECTION_UNKNOWN = "EQ-3142519",
            "Connection does not exist or do not belong to user,Please check connection Id", "", "";
        PROFILE_MISSING = "EQ-3142301", "Given profile does not exist",
            "", "/zSide/accessPoint/profile/uuid";
        NOT_IN_METRO = "EQ-3142302", "Service provider does not exist in required zSide metro",
            "", "/zSide/accessPoint/location/metroCode";
        PRIMARY_ONLY = "EQ-3142303", "Only Primary connection allowed for this CSP",
            "", "/redundancy/priority";
        PRIVATE_ON_PUBLIC = "EQ-3142304", "Private connections are not allowed on public profiles",
            "", "visibility";
        BANDWIDTH_NOT_SOLD = "EQ-3142306",
            "Requested bandwidth is not supported by service profile", "", "/bandwidth";
        KEY_MISSING = "EQ-3142308", "Authentication key is required",
            "", "/zSide/accessPoint/authenticationKey";
        PROFILES_DIFFER = "EQ-3142320",
            "For redundant connection, Service Profile should be the same",
            "", "/zSide/accessPoint/profile/uuid";
        GROUP_MISSING = "EQ-3142514", "Redundancy group is required", "", "/redundancy/group";
        PRIORITY_MISSING = "EQ-3142515", "Redundancy priority is required",
            "", "/redundancy/priority";
        GROUP_INVALID = "EQ-3142516", "Invalid redundancy group", "", "/redundancy/group";
        PRIORITY_INVALID = "EQ-3142517", "Invalid redundancy priority", "", "/redundancy/priority";
        DRY_RUN_UNSUPPORTED = "EQ-3142411", "Dry run is not supported for this connection type",
            "", "", "queryParam:dryRun";
        SELLER_PORT_FULL = "EQ-3142231", "The seller's port has not enough bandwidth", "", "";
        KEY_REFUSED = "EQ-2041022", "Invalid argument value passed.", "", "";
        SEARCH_INVALID = "EQ-3000035", "Invalid request body", "", "";
        // Tokens.
        TOKEN_TIERS_DIFFER = "EQ-3142221",
            "The primary and secondary token provided have different bandwidth tiers. Please use \
             two tokens that support the same bandwidth tiers",
            "", "/zSide/serviceToken/uuid";
        TOKEN_LINKS_DIFFER = "EQ-3142222",
            "The primary and secondary tokens have different encapsulation types (Dot1Q or QinQ). \
             Please use two tokens that support the same encapsulation type",
            "", "/zSide/serviceToken/uuid";
        TOKEN_PROJECTS_DIFFER = "EQ-3142223",
            "The primary and secondary tokens belong to different projects. Please use two tokens \
             that belong to the same project",
            "", "/zSide/serviceToken/uuid";
        TOKEN_SPEEDS_DIFFER = "EQ-3142224",
            "The primary and secondary ports have different port speeds (bandwidth). Please use \
             two tokens that support the same port speed",
            "", "/zSide/serviceToken/uuid";
        TOKENS_SAME = "EQ-3142225",
            "The primary and secondary tokens provided are the same. Please provide a different \
             token",
            "", "/zSide/serviceToken/uuid";
        ABOVE_TOKEN = "EQ-3142535",
            "The connection bandwidth provided in the connection request exceeds the bandwidth \
             Limit on ServiceToken",
            "Please enter bandwidth less than the Speed limit on ServiceToken",
            "/aSide/serviceToken/uuid";
        TOKEN_IS_LOCAL = "EQ-3142536",
            "Remote connection cannot be created with the provided ServiceToken",
            "Only local Connection can be created using this ServiceToken",
            "/zSide/accessPoint/port/uuid";
        TOKEN_NOT_YOURS = "EQ-3142701",
            "The connection bandwidth provided in the connection request exceeds the bandwidth \
             Limit on ServiceToken",
            "not an authorized user", "";
        TOKEN_UNKNOWN = "EQ-3034016", "Token not found", "", "tokenUuid", "Token not found";
        TOKEN_DELETED = "EQ-3034019", "Token already deleted", "", "tokenUuid";
        // Cloud routers, which do not exist here.
        ROUTER_NOT_READY = "EQ-3142012", "Fabric Cloud Router is not in PROVISIONED state",
            "", "/aSide/accessPoint/router/uuid";
        ROUTER_ELSEWHERE = "EQ-3142013", "Invalid metro for Cloud Router connection",
            "", "/aSide/accessPoint/router/uuid";
        ROUTERS_DIFFER = "EQ-3142021",
            "For redundant connection, Fabric Cloud Router should be the same",
            "", "/aSide/accessPoint/router/uuid";
        ROUTER_TRANSIENT = "EQ-3040030", "Cloud Router is in transient state", "", "uuid";
        ROUTER_UPDATING = "EQ-3040055", "An update of the Cloud Router is requested already",
            "", "uuid";
        // Ports, metros, prices.
        PORT_UNKNOWN = "EQ-3035202", "Unable to fetch port details",
            "The uuid requested could not be found in system. Please try again after sometime",
            "portUuid";
        PORT_IN_USE = "EQ-3143253",
            "Port is used by one or more Connections, connectors, subscriptions and/or tokens",
            "There are 9 Connections/ connectors/ subscriptions/ tokens associated to this port",
            "/uuid";
        PORT_SEARCH_INVALID = "EQ-3046116", "JSON syntax error.", "Unknown json property", "";
        METRO_PARAMETER = "EQ-3036013", "Invalid Query Parameter",
            "", "presence", "Allowed value for presence is MY_PORTS";
        METRO_UNKNOWN = "EQ-3036100", "Metro Not Found",
            "", "pathparameter-metroCode", "Provide valid metro code";
        PRICES_INVALID = "EQ-3038010", "Validation failure", "Invalid request body", "";
        // Service profiles.
        NO_ACCESS = "EQ-3001015", "Access point is not accessible", "", "";
        ONE_PORT_OF_A_PAIR = "EQ-3001014",
            "Redundant Service Profile requires at least one primary port and one secondary port \
             in a metro",
            "", "";
        PORT_TWICE = "EQ-3001013", "Some of the access point are duplicate", "", "";
        LINKS_DIFFER = "EQ-3001012",
            "access point with same port encapsulation will be allowed in service profile \
             request",
            "", "";
        NO_INTEGRATION = "EQ-3001019", "If apiAvailable, then integrationId is mandatory", "", "";
        SPEED_FROM_API = "EQ-3001020", "Speed from api required", "", "";
        BANDS_NOT_ALLOWED = "EQ-3001021", "Speedbands not allowed", "", "";
        /// A value that is wrong by itself; the specification has several messages for it.
        PROFILE_VALUE = "EQ-3001022", "INVALID_VALUE", "", "";
        BANDS_MISSING = "EQ-3001023", "Speed band length is invalid", "", "";
        API_INVALID = "EQ-3001024", "Invalid api available", "", "";
        SERVICE_KEY_NEEDS_QINQ = "EQ-3001025",
            "Seller port encapsulation cannot be DOT1Q if Auto generate service key is True",
            "", "";
        OPTIONS_MISSING = "EQ-3001026",
            "customFields[].options : must have values for customField with dataType=LIST", "", "";
        LABEL_TWICE = "EQ-3001027", "Duplicate custom field lables", "", "";
        TYPE_FIXED = "EQ-3001028", "Cannot change service profile type", "", "";
        STATE_FIXED = "EQ-3001029", "Cannot change state if not admin user", "", "";
        DATA_TYPE = "EQ-3001030", "Invalid Custom Field dataType", "", "";
        NOTIFICATION_TYPE = "EQ-3001031", "Invalid notification.type value", "", "";
        PROFILE_TYPE = "EQ-3001032", "serviceProfile.type : unsupported value", "", "";
        SPEED_WITHOUT_API = "EQ-3001112",
            "API Integration should be enabled with Integration ID for deriving speed from API",
            "", "";
        DECISION_INVALID = "EQ-3001113", "Service profile can be updated to ACTIVE or REJECTED",
            "", "";
        PROFILE_STATE = "EQ-3001114",
            "Some of the profile with the given id either not in valid state  or not exist in \
             database",
            "", "";
        PROFILE_GONE = "EQ-3001115",
            "Unable to delete some of the profile because it does not exist", "", "";
        NO_METROS = "EQ-3001116", "get metros call failed", "", "";
        PROFILE_SEARCH_INVALID = "EQ-3001202", "Unsupported search property",
            "Supported search properties are : /name,/uuid,/state,/metros/code,/visibility,/type",
            "";
        EPL_PORT = "EQ-3001204", "EPL ports are not supported", "", "";
    }
    UNAUTHORIZED {
        UNAUTHENTICATED = "EQ-3000039", "User not found in request or invalid.", "", "";
        METROS_UNAUTHENTICATED = "EQ-3036001", "Unauthorized",
            "", "", "You are unauthorized to perform this operation";
        PROFILES_UNAUTHENTICATED = "EQ-3001207", "Unauthorized user", "", "";
    }
    FORBIDDEN {
        /// The code has one digit less than all others, in the specification as well.
        MAY_NOT_READ = "EQ-300005",
            "You don't have permissions to perform READ operation. Please contact your master \
             administrator to get the right permissions through Equinix Customer Portal or \
             contact Equinix Support (support@equinix.com).",
            "", "";
        MAY_NOT_SEARCH = "EQ-3000197", "User not authorized to perform given action", "", "";
        MAY_NOT = "EQ-3045003", "Operation not allowed",
            "Operation not allowed for current user", "";
        MAY_NOT_DECIDE = "EQ-3142401",
            "Your account isn't authorized to perform this task. Contact your administrator for \
             assistance.",
            "", "";
        MAY_NOT_READ_PROFILE = "EQ-3001033",
            "You are not authorized to execute the requested action on the resource", "", "";
        MAY_NOT_DELETE_PROFILE = "EQ-3001034",
            "You are not authorized to execute the requested action on the resource", "", "";
        MAY_NOT_UPDATE_PROFILE = "EQ-3001035",
            "You are not authorized to execute the requested action on the resource", "", "";
        MAY_NOT_CREATE_PROFILE = "EQ-3001036",
            "You are not authorized to execute the requested action on the resource", "", "";
        MAY_NOT_SEE_PORTS = "EQ-3035002", "Access Forbidden", "", "";
    }
    NOT_FOUND {
        NOT_THERE = "EQ-3045811", "uuid not found", "uuid not found", "";
        PROFILE_ID = "EQ-3001011", "Invalid uuid", "", "uuid";
    }
    METHOD_NOT_ALLOWED {
        METHOD_UNKNOWN = "EQ-3142569", "Method not supported, Please check the URL passed",
            "Method:PATCH", "";
    }
    INTERNAL_SERVER_ERROR {
        BROKEN = "EQ-3045004", "Internal Server Error", "Internal Server Error", "";
        PROFILES_BROKEN = "EQ-3001206", "Internal Server Error", "", "";
        METROS_BROKEN = "EQ-3036030", "Internal Server Error",
            "", "", "An Internal Server Error occured";
        PRICES_BROKEN = "EQ-3038030", "Internal Server Error",
            "We couldn't process you request", "";
    }
}
