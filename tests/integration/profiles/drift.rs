//! Keeping a profile as the spec describes it: one replacement for each change, and none without a
//! change.

use std::sync::Arc;

use serde_json::{Value, json};

use fabric_client::{
    Dialect, Http, InstrumentedHttp, OAuthCredentials, OAuthGrant, RateLimiter, TokenSource,
    Transport,
};
use fabric_domain::{Offering, ProfileId};
use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{
    operator::{InProcess, ORIGIN},
    provider_client::{Calls, connect},
};

use super::{DAY, HOUR, MINUTE, SELLERS, Store, private_profile, with};

/// The Equinix portal, as the seller uses it beside the operator.
struct Portal(Arc<dyn Calls>);

impl Portal {
    fn of(store: &Store) -> Self {
        let http: Arc<dyn Http> = Arc::new(InProcess(store.0.world.router()));
        let credentials = OAuthCredentials {
            client_id: "SELLER12345".into(),
            client_secret: "KLMNO12345".into(),
            grant: OAuthGrant::ClientCredentials,
        };
        let origin: url::Url = ORIGIN.parse().unwrap();
        let exchange = InstrumentedHttp::new(http, Arc::new(()));
        let tokens = TokenSource::new(exchange.clone(), origin.clone(), credentials, None);
        let pace = Arc::new(RateLimiter::new(1000));
        Self(connect(Dialect::V4, Transport::new(exchange, origin, Arc::new(tokens), pace)))
    }

    async fn edit(&self, id: &ProfileId, change: impl Fn(&mut Offering)) {
        let shown = self.0.own_profile(id).await.unwrap();
        let mut wanted = shown.profile.offering.clone();
        change(&mut wanted);
        self.0.replace_profile(&shown, &wanted).await.unwrap();
    }

    async fn offering(&self, id: &ProfileId) -> Offering {
        self.0.own_profile(id).await.unwrap().profile.offering
    }
}

