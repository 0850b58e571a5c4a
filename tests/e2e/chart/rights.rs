//! The operator with the rights that the chart grants, checked against the API server's audit log:
//! each right was used, and no request was forbidden.

use std::{collections::BTreeSet, path::Path};

use axum::{extract::Request, middleware::from_fn};
use http::Method;
use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use fabric_api::{ConnectionApproval, FabricConnection, ServiceProfile};
use fabric_simulator::UserCredentials;
use fabric_testkit::{controlplane::ControlPlane, manifests};

use super::{CHART, NAME, get, install};
use crate::{
    installation::{Cluster, Installation},
    tenant::{Tenant, condition},
};

const TEAM: &str = "charted";

/// A right, or its use. Rights in the whole cluster are those of the namespace "".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    namespace: String,
    group: String,
    resource: String,
    verb: String,
}

impl Right {
    fn new(namespace: &Value, group: &Value, resource: String, verb: &Value) -> Self {
        Self { namespace: text(namespace), group: text(group), resource, verb: text(verb) }
    }

    fn everywhere(&self) -> Self {
        Self { namespace: String::new(), ..self.clone() }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Installs the chart for the accounts of `origins`, with one more value; how the Deployment starts
/// the operator.
fn by_the_chart(plane: &ControlPlane, origins: &[String], value: &str) -> Vec<String> {
    plane.kubectl(&["create", "namespace", TEAM]);
    let origins = format!("allowedEndpoints={}", json!(origins));
    let secrets = format!("rbac.secretNamespaces={}", json!([TEAM]));
    let of_accounts = r#"rbac.accountSecrets=["equinix","seller","nowhere"]"#;
    install(
        plane,
        "install",
        Path::new(CHART),
        &[&origins, &secrets, of_accounts, r#"log.format="text""#, value],
    )
    .unwrap();
    let deployment = get(plane, &["deployment", NAME, "--namespace", NAME]);
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let arguments: Vec<String> = serde_json::from_value(container["args"].clone()).unwrap();
    // On a machine, other than in a Pod, the port may be another's.
    arguments.into_iter().map(|a| a.replace("--http-port=8481", "--http-port=0")).collect()
}

/// What the roles give that are bound to the operator.
fn granted(plane: &ControlPlane) -> BTreeSet<Right> {
    let roles = get(plane, &["roles,clusterroles", "--all-namespaces"]);
    let bindings = get(plane, &["rolebindings,clusterrolebindings", "--all-namespaces"]);
    let mut rights = BTreeSet::new();
    for binding in items(&bindings["items"]) {
        if !items(&binding["subjects"]).any(|s| s["name"] == NAME && s["namespace"] == NAME) {
            continue;
        }
        let (space, bound) = (&binding["metadata"]["namespace"], &binding["roleRef"]);
        let role = items(&roles["items"]).find(|role| {
            let applies = bound["kind"] == "ClusterRole" || &role["metadata"]["namespace"] == space;
            applies && role["kind"] == bound["kind"] && role["metadata"]["name"] == bound["name"]
        });
        for rule in items(&role.expect("the role is there")["rules"]) {
            for (group, resource) in items(&rule["apiGroups"])
                .flat_map(|group| items(&rule["resources"]).map(move |resource| (group, resource)))
            {
                let right = |verb| Right::new(space, group, text(resource), verb);
                rights.extend(items(&rule["verbs"]).map(right));
            }
        }
    }
    rights
}

/// What the operator has asked for, and with which status it was answered.
fn asked(plane: &ControlPlane) -> Vec<(Right, u64)> {
    let audit = std::fs::read_to_string(plane.folder().join("audit.json")).unwrap();
    let user = format!("system:serviceaccount:{NAME}:{NAME}");
    let events = audit.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events
        .filter(|event| event["user"]["username"] == user && event["objectRef"].is_object())
        .map(|event| {
            let of = &event["objectRef"];
            let mut resource = text(&of["resource"]);
            if let Some(part) = of["subresource"].as_str() {
                resource = format!("{resource}/{part}");
            }
            let right = Right::new(&of["namespace"], &of["apiGroup"], resource, &event["verb"]);
            (right, event["responseStatus"]["code"].as_u64().unwrap())
        })
        .collect()
}

/// Another client writes to a resource while what it asks for is on its way, so that the operator, who
/// comes with the answer, has to read it first.
async fn meddle<K>(cluster: &Cluster, name: &str)
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    K: Clone + std::fmt::Debug + DeserializeOwned,
{
    let api = kube::Api::<K>::namespaced(cluster.client.clone(), TEAM);
    let patch = json!({"metadata": {"annotations": {"example.com/note": "seen"}}});
    let params = kube::api::PatchParams::default();
    api.patch(name, &params, &kube::api::Patch::Merge(patch)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_of_the_chart_suffice_and_every_one_is_used() {
    work_by(r#"watchNamespace="""#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_do_the_rights_in_one_namespace() {
    work_by(&format!("watchNamespace={}", json!(TEAM))).await;
}

/// A profile's life, and a decision on a line that is ordered from it.
async fn sell_and_decide(tenant: &Tenant<'_>) {
    let credentials = UserCredentials {
        client_id: "SELLER12345".into(),
        client_secret: "KLMNO12345".into(),
        user_name: "john.doe@example.com".into(),
        user_password: "jd1@#$".into(),
    };
    tenant.world.admit_seller(credentials, "John-Doe-Corp");
    tenant.cluster.apply(&manifests::seller_secret()).await.unwrap();
    let seller = manifests::seller_account("seller", "FabricV4", &tenant.origin);
    tenant.cluster.apply(&seller).await.unwrap();
    let example = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let mut object: Value = serde_saphyr::from_str(&text).unwrap();
        object["metadata"]["namespace"] = json!(TEAM);
        object
    };
    let mut profile = example("seller/private.yaml");
    profile["metadata"]["name"] = json!("shop");
    tenant.cluster.apply(&profile).await.unwrap();
    let ready =
        |o: Option<&Value>| o.and_then(|o| condition(o, "Ready")).is_some_and(|c| c.0 == "True");
    let shop = tenant.wait("ServiceProfile", Some(TEAM), "shop", "Ready", ready).await;

    let mut spec = manifests::aws_dot1q(TEAM);
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(901);
    let sold = json!({"uuid": shop["status"]["uuid"], "metroCode": "SV"});
    spec["zSide"] = json!({"serviceProfile": sold});
    tenant.apply("asks", spec).await;
    let asks = tenant
        .until("asks", "waiting for the seller", |line| {
            line["status"]["primary"]["equinixStatus"] == "PENDING_APPROVAL"
        })
        .await;
    let mut decision = example("approval/rejection.yaml");
    decision["spec"]["connection"]["uuid"] = asks["status"]["primary"]["uuid"].clone();
    tenant.cluster.apply(&decision).await.unwrap();
    let over = |o: Option<&Value>| o.is_some_and(|o| o["status"]["outcome"].is_string());
    tenant.wait("ConnectionApproval", Some(TEAM), "approval-rejection", "over", over).await;

    tenant.delete("asks").await;
    tenant.until_gone("asks").await;
    tenant.cluster.delete("ServiceProfile", Some(TEAM), "shop").await;
    let gone = |o: Option<&Value>| o.is_none();
    tenant.wait("ServiceProfile", Some(TEAM), "shop", "gone", gone).await;
}

/// The main job on an installation with this value.
async fn work_by(value: &str) {
    let installation =
        Installation::installed(|plane, origins| by_the_chart(plane, origins, value));
    let cluster = installation.admin().await;
    let tenant = Tenant::behind(&installation, TEAM, "FabricV4", |router| {
        router.layer(from_fn(move |request: Request, next: axum::middleware::Next| {
            let cluster = cluster.clone();
            async move {
                let posted = request.method() == Method::POST;
                let path = request.uri().path().to_owned();
                let response = next.run(request).await;
                match path.strip_prefix("/fabric/v4/") {
                    Some("connections") if posted && !response.status().is_client_error() => {
                        meddle::<FabricConnection>(&cluster, "line").await;
                    }
                    Some("serviceProfiles") if posted => {
                        meddle::<ServiceProfile>(&cluster, "shop").await;
                    }
                    Some(path) if posted && path.ends_with("/actions") => {
                        meddle::<ConnectionApproval>(&cluster, "approval-rejection").await;
                    }
                    _ => {}
                }
                response
            }
        }))
    })
    .await;
    // An account that asks for a namespace's labels, a token from a Secret.
    let mut account = manifests::account(TEAM, "FabricV4", &tenant.origin);
    let labels = json!({"kubernetes.io/metadata.name": TEAM});
    account["spec"]["grants"] =
        json!([{"namespaces": {"selector": {"matchLabels": labels}}, "mayAdopt": true}]);
    tenant.cluster.apply(&account).await.unwrap();
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "token", "namespace": TEAM},
        "stringData": {"token": "20d32a80-0d61-4333-bc03-707b591ae2f4"},
    });
    tenant.cluster.apply(&secret).await.unwrap();
    let mut spec = manifests::token_dot1q(TEAM);
    spec["zSide"]["serviceToken"] = json!({"secretRef": {"name": "token", "key": "token"}});
    tenant.apply("line", spec).await;
    tenant.until_ready("line").await;
    sell_and_decide(&tenant).await;
    // Coming back to an old trouble is the old event again.
    let mut wrong = manifests::aws_dot1q(TEAM);
    wrong["aSide"]["port"] = json!({"name": "noSuchPort"});
    for (account, reason) in
        [(TEAM, "PortNotFound"), ("nobody", "AccountNotFound"), (TEAM, "PortNotFound")]
    {
        wrong["account"] = json!(account);
        tenant.apply("wrong", wrong.clone()).await;
        tenant.until_reason("wrong", reason).await;
    }
    // The same for an account, whose events lie elsewhere.
    for (secret, ready) in
        [("nowhere", "False"), ("equinix", "True"), ("nowhere", "False"), ("equinix", "True")]
    {
        account["spec"]["credentials"]["secretRef"]["name"] = json!(secret);
        tenant.cluster.apply(&account).await.unwrap();
        let is =
            |o: Option<&Value>| o.and_then(|o| condition(o, "Ready")).is_some_and(|c| c.0 == ready);
        tenant.wait("FabricAccount", None, TEAM, ready, is).await;
    }
    for name in ["line", "wrong"] {
        tenant.delete(name).await;
        tenant.until_gone(name).await;
    }
    let asked = asked(&installation.plane);
    let refused: Vec<_> = asked.iter().filter(|(_, status)| *status == 403).collect();
    assert!(refused.is_empty(), "refused: {refused:?}");

    let granted = granted(&installation.plane);
    let used: BTreeSet<Right> = asked
        .into_iter()
        .map(|(right, _)| if granted.contains(&right) { right } else { right.everywhere() })
        .collect();
    let missing: Vec<_> = used.difference(&granted).collect();
    assert!(missing.is_empty(), "used and not granted: {missing:?}");
    let spare: Vec<_> = granted.difference(&used).collect();
    assert!(spare.is_empty(), "granted and not used: {spare:?}");
}
