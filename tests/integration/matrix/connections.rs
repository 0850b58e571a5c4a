//! The operations of a buyer: ordering, changing and cancelling a connection.

use serde_json::{Value, json};

use fabric_api::FabricConnection;
use fabric_testkit::manifests;

use super::{
    Run,
    answers::{CallKind, ExpectedOutcome},
    life::Life,
};

/// A connection with a limit for its price.
fn spec() -> Value {
    let mut spec = manifests::aws_dot1q("buyer");
    spec["maxMonthlyPrice"] = json!({"amount": "4000", "currency": "USD"});
    spec
}

/// A connection in service, changed, and cancelled: one of each, whatever was answered.
pub async fn changes(run: Run) -> Life {
    let life = Life::of_buyer(run.dialect).await;
    run.disturb(&life);
    life.cluster.apply("it", spec());
    life.until_ready::<FabricConnection>().await;
    let refused = life.until_changed::<FabricConnection>("name").await;
    let may_be = run.answer.means(CallKind::Changing) == ExpectedOutcome::Refused;
    assert!(may_be || !refused, "{run:?}: the change was carried out, or may have been");
    let ordered = life.cluster.world.ledger().orders;
    life.until_gone::<FabricConnection>().await;
    let ledger = life.cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.changes.len()), (1, 1), "{run:?}");
    let cancelled: Vec<&str> = ledger.cancellations.iter().map(|c| c.uuid.as_str()).collect();
    assert_eq!(cancelled, [ordered[0].uuid.as_str()], "{run:?}");
    life
}

/// A connection by the uuid of its profile, then one by its name: both come into service, and nothing
/// is cancelled.
pub async fn reads(run: Run) -> Life {
    let life = Life::of_buyer(run.dialect).await;
    run.disturb(&life);
    life.cluster.apply("it", spec());
    life.until_ready::<FabricConnection>().await;
    let mut by_name = spec();
    by_name["name"] = json!("JohnDoe_AWS_2");
    by_name["aSide"]["linkProtocol"]["vlanTag"] = json!(901);
    let profile = by_name["zSide"]["serviceProfile"].as_object_mut().unwrap();
    profile.remove("uuid");
    profile.insert("name".to_owned(), json!("AWS Direct Connect"));
    life.cluster.apply("by-name", by_name);
    life.cluster.until_ready("by-name").await;
    let ledger = life.cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (2, 0), "{run:?}");
    life
}
