//! What a resource says while its account cannot be used, and while the provider cannot be reached.

use fabric_simulator::{Effect, InjectedFault, Organisation, UserCredentials};
use fabric_testkit::{apiserver::RequestInfo, seller::private_profile};

use super::{going::delete_secret, *};
use crate::profiles::profile;

/// How soon a change of the Secret is noticed that may be watched.
const SECRET_NOTICED: Duration = Duration::from_secs(3);
/// The same for one that may not: it is looked at every 10 s.
const SECRET_LOOKED_AT: Duration = Duration::from_secs(12);

/// Takes the operator's right to watch Secrets away.
fn forbid_watching_secrets(cluster: &TestCluster) {
    let watches = |request: &RequestInfo| request.resource == "secrets" && request.verb == "watch";
    let (forbidden, reason) = (http::StatusCode::FORBIDDEN, "Forbidden");
    cluster.apiserver.fail_next(watches, usize::MAX, forbidden, reason);
}

fn rotated() -> UserCredentials {
    UserCredentials { client_secret: "SECOND".into(), ..UserCredentials::of_the_samples() }
}

#[tokio::test(start_paused = true)]
async fn without_its_secret_nothing_is_claimed_and_only_cancellations_are_sent() {
    let cluster = fleet().await;
    cluster.apply("old", line(FLEET + 1));
    cluster.until_ready("old").await;
    delete_secret(&cluster).await;
    let took = until_all(&cluster, "Unknown", "SecretNotFound", SECRET_NOTICED).await;
    println!("a deleted Secret is noticed by all within {took:?}");
    assert_nothing_is_claimed(&cluster);
    let (_, reason, message) = condition(&account(&cluster).unwrap(), "Ready").unwrap();
    assert_eq!(reason, "SecretNotFound");
    assert!(message.contains("cancellations are sent with the credentials"), "{message}");
    let before = changes(&cluster);
    ask_for_more(&cluster);
    tokio::time::sleep(HOUR).await;
    assert_eq!(changes(&cluster), before, "nothing is ordered or changed");
    cluster.delete("more").await;

    cluster.apply("line-0", line(0));
    cluster.delete("old").await;
    cluster.until_gone("old").await;
    assert_eq!(cluster.world.ledger().cancellations.len(), 1, "what is deleted is cancelled");
    cluster.apiserver.put(manifests::secret());
    let took = until_all(&cluster, "True", "InService", 2 * MINUTE).await;
    println!("and its return within {took:?}");
    assert_all_is_well(&cluster);
}

#[tokio::test(start_paused = true)]
async fn a_changed_secret_is_used_within_seconds() {
    let cluster = fleet().await;
    cluster.world.rotate(Organisation::FIRST, rotated());
    cluster.apiserver.put(manifests::secret_for(&rotated()));
    let began = Instant::now();
    let signed_in = |cluster: &TestCluster| {
        let requests = cluster.world.requests();
        let tokens = requests.iter().filter(|r| r.path == "/oauth2/v1/token" && r.status == 200);
        tokens.count() == 2
    };
    assert!(!signed_in(&cluster), "it signed in once, with the old ones");
    cluster.until("the new credentials are used", SECRET_NOTICED, signed_in).await;
    println!("a changed Secret is used within {:?}", began.elapsed());
    tokio::time::sleep(HOUR).await;
    until_all(&cluster, "True", "InService", MINUTE).await;
}

/// Without the right to watch it.
#[tokio::test(start_paused = true)]
async fn a_secret_that_may_not_be_watched_is_looked_at() {
    let mut cluster = TestCluster::without_operator(Config::default());
    forbid_watching_secrets(&cluster);
    cluster.start_operator();
    cluster.apply("line-0", line(0));
    cluster.until_ready("line-0").await;
    // At no special moment of the looks, nor of the account's own.
    for pause in [3600, 3613, 3627, 3644] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        let is = |reason: &'static str| {
            move |cluster: &TestCluster| {
                cluster.condition("line-0", "Ready").is_some_and(|ready| ready.1 == reason)
            }
        };
        delete_secret(&cluster).await;
        cluster.until("its Secret is missed", SECRET_LOOKED_AT, is("SecretNotFound")).await;
        cluster.apiserver.put(manifests::secret());
        cluster.until("it is used again", SECRET_LOOKED_AT, is("InService")).await;
    }
    let asked = cluster.apiserver.requests();
    let watches = asked.iter().filter(|r| r.resource == "secrets" && r.verb == "watch").count();
    assert!((2..=10).contains(&watches), "a refused watch is seldom asked for: {watches}");
}

/// A watch ends again and again, and the Secret may change in between.
#[tokio::test(start_paused = true)]
async fn a_secret_that_changes_while_its_watch_is_away_is_noticed() {
    let cluster = fleet().await;
    tokio::time::sleep(HOUR).await;
    for _ in 0..3 {
        cluster.apiserver.close_watches();
        tokio::time::sleep(Duration::from_millis(500)).await;
        delete_secret(&cluster).await;
        until_all(&cluster, "Unknown", "SecretNotFound", SECRET_LOOKED_AT).await;
        cluster.apiserver.put(manifests::secret());
        until_all(&cluster, "True", "InService", SECRET_LOOKED_AT).await;
    }
}

