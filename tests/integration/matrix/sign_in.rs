//! The token request: credentials that the provider refused are not sent again, and every other
//! failure passes.

use std::time::Duration;

use serde_json::Value;

use fabric_simulator::UserCredentials;
use fabric_testkit::{cluster::condition, manifests, operator::ORIGIN};

use super::{
    Run,
    answers::{AnswerKind, RETRY_AFTER},
    life::Life,
    network::SentRequest,
};

/// An account signs in, with other credentials if its own were refused.
pub async fn sign_in(run: Run) -> Life {
    let life = Life::empty();
    let credentials = UserCredentials {
        client_id: "CLIENT".into(),
        client_secret: "FIRST".into(),
        user_name: "jane.roe@example.com".into(),
        user_password: "jr".into(),
    };
    let organisation = life.cluster.world.admit(credentials.clone());
    run.disturb(&life);
    life.cluster.apiserver.put(manifests::secret_for(&credentials));
    life.cluster.apiserver.put(manifests::account("it", run.dialect, ORIGIN));
    let account =
        |life: &Life| -> Value { life.cluster.apiserver.get("fabricaccounts", "", "it").unwrap() };
    let reason = |life: &Life| condition(&account(life), "Ready").map(|ready| ready.1);
    if run.answer.refuses_credentials() {
        life.until("the credentials are refused", |life| {
            reason(life).as_deref() == Some("CredentialsRejected")
        })
        .await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(requests(&life).len(), 1, "{run:?}: refused credentials are sent once");
        let rotated = UserCredentials { client_secret: "SECOND".into(), ..credentials };
        life.cluster.world.rotate(organisation, rotated.clone());
        life.cluster.apiserver.put(manifests::secret_for(&rotated));
    }
    life.until_signed_in("it").await;
    let requests = requests(&life);
    let [first, second] = requests.as_slice() else {
        panic!("{run:?}: one request has to fail, and the next to succeed: {requests:#?}");
    };
    if run.answer == AnswerKind::ThrottledWithTime {
        assert!(second.at - first.at >= Duration::from_secs(RETRY_AFTER), "earlier than asked");
    }
    life
}

fn requests(life: &Life) -> Vec<SentRequest> {
    let mut requests = life.network.sent();
    requests.retain(|request| request.operation == "token");
    requests
}
