//! Classifies a call by its purpose, for the rules of the cases.

use bytes::Bytes;
use http::Method;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// At the provider: signing in.
    Token,
    /// A page of the account's connections.
    Listing,
    /// One connection.
    Line,
    Order,
    Change,
    Cancel,
    /// Ports, metros, profiles, prices, keys: what is asked before an order.
    Question,
    /// A service profile is created, changed or deleted.
    Profile,
    /// A seller decides, on v4; on v3 that is a change.
    Decision,
    /// At the cluster: the finalizers of a connection or a service profile.
    Finalizer,
    /// The status of a connection.
    Status,
    /// The status of anything else.
    OtherStatus,
    Event,
    Secret,
    /// All objects of a kind.
    List,
    /// Anything else of the cluster.
    Object,
}

impl What {
    pub fn at_provider(self) -> bool {
        match self {
            Self::Token
            | Self::Listing
            | Self::Line
            | Self::Order
            | Self::Change
            | Self::Cancel
            | Self::Question
            | Self::Profile
            | Self::Decision => true,
            Self::Finalizer
            | Self::Status
            | Self::OtherStatus
            | Self::Event
            | Self::Secret
            | Self::List
            | Self::Object => false,
        }
    }

    /// Whether it changes something.
    pub fn writes(self) -> bool {
        match self {
            Self::Order
            | Self::Change
            | Self::Cancel
            | Self::Profile
            | Self::Decision
            | Self::Finalizer
            | Self::Status
            | Self::OtherStatus
            | Self::Event => true,
            Self::Token
            | Self::Listing
            | Self::Line
            | Self::Question
            | Self::Secret
            | Self::List
            | Self::Object => false,
        }
    }
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its number among all calls of the run, from 1.
    pub effect: u64,
    pub replica: usize,
    pub what: What,
    pub method: Method,
    pub path: String,
    pub body: Bytes,
}

impl Call {
    pub fn to_provider(replica: usize, method: &Method, path: &str, body: &Bytes) -> Self {
        Self::new(replica, at_provider(method, path), method, path, body)
    }

    pub fn to_cluster(replica: usize, method: &Method, path: &str, body: &Bytes) -> Self {
        Self::new(replica, at_cluster(method, path), method, path, body)
    }

    fn new(replica: usize, what: What, method: &Method, path: &str, body: &Bytes) -> Self {
        let (method, path, body) = (method.clone(), path.to_owned(), body.clone());
        Self { effect: 0, replica, what, method, path, body }
    }

    /// Equal for equal calls. The names of Events contain the time, so they are left out.
    pub fn key(&self) -> String {
        match self.what {
            What::Event => format!("{} events", self.method),
            _ => format!("{} {}", self.method, self.path),
        }
    }

    /// What it does, without the names of what it does it to: the effect that a crash is put at.
    pub fn effect_name(&self) -> String {
        let dialect = if self.path.starts_with("/ecx/") { " of v3" } else { "" };
        let detail = match self.what {
            What::Question => self.path.split('/').nth(3).unwrap_or_default(),
            What::Status if self.says("\"cancelledAt\":") => "cancelled",
            What::Status if self.says("\"changes\":") => "change",
            What::Status if self.says("\"uuid\":") => "id",
            What::Status if self.says("\"order\":") => "intent",
            What::Finalizer if self.says("\"finalizers\":[]") => "removed",
            What::Finalizer => "added",
            What::Profile => self.method.as_str(),
            What::OtherStatus => self.path.rsplit('/').nth(2).unwrap_or_default(),
            What::Token
            | What::Listing
            | What::Line
            | What::Order
            | What::Change
            | What::Cancel
            | What::Decision
            | What::Status
            | What::Event
            | What::Secret
            | What::List
            | What::Object => "",
        };
        format!("{:?} {detail}{dialect}", self.what)
    }

    /// Whether it writes an intent: an order, and no id yet.
    pub fn intends(&self) -> bool {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let line = &body["status"]["primary"];
        self.what == What::Status && line["order"].is_object() && line["uuid"].is_null()
    }

    /// Whether the body holds this text.
    pub fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }
}

fn at_provider(method: &Method, path: &str) -> What {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, segments.as_slice()) {
        (_, ["oauth2", ..]) => What::Token,
        (&Method::POST, ["fabric", "v4", "connections", "search"])
        | (&Method::GET, ["ecx", "v3", "l2", "buyer", "connections"]) => What::Listing,
        (&Method::POST, ["fabric", "v4", "connections"] | ["ecx", "v3", "l2", "connections"]) => {
            What::Order
        }
        (method, ["fabric", "v4", "connections", id] | ["ecx", "v3", "l2", "connections", id])
            if !id.starts_with("validate") =>
        {
            match *method {
                Method::PATCH => What::Change,
                Method::DELETE => What::Cancel,
                _ => What::Line,
            }
        }
        (&Method::POST, [.., "connections", _, "actions"]) => What::Decision,
        (&Method::POST, [.., "search"]) | (&Method::GET, _) => What::Question,
        (
            _,
            [.., "serviceProfiles" | "serviceprofiles"]
            | [.., "serviceProfiles" | "serviceprofiles", _],
        ) => What::Profile,
        _ => What::Question,
    }
}

fn at_cluster(method: &Method, path: &str) -> What {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, segments.as_slice()) {
        (_, [.., "fabricconnections", _, "status"]) => What::Status,
        (&Method::PATCH, [.., "fabricconnections" | "serviceprofiles", _]) => What::Finalizer,
        (_, [.., "fabricaccounts" | "connectionapprovals" | "serviceprofiles", _, "status"]) => {
            What::OtherStatus
        }
        (_, [.., "events"] | [.., "events", _]) => What::Event,
        (_, [.., "secrets", _]) => What::Secret,
        (
            &Method::GET,
            [
                ..,
                "fabricconnections" | "fabricaccounts" | "connectionapprovals" | "serviceprofiles",
            ],
        ) => What::List,
        _ => What::Object,
    }
}
