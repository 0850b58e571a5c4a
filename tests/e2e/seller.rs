//! The seller's side on the real API server: profiles and decisions, from the examples, of which
//! only the names of namespace, account and connections are changed.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{
    installation::Installation,
    tenant::{self, Tenant, condition},
};

/// A tenant that buys, and sells as another organisation at the same simulated Equinix.
struct Market {
    tenant: Tenant<'static>,
    /// The account of the seller.
    seller: String,
    /// What the examples of this dialect end in.
    suffix: &'static str,
}

impl Market {
    async fn new(name: &str, dialect: &str) -> Self {
        let tenant = Tenant::new(Installation::shared(), name, dialect).await;
        tenant.world.admit_seller(tenant::seller(), "John-Doe-Corp");
        tenant.cluster.apply(&manifests::seller_secret()).await.unwrap();
        let v3 = dialect == "EcxV3";
        let seller = format!("{name}-seller");
        let mut account = manifests::seller_account(&seller, dialect, &tenant.origin);
        account["spec"]["observationIntervalSeconds"] = json!(10);
        if v3 {
            account["spec"]["credentials"]["grant"] = json!("Password");
        }
        tenant.cluster.apply(&account).await.unwrap();
        Self { tenant, seller, suffix: if v3 { "-v3" } else { "" } }
    }

    /// An example in the tenant's namespace and, if it names one, through the seller's account.
    fn example(&self, file: &str) -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{file}.yaml"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut object: Value = serde_saphyr::from_str(&text).unwrap();
        object["metadata"]["namespace"] = json!(self.tenant.name);
        if let Some(account) = object["spec"].get_mut("account") {
            *account = json!(self.seller);
        }
        object
    }

    /// Applies the private profile, changed by `more`, and waits until it can be ordered from.
    async fn sells(&self, more: Value) -> String {
        let mut profile = self.example(&format!("seller/private{}", self.suffix));
        profile["metadata"]["name"] = json!("shop");
        profile["spec"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.tenant.cluster.apply(&profile).await.unwrap();
        let ready = self
            .profile("Ready, and as the spec says", |profile| {
                let is = |kind| condition(profile, kind).is_some_and(|c| c.0 == "True");
                let read = &profile["status"]["observedGeneration"];
                is("Ready") && is("InSync") && *read == profile["metadata"]["generation"]
            })
            .await;
        ready["status"]["uuid"].as_str().unwrap().to_owned()
    }

    async fn profile(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let holds = |object: Option<&Value>| object.is_some_and(&holds);
        self.tenant.wait("ServiceProfile", Some(&self.tenant.name), "shop", what, holds).await
    }

    /// Waits until the profile shows one connection that asks for `asks`, and answers with it.
    async fn incoming(&self, asks: &str) -> Value {
        let shop = self
            .profile(&format!("asked for a {asks}"), |profile| {
                profile["status"]["incoming"][0]["asks"] == asks
            })
            .await;
        shop["status"]["incoming"][0].clone()
    }

    /// Orders from the profile, and waits until the seller has to decide; answers with the ids.
    async fn orders(&self, profile: &str, pair: bool) -> Vec<String> {
        let mut spec = manifests::aws_dot1q(&self.tenant.name);
        spec["name"] = json!("JohnDoe_Storage");
        spec["zSide"] = json!({"serviceProfile": {"uuid": profile, "metroCode": "SV"}});
        if pair {
            spec["secondary"] = json!({
                "name": "JohnDoe_Storage_2",
                "aSide": {
                    "port": {"uuid": "7f891d3b-9740-7400-bae0-30ac1885197a"},
                    "linkProtocol": {"type": "DOT1Q", "vlanTag": 775},
                },
            });
        }
        self.tenant.apply("line", spec).await;
        self.tenant.until_reason("line", "AwaitingApproval").await;
        let parts: &[&str] = if pair { &["primary", "secondary"] } else { &["primary"] };
        let waiting = self
            .tenant
            .until("line", "waiting for the seller", |line| {
                let status = &line["status"];
                parts.iter().all(|part| status[part]["equinixStatus"] == "PENDING_APPROVAL")
            })
            .await;
        let uuid = |part: &&str| waiting["status"][*part]["uuid"].as_str().unwrap().to_owned();
        parts.iter().map(uuid).collect()
    }

    /// Makes the decision of an example on a line, and waits for what comes of it.
    async fn decides(&self, file: &str, uuid: &str, outcome: &str) -> Value {
        let mut decision = self.example(&format!("approval/{file}"));
        if decision["spec"]["connection"].get("uuid").is_some() {
            decision["spec"]["connection"]["uuid"] = json!(uuid);
        }
        self.tenant.cluster.apply(&decision).await.unwrap();
        let name = format!("approval-{file}");
        let over = |object: Option<&Value>| {
            object.is_some_and(|object| object["status"]["outcome"].is_string())
        };
        let kind = "ConnectionApproval";
        let decided = self.tenant.wait(kind, Some(&self.tenant.name), &name, "over", over).await;
        assert_eq!(decided["status"]["outcome"], outcome, "{decided:#}");
        decided
    }

    /// Ends all that is left.
    async fn closes(&self) {
        self.tenant.cluster.delete("ServiceProfile", Some(&self.tenant.name), "shop").await;
        let gone = |object: Option<&Value>| object.is_none();
        self.tenant.wait("ServiceProfile", Some(&self.tenant.name), "shop", "gone", gone).await;
    }

    /// The requests of one method and path that were carried out.
    fn carried_out(&self, method: &str, path: &str) -> usize {
        let requests = self.tenant.world.requests().into_iter();
        let fits = requests.filter(|r| r.method == method && r.path == path && r.status < 300);
        fits.count()
    }
}

