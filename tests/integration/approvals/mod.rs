//! Decisions of buyers and sellers, from the resource to the connection: carried out once, and
//! reported as what they were.
//!
//! A buyer and the seller of the samples share one simulated world, each with accounts of their own
//! on both dialects.

mod bad_input;
mod buyer;
mod exactly_once;
mod questions;
mod seller;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use fabric_client::Http;
use fabric_simulator::{Config, Recorded, UserCredentials};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::{InProcess, ORIGIN},
    seller::{SELLER_PORTS, admission, seller_side, to_a_seller},
};

/// The namespaces of the buyer and of the seller.
const BUYER: &str = "network";
const SELLER: &str = "shop";

/// A dialect, and the accounts that speak it.
#[derive(Debug, Clone, Copy)]
struct Side {
    buyer: &'static str,
    seller: &'static str,
    v4: bool,
}

const SIDES: [Side; 2] = [
    Side { buyer: "default", seller: "seller", v4: true },
    Side { buyer: "ecx", seller: "seller-ecx", v4: false },
];

/// A Secret with these texts.
fn secret(namespace: &str, name: &str, texts: &[(&str, &str)]) -> Value {
    let data: serde_json::Map<String, Value> =
        texts.iter().map(|(key, text)| ((*key).to_owned(), json!(text))).collect();
    let mut secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {},
    });
    for (key, text) in data {
        use base64::Engine;
        let text = text.as_str().unwrap();
        secret["data"][key] = base64::engine::general_purpose::STANDARD.encode(text).into();
    }
    secret
}

/// A buyer and a seller in one world; the operator does not run yet.
fn market_before() -> TestCluster {
    let cluster = TestCluster::without_operator(Config::default());
    let credentials = UserCredentials {
        client_id: "SELLER".to_owned(),
        client_secret: "SECRET".to_owned(),
        user_name: "jane.roe@example.com".to_owned(),
        user_password: "jr".to_owned(),
    };
    cluster.world.admit_seller(credentials, "John-Doe-Corp");
    let texts = [("clientId", "SELLER"), ("clientSecret", "SECRET")];
    cluster.apiserver.put(secret("fabric-operator", "seller", &texts));
    for (name, dialect) in [("seller", "FabricV4"), ("seller-ecx", "EcxV3")] {
        let mut account = manifests::account(name, dialect, ORIGIN);
        account["spec"]["credentials"]["secretRef"]["name"] = json!("seller");
        cluster.apiserver.put(account);
    }
    cluster
}

fn market() -> TestCluster {
    let mut cluster = market_before();
    cluster.start_operator();
    cluster
}

/// What the API answers the seller, asked past the operator.
async fn as_seller(cluster: &TestCluster, path: &str) -> Value {
    let http = InProcess(cluster.world.router());
    let send = async |method: &str, path: &str, token: &str, body: Value| -> Value {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{ORIGIN}{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        serde_json::from_slice(http.send(request).await.unwrap().body()).unwrap()
    };
    let credentials = json!({
        "grant_type": "client_credentials", "client_id": "SELLER", "client_secret": "SECRET",
    });
    let signed_in = send("POST", "/oauth2/v1/token", "", credentials).await;
    send("GET", path, signed_in["access_token"].as_str().unwrap(), Value::Null).await
}

/// A user decides.
fn decide(cluster: &TestCluster, namespace: &str, name: &str, spec: Value) {
    cluster.apiserver.put(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "ConnectionApproval",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }));
}

fn get(cluster: &TestCluster, namespace: &str, name: &str) -> Value {
    cluster.apiserver.get("connectionapprovals", namespace, name).expect("the approval is there")
}

/// `Ready` as (status, reason, message).
fn ready(cluster: &TestCluster, namespace: &str, name: &str) -> Option<(String, String, String)> {
    condition(&get(cluster, namespace, name), "Ready")
}

async fn until_reason(cluster: &TestCluster, namespace: &str, name: &str, reason: &str) -> String {
    cluster
        .until(&format!("{name} is {reason}"), Duration::from_secs(3600), |cluster| {
            ready(cluster, namespace, name).is_some_and(|c| c.1 == reason)
        })
        .await;
    ready(cluster, namespace, name).unwrap().2
}

