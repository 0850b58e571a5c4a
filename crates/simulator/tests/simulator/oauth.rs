//! OAuth: the samples' bodies, lock-out, expiry, and what a token gives access to.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Config, Organisation, UserCredentials, World};

use crate::client::{TestClient, keys};

const TOKEN: &str = "/oauth2/v1/token";

fn password() -> Value {
    json!({
        "grant_type": "password",
        "user_name": "john.doe@example.com",
        "user_password": "jd1@#$",
        "client_id": "ABCDE12345",
        "client_secret": "FGHIJ67890",
    })
}

fn client() -> Value {
    json!({
        "grant_type": "client_credentials",
        "client_id": "ABCDE12345",
        "client_secret": "FGHIJ67890",
    })
}

fn names(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|name| format!("/{name}")).collect()
}

const PLAIN: [&str; 4] = ["access_token", "token_timeout", "user_name", "token_type"];
const REFRESHABLE: [&str; 6] = [
    "access_token",
    "token_timeout",
    "user_name",
    "token_type",
    "refresh_token",
    "refresh_token_timeout",
];

#[tokio::test(start_paused = true)]
async fn grants_answer_as_the_samples() {
    let api = TestClient::new().await;
    let (status, answer) = api.call("POST", TOKEN, &client()).await;
    assert_eq!((status, keys(&answer)), (200, names(&PLAIN)));
    assert_eq!(answer["token_timeout"], "3600");
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["user_name"], "john.doe@example.com");

    let (status, answer) = api.call("POST", TOKEN, &password()).await;
    assert_eq!((status, keys(&answer)), (200, names(&REFRESHABLE)));
    assert_eq!(answer["refresh_token_timeout"], "5184000");

    let refresh = json!({
        "client_id": "ABCDE12345",
        "client_secret": "FGHIJ67890",
        "refresh_token": answer["refresh_token"],
    });
    let path = "/oauth2/v1/refreshaccesstoken";
    let (status, next) = api.call("POST", path, &refresh).await;
    assert_eq!((status, keys(&next)), (200, names(&REFRESHABLE)));
    assert_ne!(next["access_token"], answer["access_token"]);
    assert_eq!(api.call("POST", path, &refresh).await.0, 400, "used once");
}

#[tokio::test(start_paused = true)]
async fn passwords_may_be_hashed_and_the_grant_left_out() {
    let api = TestClient::new().await;
    let mut body = password();
    body.as_object_mut().unwrap().remove("grant_type");
    // base64 of the MD5 digest of jd1@#$.
    body["user_password"] = json!("pJThQGD0QG7R0iedSipwIA==");
    body["password_encoding"] = json!("md5-b64");
    let (status, answer) = api.call("POST", TOKEN, &body).await;
    assert_eq!(status, 200, "{answer}");
    body["password_encoding"] = json!("rot13");
    assert_eq!(api.call("POST", TOKEN, &body).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn five_failed_attempts_lock_the_user() {
    let api = TestClient::new().await;
    let mut wrong = client();
    wrong["client_secret"] = json!("guess");
    let error =
        names(&["error_domain", "error_title", "error_code", "developer_message", "error_message"]);
    // A successful attempt resets the count.
    for _ in 0..4 {
        assert_eq!(api.call("POST", TOKEN, &wrong).await.0, 400);
    }
    assert_eq!(api.call("POST", TOKEN, &client()).await.0, 200);
    for _ in 0..5 {
        let (status, answer) = api.call("POST", TOKEN, &wrong).await;
        assert_eq!((status, keys(&answer)), (400, error.clone()));
    }
    assert_eq!(api.call("POST", TOKEN, &client()).await.0, 400);
    assert_eq!(api.call("POST", TOKEN, &password()).await.0, 400);
    api.call("POST", "/control/unlock", &Value::Null).await;
    assert_eq!(api.call("POST", TOKEN, &client()).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn tokens_expire_and_can_be_revoked() {
    let world = World::new(Config { speed: 1000.0, ..Config::default() });
    let api = TestClient::of(world.clone()).await;
    tokio::time::advance(Duration::from_secs(3599)).await;
    assert_eq!(api.get("/fabric/v4/health").await.0, 200);
    tokio::time::advance(Duration::from_secs(1)).await;
    let (status, answer) = api.get("/fabric/v4/ports").await;
    assert_eq!(status, 401);
    assert_eq!(answer[0]["errorCode"], "EQ-3000039");
    assert_eq!(api.get("/ecx/v3/port/userport").await.0, 401);

    let api = TestClient::of(world).await;
    assert_eq!(api.get("/fabric/v4/health").await.0, 200);
    api.call("POST", "/control/tokens/revoke", &Value::Null).await;
    assert_eq!(api.get("/fabric/v4/health").await.0, 401);
}

#[tokio::test(start_paused = true)]
async fn rotation_revokes_tokens_and_keeps_the_organisation() {
    let api = TestClient::new().await;
    let id = api.order_v3(&crate::samples::aws_dot1q()).await["primaryConnectionId"].clone();
    let path = format!("/fabric/v4/connections/{}", id.as_str().unwrap());
    let fresh =
        UserCredentials { client_secret: "fresh".to_owned(), ..UserCredentials::of_the_samples() };
    api.world.rotate(Organisation::FIRST, fresh.clone());
    assert_eq!(api.get(&path).await.0, 401);
    assert_eq!(api.call("POST", TOKEN, &client()).await.0, 400);
    assert_eq!(TestClient::with(api.world.clone(), &fresh).await.get(&path).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn other_organisations_see_nothing_of_the_first() {
    let api = TestClient::new().await;
    let id = api.order_v3(&crate::samples::aws_dot1q()).await["primaryConnectionId"].clone();
    let id = id.as_str().unwrap();
    let stranger = UserCredentials {
        client_id: "OTHER".to_owned(),
        client_secret: "SECRET".to_owned(),
        user_name: "jane.roe@example.com".to_owned(),
        user_password: "jr".to_owned(),
    };
    api.world.admit(stranger.clone());
    let other = TestClient::with(api.world.clone(), &stranger).await;
    assert_eq!(other.get("/ecx/v3/port/userport").await.1, json!([]));
    let (_, page) = other.get("/ecx/v3/l2/buyer/connections").await;
    assert_eq!(page["totalCount"], 0);
    let (status, error) = other.get(&format!("/fabric/v4/connections/{id}")).await;
    assert_eq!((status, &error[0]["errorCode"]), (400, &json!("EQ-3142519")));
    let (status, error) =
        other.call("POST", "/ecx/v3/l2/connections", &crate::samples::aws_dot1q()).await;
    assert_eq!(status, 400);
    assert_eq!(error[0]["errorCode"], "IC-LAYER2-PORTS-001");
}