/// From a private profile to a line in service, more bandwidth, and its end.
async fn a_sale(name: &str, dialect: &str) {
    let market = Market::new(name, dialect).await;
    let id = market.sells(json!({"privateUserEmails": []})).await;
    // A buyer is let in by an address in the list.
    assert_eq!(market.sells(json!({"privateUserEmails": ["john.doe@example.com"]})).await, id);
    let create = if market.suffix.is_empty() {
        "/fabric/v4/serviceProfiles"
    } else {
        "/ecx/v3/l2/serviceprofiles"
    };
    assert_eq!(market.carried_out("POST", create), 1, "{name}: one resource is one profile");

    let uuid = market.orders(&id, false).await.remove(0);
    let incoming = market.incoming("Creation").await;
    assert_eq!(incoming["uuid"], uuid, "{name}");
    let seen: BTreeMap<&str, &Value> =
        ["name", "bandwidthMbps", "metroCode"].iter().map(|f| (*f, &incoming[*f])).collect();
    let expected = [
        ("name", json!("JohnDoe_Storage")),
        ("bandwidthMbps", json!(50)),
        ("metroCode", json!("SV")),
    ];
    for (field, value) in &expected {
        assert_eq!(seen[field], value, "{name}: {field} of {incoming:#}");
    }
    market.decides("creation", &uuid, "Approved").await;
    market.tenant.until_ready("line").await;
    market.profile("without a waiting buyer", |p| p["status"]["incomingCount"] == 0).await;

    let mut line = market.tenant.get("line").await.unwrap();
    line["spec"]["bandwidthMbps"] = json!(200);
    market.tenant.apply("line", line["spec"].clone()).await;
    market.incoming("Change").await;
    market.decides("change", &uuid, "Approved").await;
    market
        .tenant
        .until("line", "changed", |line| line["status"]["primary"]["bandwidthMbps"] == 200)
        .await;

    market.tenant.delete("line").await;
    market.incoming("Deletion").await;
    market.decides("deletion", &uuid, "Approved").await;
    market.tenant.until_gone("line").await;
    market.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_sold_from_and_its_line_changed_and_let_go() {
    tokio::join!(a_sale("sale-v3", "EcxV3"), a_sale("sale-v4", "FabricV4"));
}

/// A line that its seller will not have.
async fn a_refusal(name: &str, dialect: &str) {
    let market = Market::new(name, dialect).await;
    let id = market.sells(json!({})).await;
    let uuid = market.orders(&id, false).await.remove(0);
    market.decides("rejection", &uuid, "Rejected").await;
    market.tenant.until_reason("line", "Rejected").await;
    // The same again comes too late, and does nothing.
    let mut late = market.example("approval/creation");
    late["spec"]["connection"]["uuid"] = json!(uuid);
    market.tenant.cluster.apply(&late).await.unwrap();
    let over = |o: Option<&Value>| o.is_some_and(|o| o["status"]["outcome"] == "DecidedOtherwise");
    let kind = "ConnectionApproval";
    market.tenant.wait(kind, Some(name), "approval-creation", "too late", over).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_says_no() {
    tokio::join!(a_refusal("refusal-v3", "EcxV3"), a_refusal("refusal-v4", "FabricV4"));
}

/// Both halves of a pair by one decision.
async fn a_pair(name: &str, dialect: &str) {
    let market = Market::new(name, dialect).await;
    let id = market.sells(json!({})).await;
    let uuids = market.orders(&id, true).await;
    let decided = market.decides("redundant", &uuids[1], "Approved").await;
    for (part, uuid) in ["primary", "secondary"].iter().zip(&uuids) {
        assert_eq!(decided["status"][part]["uuid"], *uuid, "{name}");
        assert_eq!(decided["status"][part]["outcome"], "Approved", "{name}");
    }
    market.tenant.until_ready("line").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_taken_in_by_one_decision() {
    tokio::join!(a_pair("halves-v3", "EcxV3"), a_pair("halves-v4", "FabricV4"));
}

/// A buyer accepts at AWS with keys from a Secret, which are nowhere else afterwards.
async fn with_keys(name: &str, dialect: &str) {
    let market = Market::new(name, dialect).await;
    let tenant = &market.tenant;
    tenant.apply("aws-dot1q", manifests::aws_dot1q(name)).await;
    tenant.until_reason("aws-dot1q", "AwaitingApproval").await;
    let keys = ["AKIACANARYE2E0000001", "E2eCaNaRy/0000001+wJalrXUtnFEMIK7"];
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws-keys", "namespace": name},
        "stringData": {"accessKey": keys[0], "secretKey": keys[1]},
    });
    tenant.cluster.apply(&secret).await.unwrap();
    tenant.let_secrets_be_read().await;
    market.decides("aws", "", "Approved").await;
    let ready = tenant.until_ready("aws-dot1q").await;
    let installation = Installation::shared();
    let (all, _) = installation.plane.kubectl(&[
        "get",
        "fabconn,fabappr,events",
        "--namespace",
        name,
        "--output=json",
        "--show-managed-fields",
    ]);
    for key in keys {
        assert!(
            !all.contains(key) && !installation.log().contains(key),
            "{name}: {key} has got out"
        );
    }
    assert_eq!(ready["status"]["primary"]["providerStatus"], "PROVISIONED", "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_accepts_at_aws_with_keys() {
    tokio::join!(with_keys("keys-v3", "EcxV3"), with_keys("keys-v4", "FabricV4"));
}

/// What is admitted, and what is said of the rest.
#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_decision_is_refused_at_the_door() {
    let market = Market::new("doors", "FabricV4").await;
    let cluster = &market.tenant.cluster;
    let with = |field: &str, value: Value| {
        let mut decision = market.example("approval/creation");
        decision["spec"][field] = value;
        decision
    };
    let refused = [
        (with("comment", json!("why")), "a rejection needs comment"),
        (with("subject", json!("Deletion")), "only for approving a creation"),
        (with("awsCredentialsRef", json!({"name": "keys"})), "only one of them"),
        (with("decision", json!("Perhaps")), "Unsupported value"),
        (with("connection", json!({"name": "line"})), "account is needed with connection.uuid"),
    ];
    for (decision, words) in refused {
        let said = cluster.try_out(&decision).await.unwrap_err();
        assert!(said.contains(words), "{words:?} is not in {said:?}");
    }
    let decision = market.example("approval/rejection");
    cluster.apply(&decision).await.unwrap();
    let mut other = decision.clone();
    other["spec"]["comment"] = json!("another reason");
    let said = cluster.try_out(&other).await.unwrap_err();
    assert!(said.contains("a decision is made once"), "{said:?}");

    let mut public = market.example("seller/public");
    cluster.try_out(&public).await.unwrap();
    public["spec"]["name"] = json!("n".repeat(51));
    let said = cluster.try_out(&public).await.unwrap_err();
    assert!(said.contains("spec.name") && said.contains("50"), "{said:?}");
}
