//! Wrong clocks, expiring tokens and changing credentials.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use tokio::time::{advance, sleep};

use fabric_simulator::{Organisation, UserCredentials};
use fabric_testkit::manifests;

use super::{Case, run};
use crate::{
    logs::{canary, fresh_canary},
    net::What,
    run::Run,
};

pub fn cases() -> Vec<Case> {
    vec![
        run("R65", "the clock jumps an hour, both ways", |t| Box::pin(jumping(t))),
        run("R66", "the machine sleeps for hours", |t| Box::pin(suspended(t))),
        run("R67", "tokens end while they are used", |t| Box::pin(short_tokens(t))),
        run("R68", "the Secret is rotated, the old one revoked", |t| Box::pin(rotated(t))),
        run("R69", "the Secret is emptied or garbled", |t| Box::pin(garbled(t))),
        run("R70", "another organisation's credentials", |t| Box::pin(strangers(t))),
    ]
}

async fn jumping(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    for _ in 0..4 {
        sleep(t.seed.seconds(0, 120)).await;
        let skew = *t.seed.pick(&[-3600, 3600, -86_400, 86_400]);
        t.skew.fetch_add(skew, Ordering::Relaxed);
    }
    t.rest_of_life("line").await;
}

/// The runtime's clock counts the sleep, or it does not, and only the world has gone on.
async fn suspended(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    if t.seed.one_in(2) {
        t.until_begun(What::Order, 1).await;
    } else {
        t.until_ready("line").await;
    }
    sleep(t.seed.seconds(0, 60)).await;
    let hours = t.seed.seconds(3600, 8 * 3600);
    if t.seed.one_in(2) {
        advance(hours).await;
    } else {
        t.skew.fetch_add(i64::try_from(hours.as_secs()).unwrap(), Ordering::Relaxed);
        t.cluster.world.advance(hours);
        t.cluster.world.revoke_tokens();
    }
    t.rest_of_life("line").await;
}

async fn short_tokens(t: &mut Run) {
    let (world, mut seed) = (t.cluster.world.clone(), t.seed.of("tokens"));
    let ends = tokio::spawn(async move {
        loop {
            sleep(seed.seconds(5, 90)).await;
            world.revoke_tokens();
        }
    });
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    ends.abort();
    t.rest_of_life("line").await;
}

/// The user's Secret follows minutes after the provider's new password.
async fn rotated(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    match t.seed.below(3) {
        0 => sleep(t.seed.seconds(0, 10)).await,
        1 => t.until_begun(What::Order, 1).await,
        _ => t.until_ready("line").await,
    }
    t.cluster.world.rotate(Organisation::FIRST, fresh_canary());
    sleep(t.seed.seconds(0, 1200)).await;
    t.cluster.apiserver.put(manifests::secret_for(&fresh_canary()));
    t.rest_of_life("line").await;
    let refused = t.net.count(|sent| sent.what == What::Token && sent.status >= 400);
    assert!(refused <= 4 * t.replicas(), "{refused} tries with a password that was refused");
}

async fn garbled(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    if t.seed.one_in(2) {
        t.until_begun(What::Listing, 1).await;
    } else {
        t.until_ready("line").await;
    }
    let mut secret = manifests::secret_for(&canary());
    match t.seed.below(3) {
        0 => secret["data"] = json!({}),
        1 => secret["data"]["clientSecret"] = json!(""),
        _ => secret["data"]["clientId"] = json!("//79"),
    }
    t.cluster.apiserver.put(secret);
    t.until("it is reported", |cluster| {
        let account = cluster.apiserver.all("fabricaccounts").pop().unwrap();
        account["status"]["conditions"].to_string().contains("SecretInvalid")
    })
    .await;
    sleep(t.seed.seconds(0, 3600)).await;
    t.cluster.apiserver.put(manifests::secret_for(&canary()));
    t.rest_of_life("line").await;
}

/// What another organisation does not see is not gone.
async fn strangers(t: &mut Run) {
    let stranger = UserCredentials {
        client_id: "OTHER".into(),
        user_name: "jane.roe@example.com".into(),
        ..canary()
    };
    t.cluster.world.admit(stranger.clone());
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    t.cluster.apiserver.put(manifests::secret_for(&stranger));
    t.until_reason("line", &["ConnectionNotVisible"]).await;
    let deleted = t.seed.one_in(2);
    if deleted {
        t.delete("line").await;
    }
    sleep(t.seed.seconds(3600, 6 * 3600)).await;
    let line: Value = t.cluster.get("line").expect("let go, and the line was not seen to go");
    assert!(line["status"]["primary"]["uuid"].is_string(), "forgotten");
    t.cluster.apiserver.put(manifests::secret_for(&canary()));
    if deleted {
        t.until_gone("line").await;
    } else {
        t.until_ready("line").await;
        sleep(Duration::from_secs(60)).await;
        t.rest_of_life("line").await;
    }
    assert_eq!(t.cluster.world.ledger().orders.len(), 1, "ordered anew");
}
