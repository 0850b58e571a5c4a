//! A decision that cannot be carried out is reported with a reason, the provider's code and a
//! remedy, and nothing is changed.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use fabric_simulator::{Effect, InjectedFault, UserCredentials};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::ORIGIN,
};

use super::{
    BUYER, SELLER, SELLER_PORTS, SIDES, Side, acceptance, admission, aws_keys, carried_out, decide,
    decisions, get, market, market_before, ordered, plain, ready, secret, seller_side, to_a_seller,
    until_outcome, until_reason,
};

/// A decision that cannot be carried out: the status says so until a user acts, and a day
/// later nothing was sent and nothing is different.
async fn stalled(
    cluster: &TestCluster,
    namespace: &str,
    spec: Value,
    reason: &str,
    words: &[&str],
) {
    decide(cluster, namespace, "bad", spec);
    let message = until_reason(cluster, namespace, "bad", reason).await;
    for word in words {
        assert!(message.contains(word), "{reason}: {word:?} is not in {message:?}");
    }
    let conditions = |cluster: &TestCluster| {
        ["Ready", "Stalled"].map(|of| condition(&get(cluster, namespace, "bad"), of))
    };
    let (before, words) = (get(cluster, namespace, "bad"), conditions(cluster));
    assert!(condition(&before, "Stalled").is_some(), "{before:#}");
    assert!(before["status"].get("outcome").is_none(), "{before:#}");
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(conditions(cluster), words);
    assert_eq!(carried_out(cluster), 0, "nothing was changed");
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_not_the_sellers() {
    for sides in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        let mut spec = admission(sides.seller, &uuid);
        // It is the buyer's.
        spec["primary"] = seller_side("7f891d3b-973e-73e0-bae0-30ac1885197a", 779);
        let words = ["7f891d3b-973e-73e0-bae0-30ac1885197a", "spec.primary.port", "another one"];
        stalled(&cluster, SELLER, spec, "PortNotFound", &words).await;
        assert_eq!(decisions(&cluster).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_the_port_does_not_take() {
    for sides in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        // A QinQ port of the samples.
        let mut spec = admission(sides.seller, &uuid);
        spec["primary"] = seller_side("8cb83fdb-6651-6514-bbe0-38389cc0acfa", 779);
        let words = ["QinQ port", "spec.primary.linkProtocol", "vlanSTag", "another one"];
        stalled(&cluster, SELLER, spec, "InvalidSpec", &words).await;
        assert_eq!(decisions(&cluster).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_is_taken() {
    for sides in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        decide(&cluster, SELLER, "first", admission(sides.seller, &uuid));
        until_outcome(&cluster, SELLER, "first", "Approved").await;
        let mut second = to_a_seller(sides.buyer);
        second["name"] = json!("JohnDoe_Storage_2");
        second["aSide"]["linkProtocol"]["vlanTag"] = json!(775);
        cluster.apply("second", second);
        cluster
            .until("it waits for the seller", Duration::from_secs(3600), |cluster| {
                cluster.condition("second", "Ready").is_some_and(|c| c.1 == "AwaitingApproval")
            })
            .await;
        let uuid = cluster.get("second").unwrap()["status"]["primary"]["uuid"].clone();
        let spec = admission(sides.seller, uuid.as_str().unwrap());
        decide(&cluster, SELLER, "bad", spec);
        let message = until_reason(&cluster, SELLER, "bad", "DecisionRefused").await;
        let code = if sides.v4 { "EQ-3142501" } else { "IC-LAYER2-402" };
        for word in [code, "in use on this port", "create another one"] {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
        let object = get(&cluster, SELLER, "bad");
        assert_eq!(object["status"]["providerFaults"][0]["code"], code);
        tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
        assert_eq!(decisions(&cluster).len(), 2, "it is not sent again");
        // Another decision is another matter.
        let mut spec = admission(sides.seller, uuid.as_str().unwrap());
        spec["primary"] = seller_side(SELLER_PORTS[1], 779);
        decide(&cluster, SELLER, "good", spec);
        until_outcome(&cluster, SELLER, "good", "Approved").await;
        cluster
            .until("the refused one learns of it", Duration::from_secs(3600), |cluster| {
                get(cluster, SELLER, "bad")["status"]["outcome"] == "AlreadyDecided"
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_at_another_seller() {
    for (sides, dialect) in SIDES.into_iter().zip(["FabricV4", "EcxV3"]) {
        let cluster = market();
        let stranger = UserCredentials {
            client_id: "OTHER".to_owned(),
            client_secret: "SECRET".to_owned(),
            user_name: "joe.bloggs@example.com".to_owned(),
            user_password: "jb".to_owned(),
        };
        cluster.world.admit_seller(stranger, "Example-Corp");
        let texts = [("clientId", "OTHER"), ("clientSecret", "SECRET")];
        cluster.apiserver.put(secret("fabric-operator", "other", &texts));
        let mut account = manifests::account("other", dialect, ORIGIN);
        account["spec"]["credentials"]["secretRef"]["name"] = json!("other");
        cluster.apiserver.put(account);
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        let spec = plain("other", &uuid, "Reject", "Creation");
        stalled(&cluster, SELLER, spec, "ConnectionNotVisible", &[&uuid, "FabricAccount other"])
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_buyer_who_decides_as_the_seller() {
    for sides in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        let spec = plain(sides.buyer, &uuid, "Reject", "Creation");
        // On v3 a buyer does not even see it among what comes in.
        let reason = if sides.v4 { "Forbidden" } else { "ConnectionNotVisible" };
        stalled(&cluster, BUYER, spec, reason, &[&uuid]).await;
        if sides.v4 {
            let object = get(&cluster, BUYER, "bad");
            assert_eq!(object["status"]["providerFaults"][0]["code"], "EQ-3142401");
            // Now and then, since rights may be granted.
            assert!(decisions(&cluster).len() < 60, "{}", decisions(&cluster).len());
        }
    }
}

/// The buyer's account may decide at the provider, and the profile is another namespace's to decide for.
#[tokio::test(start_paused = true)]
async fn a_buyer_who_decides_by_name_as_the_seller() {
    for sides in SIDES {
        let mut cluster = market_before();
        let dialect = if sides.v4 { "FabricV4" } else { "EcxV3" };
        let mut account = manifests::account(sides.buyer, dialect, ORIGIN);
        account["spec"]["grants"] = json!([{"namespaces": {"all": true}}]);
        cluster.apiserver.put(account);
        cluster.start_operator();
        ordered(&cluster, to_a_seller(sides.buyer)).await;
        for subject in ["Creation", "Deletion", "Change"] {
            let mut spec = json!({
                "connection": {"name": "line"}, "decision": "Approve", "subject": subject,
            });
            if subject == "Creation" {
                spec["primary"] = seller_side(SELLER_PORTS[0], 779);
            }
            // On v3, a seller sees what is at its profiles alone.
            let (reason, words) = if sides.v4 {
                ("GrantExceeded", ["no ServiceProfile of it has it"])
            } else {
                ("ConnectionNotVisible", ["not visible to this account"])
            };
            stalled(&cluster, BUYER, spec, reason, &words).await;
            assert_eq!(decisions(&cluster).len(), 0, "{subject}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_without_another_half() {
    for sides in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        let mut spec = admission(sides.seller, &uuid);
        spec["secondary"] = seller_side(SELLER_PORTS[1], 780);
        let words = ["not one half of a redundant pair", "without spec.secondary"];
        stalled(&cluster, SELLER, spec, "InvalidSpec", &words).await;
        assert_eq!(decisions(&cluster).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_for_a_connection_that_does_not_go_to_aws() {
    let cluster = market();
    cluster.apiserver.put(aws_keys());
    ordered(&cluster, to_a_seller("default")).await;
    stalled(&cluster, BUYER, acceptance(), "InvalidSpec", &["FabricConnection line", "AWS"]).await;
}

#[tokio::test(start_paused = true)]
async fn keys_for_a_line_of_another_namespace() {
    let cluster = market();
    cluster.apiserver.put(aws_keys());
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_reason("line", "AwaitingApproval").await;
    let mut keys = aws_keys();
    keys["metadata"]["namespace"] = json!(SELLER);
    cluster.apiserver.put(keys);
    let mut spec = acceptance();
    spec["connection"] = cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
    spec["connection"] = json!({"uuid": spec["connection"]});
    spec["account"] = json!("default");
    stalled(
        &cluster,
        SELLER,
        spec,
        "GrantExceeded",
        &["not one that this namespace decides about", "namespace of the FabricConnection"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_does_not_let_the_namespace_in() {
    let cluster = market();
    let uuid = ordered(&cluster, to_a_seller("default")).await.remove(0);
    let mut account = cluster.apiserver.get("fabricaccounts", "", "seller").unwrap();
    account["spec"]["grants"] = json!([{"namespaces": {"names": ["other"]}, "mayAdopt": true}]);
    cluster.apiserver.put(account);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let words = ["FabricAccount seller", SELLER, "spec.grants"];
    stalled(&cluster, SELLER, admission("seller", &uuid), "NamespaceNotAllowed", &words).await;
    assert_eq!(decisions(&cluster).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_or_a_secret_that_is_missing_is_waited_for() {
    let cluster = market();
    let uuid = ordered(&cluster, to_a_seller("default")).await.remove(0);
    decide(&cluster, SELLER, "early", admission("late", &uuid));
    let message = until_reason(&cluster, SELLER, "early", "AccountNotFound").await;
    assert!(message.contains("FabricAccount late"), "{message}");
    let mut account = manifests::account("late", "FabricV4", ORIGIN);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("seller");
    cluster.apiserver.put(account);
    until_outcome(&cluster, SELLER, "early", "Approved").await;

    let cluster = market();
    cluster.apply("line", manifests::aws_dot1q("default"));
    decide(&cluster, BUYER, "accept", acceptance());
    let message = until_reason(&cluster, BUYER, "accept", "SecretNotFound").await;
    assert!(message.contains("network/aws-keys") && message.contains("create it"), "{message}");
    assert!(message.contains("spec.awsCredentialsRef"), "{message}");
    cluster.apiserver.put(secret(BUYER, "aws-keys", &[("accessKey", "AKIAGGJKJU7BC3QJKYQ")]));
    let message = until_reason(&cluster, BUYER, "accept", "SecretInvalid").await;
    assert!(message.contains("lacks the key secretKey"), "{message}");
    let texts = [("accessKey", "AKIA GGJKJ"), ("secretKey", "CXGJW1lWbqENEqSkBAK")];
    cluster.apiserver.put(secret(BUYER, "aws-keys", &texts));
    cluster
        .until("the space in the key is reported", Duration::from_secs(3600), |cluster| {
            ready(cluster, BUYER, "accept").is_some_and(|c| {
                c.2.contains("the key accessKey") && c.2.contains("correct the value there")
            })
        })
        .await;
    assert_eq!(decisions(&cluster).len(), 0);
    cluster.apiserver.put(aws_keys());
    until_outcome(&cluster, BUYER, "accept", "Approved").await;
    assert_eq!(decisions(&cluster).len(), 1);
}

/// Equinix answers the next decision with a refusal of the keys, in words of its own that quote
/// them. The documents show no such answer; the codes are those for values that are not valid.
fn refuse_keys(cluster: &TestCluster, side: Side, quoted: &str) -> &'static str {
    let (code, path) = if side.v4 {
        ("EQ-3142501", "/fabric/v4/connections/*")
    } else {
        ("IC-LAYER2-402", "/ecx/v3/l2/connections/*")
    };
    let body = json!([{"errorCode": code, "errorMessage": format!("AWS refused {quoted}")}]);
    let refusal = Effect::Answer { status: 400, retry_after: None, body };
    cluster.world.inject(InjectedFault::once(refusal).on("PATCH", path));
    code
}

#[tokio::test(start_paused = true)]
async fn keys_that_aws_refuses_are_not_sent_again() {
    for side in SIDES {
        let mut cluster = market();
        cluster.apiserver.put(aws_keys());
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        let code = refuse_keys(&cluster, side, "the keys");
        decide(&cluster, BUYER, "accept", acceptance());
        let message = until_reason(&cluster, BUYER, "accept", "AwsKeysRefused").await;
        for word in [code, "AWS refused the keys", "correct the Secret", "create another one"] {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
        assert_eq!(get(&cluster, BUYER, "accept")["status"]["providerFaults"][0]["code"], code);
        tokio::time::sleep(Duration::from_secs(4 * 3600)).await;
        cluster.stop_operator().await;
        cluster.start_operator();
        // What wakes it does not send it again either.
        let mut object = cluster.get("line").unwrap();
        object["metadata"]["labels"] = json!({"touched": "yes"});
        cluster.apiserver.put(object);
        tokio::time::sleep(Duration::from_secs(4 * 3600)).await;
        assert_eq!(decisions(&cluster).len(), 1, "{side:?}");
        assert_eq!(cluster.condition("line", "Ready").unwrap().1, "AwaitingApproval");

        decide(&cluster, BUYER, "again", acceptance());
        until_outcome(&cluster, BUYER, "again", "Approved").await;
        assert_eq!(decisions(&cluster).len(), 2);
    }
}

/// All that is logged in this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_in_no_log_event_status_or_error() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _until_the_end = tracing::subscriber::set_default(subscriber);
    // Tests beside this one log nothing, and what they use is remembered as of no interest.
    tracing::callsite::rebuild_interest_cache();
    let (access, key) = ("AKIACANARYCANARY4711", "CaNaRy/4711+0815/wJalrXUtnFEMIK7MDENG");
    for side in SIDES {
        let mut cluster = market();
        cluster.apiserver.put(secret(
            BUYER,
            "aws-keys",
            &[("accessKey", access), ("secretKey", key)],
        ));
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        // Refused, lost, and taken.
        refuse_keys(&cluster, side, &format!("{access} and {key}"));
        decide(&cluster, BUYER, "refused", acceptance());
        until_reason(&cluster, BUYER, "refused", "AwsKeysRefused").await;
        cluster
            .world
            .inject(InjectedFault::once(Effect::LoseReply).on("PATCH", "/fabric/v4/connections/*"));
        cluster
            .world
            .inject(InjectedFault::once(Effect::LoseReply).on("PATCH", "/ecx/v3/l2/connections/*"));
        decide(&cluster, BUYER, "lost", acceptance());
        until_outcome(&cluster, BUYER, "lost", "Approved").await;
        cluster.stop_operator().await;

        let kinds = ["connectionapprovals", "fabricconnections", "fabricaccounts", "events"];
        for object in kinds.iter().flat_map(|kind| cluster.apiserver.all(kind)) {
            assert_silent(&object.to_string(), access, key);
        }
        assert!(!cluster.apiserver.all("events").is_empty());
        for request in cluster.apiserver.requests() {
            assert_silent(&format!("{request:?}"), access, key);
        }
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the provider refused the request"), "the log is caught");
    assert_silent(&log, access, key);
}

/// Neither key stands in a text, nor its beginning, nor its base64 form.
fn assert_silent(text: &str, access: &str, key: &str) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    for secret in [access, key] {
        for form in [&secret[..10], &STANDARD.encode(secret)[..12]] {
            assert!(!text.contains(form), "{form} stands in {text}");
        }
    }
}