#[tokio::test(start_paused = true)]
async fn a_buyers_address_is_added_in_place() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        let id = store.id();
        store.edit(json!({"privateUserEmails": ["Jane.Doe@ap.example.com"]})).await;
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!((store.id(), store.counts()), (id.clone(), (1, 1, 0)), "{account}");
        let offering = Portal::of(&store).offering(&id).await;
        assert_eq!(offering.private_user_emails, ["Jane.Doe@ap.example.com"]);
        assert_eq!(offering.speed_bands, [50, 200, 500, 1000], "all else stays");
        // And taken out again.
        store.edit(json!({"privateUserEmails": []})).await;
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!(store.counts(), (1, 2, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_fields_are_one_replacement() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        store
            .edit(json!({
                "name": "Renamed",
                "description": "Changed",
                "speedBandsMbps": [50, 10_000],
                "alertPercentage": 85,
                "authKeyLabel": "Key",
                "connectionNameLabel": "Line",
                "requiredRedundancy": true,
                "enableAutoGenerateServiceKey": true,
                "allowOverSubscription": true,
                "overSubscriptionLimit": 10,
                "tagType": "BOTH",
                "additionalBuyerInfo": [{"name": "Department", "mandatory": true}],
                "onVcApprovalRejectionNotification": ["a@example.com", "b@example.com"],
            }))
            .await;
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!(store.counts(), (1, 1, 0), "{account}");
        let offering = Portal::of(&store).offering(&store.id()).await;
        assert_eq!(offering.name, "Renamed");
        assert_eq!(offering.speed_bands, [50, 10_000]);
        assert_eq!(offering.alert_percentage, Some(85.0));
        assert_eq!(offering.auth_key_label.as_deref(), Some("Key"));
        assert_eq!(offering.over_subscription_limit, Some(10));
        assert_eq!(offering.additional_buyer_info[0].name, "Department");
        assert_eq!(offering.on_vc_approval_rejection, ["a@example.com", "b@example.com"]);
        assert!(offering.required_redundancy && offering.allow_over_subscription);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_spec_leaves_out_stays_as_it_is() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        let (portal, id) = (Portal::of(&store), store.id());
        portal.edit(&id, |offering| offering.alert_percentage = Some(20.5)).await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(store.counts(), (1, 1, 0), "{account}: the portal's");
        store.edit(json!({"speedBandsMbps": [50]})).await;
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!(store.counts(), (1, 2, 0), "{account}");
        assert_eq!(portal.offering(&id).await.alert_percentage, Some(20.5), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_changed_in_the_portal_is_changed_back() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        let (portal, id) = (Portal::of(&store), store.id());
        portal.edit(&id, |offering| offering.speed_bands = vec![200]).await;
        store.until("it is changed back", HOUR, |store| store.counts().1 == 2).await;
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!(portal.offering(&id).await.speed_bands, [50, 200, 500, 1000], "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_owners_do_not_fight_for_ever() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        let (portal, id) = (Portal::of(&store), store.id());
        // Another client undoes each correction.
        let mut undone = 0;
        for _ in 0..(24 * 60) {
            if portal.offering(&id).await.speed_bands != [200] {
                portal.edit(&id, |offering| offering.speed_bands = vec![200]).await;
                undone += 1;
            }
            tokio::time::sleep(MINUTE).await;
        }
        store.until_in_sync("False", "ChangeRefused").await;
        assert_eq!(undone, 6, "{account}: five corrections, each undone, after the first change");
        let words =
            ["speedBandsMbps is 200", "50, 200, 500, 1000", "5 times", "edit spec.speedBandsMbps"];
        store.says("InSync", &words);
        assert_eq!(store.condition("Stalled").unwrap().1, "ChangeRefused");
        assert_eq!(store.condition("Ready").unwrap().0, "True", "it can be ordered from");
        assert_eq!(store.status()["waitingFor"], "You");
        // An edit is another attempt.
        store.edit(json!({"speedBandsMbps": [200]})).await;
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!(store.condition("Stalled"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_looked_at_again_and_does_not_count() {
    let store = Store::selling(private_profile("seller")).await;
    let stale = Effect::Answer { status: 412, retry_after: None, body: Value::Null };
    let put = |effect: &Effect| {
        InjectedFault { times: 7, ..InjectedFault::once(effect.clone()) }
            .on("PUT", "/fabric/v4/serviceProfiles/*")
    };
    store.0.world.inject(put(&stale));
    store.edit(json!({"speedBandsMbps": [50]})).await;
    store.until_in_sync("True", "AsSpecified").await;
    assert_eq!(store.counts(), (1, 8, 0), "more often than a correction is asked for");
    assert_eq!(store.status()["replacement"]["attempts"], 1);
    // 409 means the same.
    store.0.world.inject(put(&Effect::Answer {
        status: 409,
        retry_after: None,
        body: Value::Null,
    }));
    store.edit(json!({"speedBandsMbps": [200]})).await;
    store.until_in_sync("True", "AsSpecified").await;
    assert_eq!(store.counts(), (1, 16, 0));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_another_client_made_first_is_not_overwritten_unseen() {
    // Only v4 has versions; here, another look shows what the portal did since the last one.
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        let (portal, id) = (Portal::of(&store), store.id());
        portal.edit(&id, |offering| offering.alert_percentage = Some(33.0)).await;
        store.edit(json!({"speedBandsMbps": [50]})).await;
        store.until_in_sync("True", "AsSpecified").await;
        let offering = portal.offering(&id).await;
        assert_eq!(offering.alert_percentage, Some(33.0), "{account}: kept");
        assert_eq!(offering.speed_bands, [50], "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_is_not_asked_again_and_again_at_once() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        let failed =
            Effect::Answer { status: 429, retry_after: Some("60".into()), body: Value::Null };
        let path = match account {
            "seller" => "/fabric/v4/serviceProfiles/*",
            _ => "/ecx/v3/l2/serviceprofiles",
        };
        store
            .0
            .world
            .inject(InjectedFault { times: 3, ..InjectedFault::once(failed) }.on("PUT", path));
        store.edit(json!({"speedBandsMbps": [50]})).await;
        store.until_in_sync("False", "Throttled").await;
        assert_eq!(store.counts().1, 1, "{account}");
        assert_eq!(store.condition("Reconciling").unwrap().1, "Throttled", "{account}");
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!(store.counts(), (1, 4, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn equinix_is_waited_for_for_days_and_may_say_no() {
    for account in SELLERS {
        let store = Store::patient();
        store.apply(with(private_profile(account), json!({"private": false})));
        store.until_reason("ProfileAwaitingApproval").await;
        assert_eq!(store.status()["waitingFor"], "Equinix");
        assert_eq!(store.condition("Reconciling").unwrap().0, "True");
        let before = store.get().unwrap()["metadata"]["resourceVersion"].clone();
        tokio::time::sleep(4 * DAY).await;
        assert_eq!(store.get().unwrap()["metadata"]["resourceVersion"], before, "{account}");
        store.0.world.reject_profile(&store.id()).unwrap();
        store.until_reason("ProfileRejected").await;
        store.says("Ready", &["rejected", "change the spec", "spec.private"]);
        assert_eq!(store.condition("Stalled").unwrap().0, "True");
        assert_eq!(store.status()["waitingFor"], "You");
        tokio::time::sleep(3 * HOUR).await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}: not submitted again by itself");
        store.edit(json!({"description": "Better"})).await;
        store.until_reason("ProfileAwaitingApproval").await;
        store.0.world.accept_profile(&store.id()).unwrap();
        store.until_ready().await;
        assert_eq!(store.counts(), (1, 1, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_profile_stays_private_until_equinix_agrees() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        store.edit(json!({"private": false})).await;
        store.until_in_sync("False", "ProfileAwaitingApproval").await;
        store.says("InSync", &["private is true and the spec says false", "Equinix", "days"]);
        assert_eq!(store.condition("Ready").unwrap().0, "True", "those let in can order");
        assert_eq!(store.condition("Reconciling").unwrap().1, "ProfileAwaitingApproval");
        tokio::time::sleep(6 * HOUR).await;
        assert_eq!(store.counts(), (1, 1, 0), "{account}: asked for once");
        store.0.world.accept_profile(&store.id()).unwrap();
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!(store.condition("Reconciling"), None);
    }
    // v4 reports a rejection.
    let store = Store::selling(private_profile("seller")).await;
    store.edit(json!({"private": false})).await;
    store.until_in_sync("False", "ProfileAwaitingApproval").await;
    store.0.world.reject_profile(&store.id()).unwrap();
    store.until_in_sync("False", "ChangeRefused").await;
    store.says("InSync", &["Equinix refused"]);
    tokio::time::sleep(3 * HOUR).await;
    assert_eq!(store.counts(), (1, 1, 0), "not asked for again");
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_another_client_deleted_is_not_created_again() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        Portal::of(&store).0.delete_profile(&store.id()).await.unwrap();
        store.until_reason("ProfileDeleted").await;
        store.says("Ready", &["not by this resource", "create it anew"]);
        assert_eq!(store.status()["state"], "DELETED");
        assert_eq!(store.condition("InSync"), None, "{account}");
        tokio::time::sleep(6 * HOUR).await;
        assert_eq!(store.counts(), (1, 0, 1), "{account}: the portal's deletion alone");
        store.delete().await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 1), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_differs_is_taken_over_and_changed() {
    for account in SELLERS {
        let spec = with(private_profile(account), json!({"deletionPolicy": "Orphan"}));
        let store = Store::selling(spec).await;
        let id = store.id();
        store.delete().await;
        store.until_gone().await;
        let adopt = json!({"adopt": {"uuid": id.as_str()}, "speedBandsMbps": [50]});
        store.apply(with(private_profile(account), adopt));
        store.until_in_sync("True", "AsSpecified").await;
        assert_eq!((store.id(), store.counts()), (id, (1, 1, 0)), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_never_writes() {
    for account in SELLERS {
        let spec = with(private_profile(account), json!({"deletionPolicy": "Orphan"}));
        let store = Store::selling(spec).await;
        let id = store.id();
        store.delete().await;
        store.until_gone().await;
        let observe = json!({
            "adopt": {"uuid": id.as_str()}, "managementPolicy": "Observe", "speedBandsMbps": [50],
        });
        store.apply(with(private_profile(account), observe));
        store.until_in_sync("False", "Differs").await;
        store.says("InSync", &["speedBandsMbps is 50, 200, 500, 1000 and the spec says 50"]);
        assert_eq!(store.condition("Ready").unwrap().0, "True");
        tokio::time::sleep(3 * HOUR).await;
        store.delete().await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_resource_changes_and_deletes_nothing() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        store.edit(json!({"paused": true, "speedBandsMbps": [50]})).await;
        store.until("it is paused", HOUR, |s| s.condition("Paused").is_some()).await;
        let calls = store.0.calls();
        store.delete().await;
        tokio::time::sleep(3 * HOUR).await;
        let own =
            store.0.world.requests()[calls..].iter().filter(|r| r.path.contains("rofiles")).count();
        assert_eq!((store.counts(), own), ((1, 0, 0), 0), "{account}");
        assert!(store.get().is_some());
        store.edit(json!({"paused": false})).await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 1), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_write_nothing_and_ask_once_an_interval() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        tokio::time::sleep(HOUR).await;
        let version = store.get().unwrap()["metadata"]["resourceVersion"].clone();
        let calls = store.0.calls();
        tokio::time::sleep(6 * HOUR).await;
        assert_eq!(store.get().unwrap()["metadata"]["resourceVersion"], version, "{account}");
        let asked: Vec<_> = store.0.world.requests()[calls..].to_vec();
        let count = |fits: &dyn Fn(&str) -> bool| asked.iter().filter(|r| fits(&r.path)).count();
        let profiles = count(&|path| path.contains(store.id().as_str()));
        // The interval is a minute. The fleets of the accounts search connections as well.
        assert!((325..=360).contains(&profiles), "{account}: {profiles} looks at the profile");
        if account == "seller-ecx" {
            let incoming = count(&|path| path.contains("/seller/connections"));
            assert!((325..=360).contains(&incoming), "{incoming} looks at what comes in");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_profile_is_corrected_while_an_entry_of_it_cannot_be_read() {
    let store = Store::selling(private_profile(SELLERS[0])).await;
    let path = format!("/fabric/v4/serviceProfiles/{}", store.id());
    let shown = Portal::of(&store).0.own_profile(&store.id()).await.unwrap();
    let body = json!({
        "uuid": store.id().as_str(), "name": "Renamed", "state": "ACTIVE",
        "ports": [{"uuid": "5f00a000-0000-4000-8000-000000000001"}, {"uuid": "?"}],
        "changeLog": {"createdDateTime": shown.profile.created.unwrap().to_string()},
    });
    let answer = Effect::Answer { status: 200, retry_after: None, body };
    store.0.world.inject(InjectedFault::always(answer).on("GET", &path));
    store.until_in_sync("False", "UnreadableAnswer").await;
    let (_, _, message) = store.condition("InSync").unwrap();
    assert!(message.contains("an entry of ports"), "{message}");
    tokio::time::sleep(HOUR).await;
    assert_eq!(store.counts(), (1, 0, 0), "no replacement");
    store.0.world.clear_faults();
    store.until_in_sync("True", "AsSpecified").await;
}
