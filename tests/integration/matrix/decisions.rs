//! The operations of a seller who decides on a connection, or on both of a pair.

use serde_json::{Value, json};

use fabric_testkit::{
    cluster::condition,
    seller::{SELLER_PORTS, admission, seller_side, to_a_seller},
};

use super::{
    Run,
    answers::{CallKind, ExpectedOutcome},
    life::Life,
};

/// Orders, and waits until the seller has to decide; answers with the id of the primary.
async fn waiting(run: Run, spec: Value) -> (Life, String) {
    let life = Life::of_buyer(run.dialect).await.with_seller(run.dialect).await;
    let legs: &[&str] =
        if spec.get("secondary").is_some() { &["primary", "secondary"] } else { &["primary"] };
    life.cluster.apply("line", spec);
    life.until("the connection waits for its seller", |life| {
        let status = &life.cluster.get("line").unwrap()["status"];
        legs.iter().all(|leg| status[leg]["equinixStatus"] == "PENDING_APPROVAL")
    })
    .await;
    let id = life.cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
    (life, id.as_str().unwrap().to_owned())
}

/// The seller decides, anew if the provider refuses the decision.
async fn decided(run: Run, life: &Life, spec: &Value) {
    for name in ["it", "again"] {
        life.cluster.apiserver.put(json!({
            "apiVersion": "fabric.equinix.com/v1alpha1",
            "kind": "ConnectionApproval",
            "metadata": {"name": name, "namespace": "network"},
            "spec": spec,
        }));
        let stored = |life: &Life| {
            life.cluster.apiserver.get("connectionapprovals", "network", name).unwrap()
        };
        let is_refused = |object: &Value| {
            condition(object, "Ready").is_some_and(|ready| ready.1 == "DecisionRefused")
        };
        life.until("the decision ends", |life| {
            let object = stored(life);
            object["status"]["outcome"].is_string() || is_refused(&object)
        })
        .await;
        let object = stored(life);
        if object["status"]["outcome"] == "Approved" {
            return;
        }
        let refused = run.answer.means(CallKind::Changing) == ExpectedOutcome::Refused;
        assert!(
            refused && is_refused(&object) && name == "it",
            "{run:?}: it may have been carried out: {object:#}"
        );
    }
}

/// One connection is admitted, once.
pub async fn changes(run: Run) -> Life {
    let (life, id) = waiting(run, to_a_seller("buyer")).await;
    run.disturb(&life);
    decided(run, &life, &admission("seller", &id)).await;
    ends_in_service(run, life, 1).await
}

/// A pair is admitted, by the id of its primary: the operator has to find the secondary.
pub async fn reads(run: Run) -> Life {
    let mut pair = to_a_seller("buyer");
    pair["secondary"] = json!({
        "name": "JohnDoe_Storage_2",
        "aSide": seller_side("7f891d3b-9740-7400-bae0-30ac1885197a", 775),
    });
    let (life, id) = waiting(run, pair).await;
    run.disturb(&life);
    let mut spec = admission("seller", &id);
    spec["secondary"] = seller_side(SELLER_PORTS[1], 780);
    decided(run, &life, &spec).await;
    ends_in_service(run, life, 2).await
}

async fn ends_in_service(run: Run, life: Life, ordered: usize) -> Life {
    life.until("the connection is in service", |life| {
        life.cluster.condition("line", "Ready").is_some_and(|ready| ready.0 == "True")
    })
    .await;
    let ledger = life.cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (ordered, 0), "{run:?}");
    life
}
