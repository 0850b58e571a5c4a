//! Parses a request: from method, path, query and headers to Kubernetes' terms.
//!
//! It reads requests only; it must not look at the stored objects.
use http::{Method, StatusCode, header};
use kube::client::Body;
use serde_json::{Value, json};

use super::{response::StatusError, store::ObjectKey};

/// A request in the terms of RBAC rules, as the request log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestInfo {
    /// The name under which the client was made.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: &'static str,
    /// Empty for the core group.
    pub group: String,
    /// The plural name.
    pub resource: String,
    /// Empty for the object itself.
    pub subresource: String,
    /// Empty for cluster-scoped resources and for requests across namespaces.
    pub namespace: String,
    /// Empty for collections.
    pub name: String,
    /// The field manager that the client names, or the default that Kubernetes derives.
    pub field_manager: String,
    /// The status of the response, even if that was lost. A `patch` with 201 Created needs the right
    /// to `create` as well.
    pub status: StatusCode,
    /// Whether the response was lost.
    pub lost: bool,
}

impl RequestInfo {
    /// Whether its verb changes objects.
    pub fn is_write(&self) -> bool {
        !matches!(self.verb, "get" | "list" | "watch")
    }

    /// Whether it is for this resource and subresource.
    pub fn is_for(&self, resource: &str, subresource: &str) -> bool {
        self.resource == resource && self.subresource == subresource
    }

    /// `resource.group`, or the resource alone in the core group.
    pub fn qualified_resource(&self) -> String {
        match self.group.as_str() {
            "" => self.resource.clone(),
            group => format!("{}.{group}", self.resource),
        }
    }

    pub(crate) fn key(&self, name: &str) -> ObjectKey {
        ObjectKey {
            group: self.group.clone(),
            resource: self.resource.clone(),
            namespace: self.namespace.clone(),
            name: name.to_owned(),
        }
    }
}

/// A parsed request, with everything that serving it takes.
pub(super) struct ApiserverRequest {
    pub request: RequestInfo,
    /// `v1` or `group/version`.
    pub api_version: String,
    pub content_type: String,
    pub body: Vec<u8>,
    query: Vec<(String, String)>,
    /// Whether the client wants `PartialObjectMetadata`.
    metadata_only: bool,
}

impl ApiserverRequest {
    pub(super) async fn read(
        user: &str,
        request: http::Request<Body>,
    ) -> Result<Self, StatusError> {
        let (parts, body) = request.into_parts();
        let body = body
            .collect_bytes()
            .await
            .map_err(|error| StatusError::bad_request(format!("unreadable body: {error}")))?;
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let of_header = |name| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let path = ResourcePath::read(parts.uri.path()).ok_or_else(|| {
            let message = "the server could not find the requested resource";
            StatusError::new(StatusCode::NOT_FOUND, "NotFound", message)
        })?;
        let watch = query.iter().any(|(key, value)| key == "watch" && value != "false");
        let verb = match (&parts.method, path.name.is_empty()) {
            (&Method::GET, true) if watch => "watch",
            (&Method::GET, true) => "list",
            (&Method::GET, false) => "get",
            (&Method::POST, true) => "create",
            (&Method::PUT, false) => "update",
            (&Method::PATCH, false) => "patch",
            (&Method::DELETE, false) => "delete",
            (&Method::DELETE, true) => "deletecollection",
            _ => return Err(StatusError::method_not_allowed()),
        };
        // The server names an anonymous manager after the client's program.
        let program = of_header(header::USER_AGENT).split('/').next().unwrap_or_default();
        let manager = query.iter().find(|(key, _)| key == "fieldManager");
        let field_manager = match manager {
            Some((_, manager)) => manager.clone(),
            None if program.is_empty() => "unknown".to_owned(),
            None => program.to_owned(),
        };
        Ok(Self {
            request: RequestInfo {
                user: user.to_owned(),
                verb,
                group: path.group,
                resource: path.resource,
                subresource: path.subresource,
                namespace: path.namespace,
                name: path.name,
                field_manager,
                status: StatusCode::OK,
                lost: false,
            },
            api_version: path.api_version,
            content_type: of_header(header::CONTENT_TYPE).to_owned(),
            body: body.to_vec(),
            query,
            metadata_only: of_header(header::ACCEPT).contains("as=PartialObjectMetadata"),
        })
    }

    /// A query parameter, unless it is empty.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().filter(|(key, value)| key == name && !value.is_empty());
        found.next().map(|(_, value)| value.as_str())
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.query(name) == Some("true")
    }

    /// Whether the server must not store the result.
    pub(super) fn is_dry_run(&self) -> bool {
        let in_options = || {
            let options: Value = serde_json::from_slice(&self.body).unwrap_or_default();
            options["dryRun"] == json!(["All"])
        };
        self.query("dryRun") == Some("All") || (self.request.verb == "delete" && in_options())
    }

    /// The body as an object.
    pub(super) fn object(&self) -> Result<Value, StatusError> {
        match serde_json::from_slice(&self.body) {
            Ok(object @ Value::Object(_)) => Ok(object),
            Ok(_) => Err(StatusError::bad_request("the body is not an object")),
            Err(error) => Err(StatusError::bad_request(format!("unreadable body: {error}"))),
        }
    }

    /// Converts an object or a list to the form that the client accepts.
    pub(super) fn project(&self, mut object: Value) -> Value {
        if !self.metadata_only || object["kind"] == "Status" {
            return object;
        }
        let partial = |object: &mut Value| {
            json!({
                "apiVersion": "meta.k8s.io/v1",
                "kind": "PartialObjectMetadata",
                "metadata": object["metadata"].take(),
            })
        };
        let Some(items) = object.get_mut("items").and_then(Value::as_array_mut) else {
            return partial(&mut object);
        };
        let items: Vec<_> = items.iter_mut().map(partial).collect();
        json!({
            "apiVersion": "meta.k8s.io/v1",
            "kind": "PartialObjectMetadataList",
            "metadata": object["metadata"].take(),
            "items": items,
        })
    }
}

/// The parts of a resource path.
struct ResourcePath {
    group: String,
    api_version: String,
    namespace: String,
    resource: String,
    name: String,
    subresource: String,
}

impl ResourcePath {
    fn read(path: &str) -> Option<Self> {
        let segments: Vec<_> = path.trim_matches('/').split('/').collect();
        let (group, api_version, rest) = match segments.as_slice() {
            ["api", version, rest @ ..] => ("", (*version).to_owned(), rest),
            ["apis", group, version, rest @ ..] => (*group, format!("{group}/{version}"), rest),
            _ => return None,
        };
        // A third segment under a namespace is a resource in it, unless it is one of the
        // subresources of the Namespace itself.
        let (namespace, rest) = match rest {
            ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => ("", rest),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            _ => ("", rest),
        };
        let (resource, name, subresource) = match rest {
            [resource] => (*resource, "", ""),
            [resource, name] => (*resource, *name, ""),
            [resource, name, subresource] => (*resource, *name, *subresource),
            _ => return None,
        };
        Some(Self {
            group: group.to_owned(),
            api_version,
            namespace: namespace.to_owned(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            subresource: subresource.to_owned(),
        })
    }
}