/// Waits for the end of a decision and asserts its result.
async fn until_outcome(cluster: &TestCluster, namespace: &str, name: &str, outcome: &str) {
    cluster
        .until(&format!("{name} ends"), Duration::from_secs(3600), |cluster| {
            get(cluster, namespace, name)["status"]["outcome"].is_string()
        })
        .await;
    let object = get(cluster, namespace, name);
    assert_eq!(object["status"]["outcome"], outcome, "{object:#}");
    let good = ["Approved", "Rejected", "AlreadyDecided"].contains(&outcome);
    let expected = if good { ("True", "Done") } else { ("False", "Failed") };
    let (status, _, _) = condition(&object, "Ready").unwrap();
    assert_eq!((status.as_str(), object["status"]["phase"].as_str().unwrap()), expected);
    assert!(condition(&object, "Reconciling").is_none(), "{object:#}");
}

/// The decisions that reached the provider, by whatever dialect.
fn decisions(cluster: &TestCluster) -> Vec<Recorded> {
    let is_decision = |request: &Recorded| {
        let path = &request.path;
        let by_v3 = request.method == "PATCH"
            && path.contains("?action=")
            && !path.to_lowercase().ends_with("update");
        let keys = request.method == "PATCH"
            && path.starts_with("/fabric/v4/connections/")
            && request.body[0]["op"] == "add";
        by_v3 || keys || request.method == "POST" && path.ends_with("/actions")
    };
    cluster.world.requests().into_iter().filter(is_decision).collect()
}

/// How many decisions were carried out, whether or not their answers arrived.
fn carried_out(cluster: &TestCluster) -> usize {
    decisions(cluster).iter().filter(|request| request.status < 300).count()
}

/// The keys of the sample "Step 3: Accept Connection".
fn aws_keys() -> Value {
    let texts = [("accessKey", "AKIAGGJKJU7BC3QJKYQ"), ("secretKey", "CXGJW1lWbqENEqSkBAK")];
    secret(BUYER, "aws-keys", &texts)
}

/// A buyer's acceptance of the FabricConnection `line`.
fn acceptance() -> Value {
    json!({
        "connection": {"name": "line"},
        "decision": "Approve",
        "awsCredentialsRef": {"name": "aws-keys"},
    })
}

/// A pair to AWS.
fn aws_pair(account: &str) -> Value {
    let mut spec = manifests::aws_dot1q(account);
    spec["secondary"] = json!({
        "name": "JohnDoe_AWS_2",
        "aSide": {
            "port": {"uuid": "7f891d3b-9740-7400-bae0-30ac1885197a"},
            "linkProtocol": {"type": "DOT1Q", "vlanTag": 775},
        },
    });
    spec
}

fn order_of_a_pair(account: &str) -> Value {
    let mut spec = to_a_seller(account);
    spec["secondary"] = json!({
        "name": "JohnDoe_Storage_2",
        "aSide": {
            "port": {"uuid": "7f891d3b-9740-7400-bae0-30ac1885197a"},
            "linkProtocol": {"type": "DOT1Q", "vlanTag": 775},
        },
    });
    spec
}

/// Orders, and waits until the seller has to decide; answers with the ids of the lines.
async fn ordered(cluster: &TestCluster, spec: Value) -> Vec<String> {
    let parts: &[&str] =
        if spec.get("secondary").is_some() { &["primary", "secondary"] } else { &["primary"] };
    cluster.apply("line", spec);
    cluster
        .until("the lines wait for their seller", Duration::from_secs(3600), |cluster| {
            let object = cluster.get("line").unwrap();
            parts.iter().all(|part| object["status"][part]["equinixStatus"] == "PENDING_APPROVAL")
        })
        .await;
    let status = &cluster.get("line").unwrap()["status"];
    parts.iter().map(|part| status[part]["uuid"].as_str().unwrap().to_owned()).collect()
}

/// A seller's decision that needs no end.
fn plain(account: &str, uuid: &str, decision: &str, subject: &str) -> Value {
    let mut spec = json!({
        "connection": {"uuid": uuid},
        "account": account,
        "decision": decision,
        "subject": subject,
    });
    if decision == "Reject" {
        spec["comment"] = json!("JohnDoe rejected");
    }
    spec
}
