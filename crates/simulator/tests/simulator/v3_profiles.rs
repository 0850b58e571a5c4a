//! A seller's profiles on v3, read and deleted, against "Layer 2 Seller APIs".

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Config, World};

use crate::{
    changes::seller,
    client::{TestClient, keys, with},
    samples::enterprise,
};

pub(crate) const PROFILES: &str = "/ecx/v3/l2/serviceprofiles";
const STAGE: Duration = Duration::from_mins(1);

/// A buyer and the seller of the samples in one world.
pub(crate) async fn market(config: Config) -> (TestClient, TestClient) {
    let buyer = TestClient::of(World::new(config)).await;
    buyer.world.admit_seller(seller(), "John-Doe-Corp");
    let seller = TestClient::with(buyer.world.clone(), &seller()).await;
    (buyer, seller)
}

fn speed_bands() -> Value {
    [50, 200, 500, 1000].iter().map(|speed| json!({"speed": speed, "unit": "MB"})).collect()
}

/// "How to create a service profile?", the private one.
pub(crate) fn private_profile() -> Value {
    json!({
        "name": "JohnDoe_Private_ServiceProfile",
        "privateUserEmails": [],
        "onProfileApprovalRejectNotification": ["John.Doe@example.com"],
        "onBandwidthThresholdNotification": ["John.Doe@example.com"],
        "onVcApprovalRejectionNotification": ["John.Doe@example.com"],
        "connectionNameLabel": "Connection",
        "ctagLabel": "",
        "equinixManagedPortAndVlan": false,
        "allowOverSubscription": false,
        "overSubscription": "",
        "apiAvailable": false,
        "integrationId": "",
        "private": true,
        "features": {"cloudReach": true, "testProfile": false},
        "requiredRedundancy": false,
        "tagType": null,
        "vlanSameAsPrimary": false,
        "enableAutoGenerateServiceKey": null,
        "additionalBuyerInfo": [],
        "ports": [
            {"id": "8cb83fdb-6651-6514-bbe0-38389cc0acfa", "metroCode": "SV"},
            {"id": "8cb83fdb-661d-61d4-bbe0-38389cc0acfa", "metroCode": "SV"},
        ],
        "allowCustomSpeed": false,
        "speedFromAPI": false,
        "speedBands": speed_bands(),
    })
}

/// The public one.
pub(crate) fn public_profile() -> Value {
    json!({
        "name": "JohnDoe_ServiceProfile",
        "privateUserEmails": [],
        "onProfileApprovalRejectNotification": ["John.Doe@example.com"],
        "onBandwidthThresholdNotification": ["John.Doe@example.com"],
        "onVcApprovalRejectionNotification": ["John.Doe@example.com"],
        "alertPercentage": "85",
        "authKeyLabel": "Authentication Secret Key",
        "connectionNameLabel": "Connection",
        "ctagLabel": "",
        "equinixManagedPortAndVlan": true,
        "allowOverSubscription": true,
        "overSubscription": "10x",
        "apiAvailable": true,
        "integrationId": "Direct-01",
        "private": false,
        "features": {"cloudReach": true, "testProfile": false},
        "requiredRedundancy": true,
        "tagType": "CTAGED",
        "vlanSameAsPrimary": true,
        "enableAutoGenerateServiceKey": false,
        "additionalBuyerInfo": [],
        "ports": [{"id": "8cb83fdb-6671-6714-bbe0-38389cc0acfa", "metroCode": "SV"}],
        "allowCustomSpeed": false,
        "speedFromAPI": true,
    })
}

