//! What a resource says while its account cannot be used, and while the provider cannot be reached.

use fabric_simulator::{Effect, InjectedFault, Organisation, UserCredentials};
use fabric_testkit::seller::private_profile;

use super::{going::delete_secret, *};
use crate::profiles::profile;

/// How soon a change of the Secret is noticed: it is read every 10 s, give or take a tenth.
const SECRET_NOTICED: Duration = Duration::from_secs(12);

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
