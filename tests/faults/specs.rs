//! The connections that the cases order: some for each flow.

use serde_json::{Value, json};

use fabric_testkit::{manifests, seller};

use crate::{
    run::{ACCOUNT, Dialect},
    seed::Seed,
};

/// One of the kinds, with a name of the user's or a made one.
pub fn some(seed: &Seed, dialect: Dialect) -> Value {
    let mut seed = seed.of("kind of line");
    let kinds: &[fn(&str) -> Value] = match dialect {
        Dialect::V4 => &[
            manifests::aws_dot1q,
            manifests::aws_qinq,
            seller::to_a_seller,
            manifests::token_dot1q,
            manifests::invitation_dot1q,
        ],
        Dialect::V3 => &[manifests::aws_dot1q, manifests::aws_qinq, seller::to_a_seller],
    };
    let mut spec = seed.pick(kinds)(ACCOUNT);
    if seed.one_in(3) {
        spec.as_object_mut().unwrap().remove("name");
    }
    spec
}

/// A line to AWS on a tag of one's own, with a name of its own.
pub fn numbered(n: u16) -> Value {
    let mut spec = manifests::aws_dot1q(ACCOUNT);
    spec["name"] = json!(format!("line-{n}"));
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
    spec
}

/// A pair to Azure.
pub fn pair() -> Value {
    manifests::azure_pair(ACCOUNT)
}

/// A line to AWS whose key is in a Secret.
pub fn with_a_key() -> Value {
    let mut spec = manifests::aws_dot1q(ACCOUNT);
    let profile = spec["zSide"]["serviceProfile"].as_object_mut().unwrap();
    profile.remove("authenticationKey");
    profile.insert("authenticationKeyRef".into(), json!({"name": "seller", "key": "key"}));
    spec
}