/// What is followed is what accounts name.
#[tokio::test(start_paused = true)]
async fn another_secret_is_followed_once_an_account_names_it() {
    let cluster = fleet().await;
    let mut other = manifests::secret();
    other["metadata"]["name"] = json!("other");
    cluster.apiserver.put(other.clone());
    let mut moved = account(&cluster).unwrap();
    moved["spec"]["credentials"]["secretRef"]["name"] = json!("other");
    cluster.apiserver.put(moved);
    tokio::time::sleep(HOUR).await;
    delete_secret(&cluster).await;
    cluster.apiserver.clear_requests();
    tokio::time::sleep(HOUR).await;
    let asked = cluster.apiserver.requests();
    let of_the_first = asked.iter().filter(|r| r.resource == "secrets" && r.name == "equinix");
    assert_eq!(of_the_first.count(), 0, "no account names it");
    other["data"] = json!({});
    cluster.apiserver.put(other);
    until_all(&cluster, "Unknown", "SecretInvalid", SECRET_NOTICED).await;
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_noticed_with_the_first_refusal() {
    let cluster = fleet().await;
    tokio::time::sleep(HOUR).await;
    cluster.world.rotate(Organisation::FIRST, rotated());
    let began = Instant::now();
    let refused = |cluster: &TestCluster| {
        cluster.world.requests().iter().any(|request| request.status == 401)
    };
    cluster.until("the provider refuses a request", 2 * MINUTE, refused).await;
    let first = began.elapsed();
    let after = until_all(&cluster, "Unknown", "CredentialsRejected", Duration::from_secs(5)).await;
    println!(
        "refused credentials are noticed by all {after:?} after the first 401, which came {first:?} after their revocation, with the next listing"
    );
    assert_nothing_is_claimed(&cluster);
    let before = changes(&cluster);
    ask_for_more(&cluster);
    tokio::time::sleep(HOUR).await;
    assert_eq!(changes(&cluster), before);
    cluster.delete("more").await;
    cluster.apply("line-0", line(0));
    cluster.apiserver.put(manifests::secret_for(&rotated()));
    let took = until_all(&cluster, "True", "InService", 2 * MINUTE).await;
    println!("and new ones within {took:?}");
    assert_all_is_well(&cluster);
}

/// One listing may fail; after three rounds without any nothing is claimed.
#[tokio::test(start_paused = true)]
async fn a_provider_that_cannot_be_reached_leaves_nothing_claimed_after_three_rounds() {
    let cluster = fleet().await;
    tokio::time::sleep(HOUR).await;
    let down = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
    let before = changes(&cluster);
    cluster.world.inject(InjectedFault::always(down));
    let began = Instant::now();
    while began.elapsed() < 2 * MINUTE {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for n in 0..FLEET {
            assert_eq!(
                cluster.condition(&name(n), "Ready").unwrap().0,
                "True",
                "{:?}",
                began.elapsed()
            );
        }
    }
    let rest = until_all(&cluster, "Unknown", "ProviderUnavailable", 2 * MINUTE).await;
    println!("a provider that is down is noticed by all within {:?}", 2 * MINUTE + rest);
    assert_nothing_is_claimed(&cluster);
    let version = cluster.apiserver.resource_version();
    tokio::time::sleep(6 * HOUR).await;
    let writes = cluster.apiserver.resource_version() - version;
    // The words change when the token has ended, and the Events with them; no count goes on in them.
    assert!(writes <= 18, "{writes} writes while nothing changes");
    cluster.world.clear_faults();
    let took = until_all(&cluster, "True", "InService", 10 * MINUTE).await;
    println!("and its return within {took:?}");
    assert_all_is_well(&cluster);
    assert_eq!(changes(&cluster), before);
}

/// A listing that is not whole and lacks a connection: it is read by itself, and stays in service.
#[tokio::test(start_paused = true)]
async fn what_a_listing_with_a_gap_lacks_is_read_by_its_id() {
    let cluster = fleet().await;
    let gap = json!({"pagination": {"offset": 0, "limit": 100, "total": FLEET}, "data": []});
    let answer = Effect::Answer { status: 200, retry_after: None, body: gap };
    let listing = ("POST", "/fabric/v4/connections/search");
    cluster.world.inject(InjectedFault::always(answer).on(listing.0, listing.1));
    let began = Instant::now();
    while began.elapsed() < HOUR {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for n in 0..FLEET {
            let ready = cluster.condition(&name(n), "Ready").unwrap();
            assert_eq!(ready.0, "True", "{ready:?} after {:?}", began.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_profile_and_a_decision_say_so_too() {
    let cluster = TestCluster::start();
    cluster.let_in_the_seller();
    cluster.apiserver.put(profile("shop", private_profile("seller")));
    let shop = |cluster: &TestCluster, kind: &str| {
        let shop = cluster.apiserver.get("serviceprofiles", "network", "shop")?;
        condition(&shop, kind).map(|(status, reason, _)| (status, reason))
    };
    let is = |status: &str, reason: &str| Some((status.to_owned(), reason.to_owned()));
    let active = is("True", "ProfileActive");
    cluster.until("it sells", HOUR, |cluster| shop(cluster, "Ready") == active).await;
    let secrets: Api<k8s_openapi::api::core::v1::Secret> =
        Api::namespaced(cluster.apiserver.client_as("user"), "fabric-operator");
    secrets.delete("seller", &DeleteParams::default()).await.unwrap();
    let unknown = is("Unknown", "SecretNotFound");
    let began = Instant::now();
    cluster
        .until("nothing is claimed", SECRET_NOTICED, |cluster| {
            shop(cluster, "Ready") == unknown && shop(cluster, "InSync") == unknown
        })
        .await;
    println!("a profile notices it within {:?}", began.elapsed());
    cluster.apiserver.put(manifests::seller_secret());
    cluster.until("it sells again", 2 * MINUTE, |cluster| shop(cluster, "Ready") == active).await;
}