pub(crate) async fn created(seller: &TestClient, body: &Value) -> String {
    let (status, answer) = seller.call("POST", PROFILES, body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(keys(&answer), keys(&json!({"uuid": ""})), "as the sample");
    answer["uuid"].as_str().unwrap().to_owned()
}

pub(crate) async fn read(client: &TestClient, id: &str) -> Value {
    let (status, profile) = client.get(&format!("{PROFILES}/{id}")).await;
    assert_eq!(status, 200, "{profile}");
    profile
}

/// The page of "Get L2 Service Profiles", whose profile "Get L2 Service Profiles {uuid}" shows with
/// another description.
fn test_profile() -> Value {
    let people = json!(["JohnDoe@equinix.com"]);
    json!({
        "uuid": "9da3f720-6982-4c40-aa80-af3aad5852a1",
        "name": "JohnDoe_TEST_Profile",
        "requiredRedundancy": false,
        "connectionNameLabel": "Connection",
        "equinixManagedPortAndVlan": false,
        "apiAvailable": false,
        "allowOverSubscription": false,
        "vlanSameAsPrimary": false,
        "tagType": "CTAGED",
        "enableAutoGenerateServiceKey": false,
        "onProfileApprovalRejectNotification": people,
        "onBandwidthThresholdNotification": people,
        "onVcApprovalRejectionNotification": people,
        "ports": [{
            "id": "8e638dbf-1713-7130-64e0-30ac094f85f6",
            "sellerRegion": null,
            "sellerRegionDescription": null,
            "metroCode": "SV",
            "inTrail": null,
            "crossConnectId": null,
            "xa": null,
        }],
        "allowCustomSpeed": false,
        "speedFromAPI": false,
        "speedBands": speed_bands(),
        "description": "Testing editing.",
        "state": "APPROVED",
        "createdDate": "2019-08-15T10:19:46.092Z",
        "createdBy": "JohnDoe",
        "lastUpdatedDate": "2019-09-12T02:07:11.156Z",
        "lastUpdatedBy": "JohnDoe",
        "globalCustId": "0018000000S1BpZAAV",
        "createdByFullName": "John Doe",
        "lastUpdatedByFullName": "John Doe",
        "createdByEmail": "JohnDoe@equinix.com",
        "updatedByEmail": "JohnDoe@equinix.com",
        "organizationName": "John-Doe-Corp",
        "allowHighAvailability": true,
        "allowAuthorizationKeyReUse": true,
        "allowSecondaryLocation": true,
        "private": true,
        "features": {"cloudReach": true, "testProfile": false},
    })
}

/// Asserts that a response has every field of a sample.
fn assert_has(answer: &Value, sample: &Value) {
    for (name, value) in sample.as_object().unwrap() {
        assert_eq!(&answer[name], value, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_seller_reads_its_profiles() {
    let (buyer, seller) = market(Config::default()).await;
    let id = "9da3f720-6982-4c40-aa80-af3aad5852a1";
    assert_has(&read(&seller, id).await, &test_profile());
    let (status, page) = seller.get(&format!("{PROFILES}?pageSize=150&state=APPROVED")).await;
    assert_eq!(status, 200);
    assert_has(
        &page,
        &json!({"isLastPage": true, "isFirstPage": true, "pageSize": 150, "pageNumber": 0}),
    );
    let content = page["content"].as_array().unwrap();
    assert_eq!(page["totalCount"], content.len());
    assert!(content.iter().all(|profile| profile["organizationName"] == "John-Doe-Corp"));
    let listed = content.iter().find(|profile| profile["uuid"] == id).unwrap();
    assert_has(listed, &with(test_profile(), &[("globalCustId", Value::Null)]));
    let waiting = created(&seller, &public_profile()).await;
    let uuids = async |query: &str| {
        let (_, page) = seller.get(&format!("{PROFILES}?{query}")).await;
        let content = page["content"].as_array().unwrap().clone();
        content.iter().map(|p| p["uuid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(uuids("state=PENDING_APPROVAL").await, [waiting.as_str()]);
    assert_eq!(uuids("state=REJECTED&state=PENDING_APPROVAL").await, [waiting.as_str()]);
    assert_eq!(uuids("pageSize=2&pageNumber=1").await.len(), 2);
    let (_, other) = buyer.get(PROFILES).await;
    let others = other["content"].as_array().unwrap();
    assert!(others.iter().all(|profile| profile["organizationName"] == "JOHN-DOE-ORG"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_profile_stays_readable() {
    let (buyer, seller) = market(Config::default()).await;
    let id = "97d1850f-4df0-468c-9281-fa7b0dfa2096";
    let path = format!("{PROFILES}/{id}");
    let answer = seller.delete(&path).await;
    let sample = json!({
        "message": format!("UUID's [{id}] successfully deleted"), "status": "SUCCESS",
    });
    assert_eq!(answer, (200, sample));
    assert_eq!(read(&seller, id).await["state"], "DELETED");
    let (_, page) = seller.get(&format!("{PROFILES}?state=DELETED")).await;
    assert_eq!(page["totalCount"], 1);
    let service = format!("/ecx/v3/l2/serviceprofiles/services/{id}");
    assert_eq!(buyer.get(&service).await.0, 404);
    let (status, errors) = seller.delete(&path).await;
    assert_eq!((status, &errors[0]["errorCode"]), (404, &json!("IC-PROFILE-404")));

    let line = buyer.order_v3(&enterprise()).await["primaryConnectionId"].clone();
    let used = format!("{PROFILES}/{}", enterprise()["profileUUID"].as_str().unwrap());
    let (status, errors) = seller.delete(&used).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("IC-LAYER2-402")));
    assert_eq!(errors[0]["moreInfo"], "Connections go through the service profile");
    let line = format!("/ecx/v3/l2/connections/{}", line.as_str().unwrap());
    assert_eq!(buyer.delete(&line).await.0, 200);
    tokio::time::advance(STAGE).await;
    assert_eq!(seller.delete(&used).await.0, 200, "a connection that is gone does not prevent it");
    assert_eq!(buyer.get(&line).await.1["sellerServiceName"], "John-Doe Enterprise D");
}

#[tokio::test(start_paused = true)]
async fn an_integration_is_validated() {
    let api = TestClient::new().await;
    let path = "/ecx/v3/l2/serviceprofiles/validateIntegrationId";
    let region = |name: &str, key: &str, description: &str| {
        json!({
            "interconnectionRegion": name,
            "regionData": [{"key": key, "description": description}],
        })
    };
    let sample = json!({
        "redundancy": "REDUNDANT",
        "message": "Demo API integration",
        "state": "VALID",
        "sellerRegions": [
            region("AMER", "us-west-1", "US West N.California"),
            region("APAC", "ap-southeast-1", "Asia Pacific - Singapore"),
            region("EMEA", "eu-west-2", "EU - London"),
        ],
        "metadata": [],
    });
    assert_eq!(api.get(&format!("{path}/Demo-01")).await, (200, sample));
    let (status, answer) = api.get(&format!("{path}/Nobody-99")).await;
    assert_eq!((status, &answer["state"]), (200, &json!("INVALID")));
    assert_eq!(answer["sellerRegions"], json!([]));
}
