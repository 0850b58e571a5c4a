//! Service profiles: those that the samples order from, those that the samples of sellers read and
//! change, those of the published specification's example requests, and two that share a name. Also the API integrations of sellers.
//!
//! Ids, the demo profile and the seller's profile are the samples'; the cloud providers' profiles
//! have their public names.

use jiff::Timestamp;

use fabric_domain::{Encapsulation, Flow, MetroCode, PortId, ProfileId};

use super::FIRST_NAME;
use crate::world::profile::{
    Approval, CustomField, KeyRequirement, NotificationEmails, OfferedPort, ProfileDefinition,
    ProfileMetro, ProfileRecord, Region, SellerApi, Tagging,
};

const DEMO_MBPS: [u32; 4] = [50, 200, 500, 1000];
const EXAMPLE_MBPS: [u32; 5] = [50, 100, 200, 500, 1000];
const CLOUD_MBPS: [u32; 7] = [50, 200, 500, 1000, 2000, 5000, 10000];
const PEERINGS: [&str; 4] = ["Private", "Public", "Microsoft", "Manual"];
const AWS_REGIONS: [(&str, &str); 2] =
    [("us-west-1", "US West N.California"), ("us-east-1", "US East N.Virginia")];
const GOOGLE_REGIONS: [(&str, &str); 2] = [("us-west1", "Oregon"), ("us-east4", "N.Virginia")];
const ORACLE_REGIONS: [(&str, &str); 1] = [("us-ashburn-1", "US East Ashburn")];

/// Kind, id, encapsulation (D, Q or neither), metros, name.
const ROWS: [&str; 32] = [
    "demo 97d1850f-4df0-468c-9281-fa7b0dfa2096 Q SV,DC John-Doe Demo",
    "aws 3214888b-39b0-49ea-a232-005088dc9c84 D SV,DC,DA,SE,TR AWS Direct Connect",
    "aws 999552b-39b0-49ea-a232-005088dc9c84 D SV,DC,DA,SE,TR AWS Direct Connect - High Capacity",
    "azure 84c6616c-573a-447d-a478-9fab8fff284d Q SV,DC,DA,TR Azure Express Route",
    "azure a1390b22-bbe0-4e93-ad37-85beef9d254d Q TR Azure Express Route - Toronto",
    "azure x1384t22-bbe0-4e43-ax37-95beeg9d254d Q DC Azure Express Route - Ashburn",
    "google 9e441721-5342-4d8a-b62e-5ca61b4aa795 D SV,DC,DA Google Cloud Partner Interconnect Zone 1",
    "google c96a3e82-beb3-40a5-830a-fa75a9d6f08a D SV,DC,DA Google Cloud Partner Interconnect Zone 2",
    "oracle d7f5769b-9618-4d8e-b7dc-9e68ffd0a8b8 D SV,DC Oracle Cloud Infrastructure -OCI- FastConnect",
    "oracle c7f5469b-9618-4d8e-b7dc-9e643rd0a8b8 D SV,DC Oracle Cloud Infrastructure -OCI- FastConnect L2",
    "seller 8e79b5e4-7c5b-4201-9334-fd89b37bec47 D DA,DC John-Doe Enterprise D",
    "seller 31b7263f-7e6a-42d0-859e-80a7fd3b9609 Q SV,DC John-Doe Enterprise",
    "seller 2a73af1a-3c74-47ac-b778-6bf455d1174e D DA,SV John-Doe Enterprise Q2D",
    "seller 32b7273f-7e7a-43d0-859e-81a7fd3b9609 Q DA,SE John-Doe Enterprise Q2Q",
    "seller 7a73af1a-3d74-47ac-b778-6bf455d1174e D SV,DA John-Doe Enterprise Redundant",
    "tagged 937d83b1-ce02-452e-b60b-80955eb91c D SV,DC John-Doe Named Tags",
    "own 5e79b5e4-7c5b-4201-9334-fd89b37bec47 D DC John-Doe Private 1",
    "own 31b7263f-3baa-4ec0-bd7b-4147ee2d04f9 Q DC John-Doe Private 2",
    "own 7e8e41ac-8d4e-4d6d-9w5-eb532ad5fe73 D DC John-Doe Private 3",
    "own fa2e4cdd-3baa-4ec0-bd7b-434572d04f9 Q DC John-Doe Private 4",
    "own 19bd99fa-9b5a-4d06-9db0-b0f308a43e3e Q DC John-Doe Private 5",
    "seller 5f00b000-0000-4000-8000-000000000001 D SV,DC,NY Example Storage",
    "storage 5f00b000-0000-4000-8000-000000000002 D SV,LD,AM Example Storage",
    "backup 5f00b000-0000-4000-8000-000000000003 D AM,LD,FR Example Backup",
    "mine 5f00b000-0000-4000-8000-000000000004 D SV,DC John-Doe Marketplace",
    "seller 22d4e853-ef33-4ff0-b5b2-a2b1d5dfa50c - SV,DC Example Exchange",
    "seller 5a76497a-ff00-4a89-a605-b0680799c6aa D DC Example Generic",
    "example bfb74121-7e2c-4f74-99b3-69cdafb03b41 - SV Example Non-Generic",
    "azure-example a1390b22-abe0-4e93-ad37-85beef9d254a Q DC Azure ExpressRoute - Example",
    "seller 92dc376a-a932-43aa-a6a2-c806dedbd784 D DC Example Dry Run",
    "ibm 5f00b000-0000-4000-8000-000000000005 D SV,DC IBM Cloud Direct Link 2",
    "seller efeed227-765e-4f74-b14c-0c8a739be23e D CH Example Chicago",
];

/// All profiles, in a fixed order.
pub(crate) fn profiles() -> Vec<ProfileRecord> {
    let of_the_seller = [READ, AUTHORIZED].iter().filter_map(of_the_seller);
    ROWS.iter().filter_map(|row| profile(row)).chain(of_the_seller).collect()
}

fn profile(row: &str) -> Option<ProfileRecord> {
    let mut words = row.splitn(5, ' ');
    let kind = words.next()?;
    let id = ProfileId::parse(words.next()?).ok()?;
    let encapsulation = match words.next()? {
        "D" => Some(Encapsulation::Dot1q),
        "Q" => Some(Encapsulation::Qinq),
        _ => None,
    };
    let metros = words.next()?.split(',').filter_map(|code| MetroCode::parse(code).ok());
    let (flow, seller, mbps, key, regions): (_, _, &[u32], _, &[(&str, &str)]) = match kind {
        "aws" => {
            let key = Some("AWS ACCOUNT ID");
            (Flow::Aws, "Amazon Web Services", &CLOUD_MBPS, key, &AWS_REGIONS)
        }
        "azure" => (Flow::Azure, "Microsoft Azure", &CLOUD_MBPS, Some("Service Key"), &[]),
        "google" => {
            (Flow::Google, "Google Cloud", &CLOUD_MBPS, Some("Pairing Key"), &GOOGLE_REGIONS)
        }
        "oracle" => {
            let key = Some("Virtual Circuit OCID");
            (Flow::Oracle, "Oracle Cloud", &CLOUD_MBPS, key, &ORACLE_REGIONS)
        }
        "azure-example" => {
            (Flow::Azure, "Microsoft Azure", &EXAMPLE_MBPS, Some("Service Key"), &[])
        }
        "example" => (Flow::Seller, "Example-Corp", &EXAMPLE_MBPS, None, &[]),
        "ibm" => {
            let key = Some("IBM Cloud Account ID");
            (Flow::Seller, "IBM Cloud", &CLOUD_MBPS, key, &[])
        }
        "own" => (Flow::Own, FIRST_NAME, &DEMO_MBPS, None, &[]),
        "mine" => (Flow::Seller, FIRST_NAME, &DEMO_MBPS, None, &[]),
        "storage" => (Flow::Seller, "Example-Corp", &DEMO_MBPS, None, &[]),
        _ => (Flow::Seller, "John-Doe-Corp", &DEMO_MBPS, None, &[]),
    };
    let tagged = ["azure", "azure-example", "tagged"].contains(&kind);
    let key = key.map(|label| KeyRequirement {
        label: label.to_owned(),
        description: None,
        required: true,
    });
    let name = words.next()?;
    let definition = ProfileDefinition {
        name: name.to_owned(),
        description: Some(name.to_owned()),
        private: flow == Flow::Own,
        mbps: mbps.to_vec(),
        label: "Connection".to_owned(),
        allows_remote: true,
        requires_redundancy: flow == Flow::Azure,
        tagging: if tagged { Tagging::Both } else { Tagging::CTagged },
        named_tags: PEERINGS.iter().filter(|_| tagged).map(|tag| (*tag).to_owned()).collect(),
        auto_approves_bandwidth: key.is_some() || kind == "backup",
        // Equinix validates the keys of cloud providers through their APIs, but not those of IBM.
        api: SellerApi {
            available: flow != Flow::Seller && key.is_some(),
            integration: key
                .as_ref()
                .filter(|_| flow != Flow::Seller)
                .map(|_| "Direct-01".to_owned()),
            ..SellerApi::default()
        },
        custom_fields: if kind == "ibm" { ibm_asks() } else { Vec::new() },
        key,
        ..ProfileDefinition::default()
    };
    let regions: Vec<Region> = regions
        .iter()
        .map(|(key, label)| Region { key: (*key).to_owned(), label: (*label).to_owned() })
        .collect();
    Some(ProfileRecord {
        id,
        seller: seller.to_owned(),
        flow,
        definition,
        encapsulation,
        metros: metros.map(|code| ProfileMetro { code, regions: regions.clone() }).collect(),
        needs_region: !regions.is_empty(),
        approval: Approval::Approved,
        version: 1,
        created: "2018-12-07T13:31:58.525Z".parse().ok()?,
        updated: "2018-12-07T13:58:28.258Z".parse().ok()?,
        visibility_change: None,
    })
}

/// What IBM asks its buyers: the keys of `additionalInfo` in the specification's examples.
fn ibm_asks() -> Vec<CustomField> {
    let field = |label: &str, description: &str, kind: &str, options: &[&str]| CustomField {
        label: label.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        kind: kind.to_owned(),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        captured_in_email: false,
    };
    vec![
        field("ASN", "Your BGP autonomous system number", "NUMBER", &[]),
        field("Global", "Whether to route to all regions", "LIST", &["true", "false"]),
    ]
}

/// A private profile with one port that samples of the seller read or change.
struct PrivateProfile {
    id: &'static str,
    name: &'static str,
    port: &'static str,
    encapsulation: Encapsulation,
}

/// "Get L2 Service Profiles {uuid}".
const READ: PrivateProfile = PrivateProfile {
    id: "9da3f720-6982-4c40-aa80-af3aad5852a1",
    name: "JohnDoe_TEST_Profile",
    port: "8e638dbf-1713-7130-64e0-30ac094f85f6",
    encapsulation: Encapsulation::Qinq,
};

/// "How to authorize a buyer to access a private service profile?" The sample gives it the name that
/// another one creates a profile with: until then it has its own, so that both can be sent.
const AUTHORIZED: PrivateProfile = PrivateProfile {
    id: "36bfb968-1e4b-4973-baa0-35d2904944de",
    name: "JohnDoe_Profile",
    port: "8cb83fdb-6671-6714-bbe0-38389cc0acfa",
    encapsulation: Encapsulation::Dot1q,
};

fn of_the_seller(profile: &PrivateProfile) -> Option<ProfileRecord> {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let metro = MetroCode::parse("SV").ok()?;
    let people = vec!["JohnDoe@equinix.com".to_owned()];
    Some(ProfileRecord {
        id: ProfileId::parse(profile.id).ok()?,
        seller: "John-Doe-Corp".to_owned(),
        flow: Flow::Seller,
        definition: ProfileDefinition {
            name: profile.name.to_owned(),
            description: Some("Testing editing.".to_owned()),
            private: true,
            notifications: NotificationEmails {
                profile: people.clone(),
                bandwidth: people.clone(),
                connections: people,
            },
            ports: vec![OfferedPort {
                port: PortId::parse(profile.port).ok()?,
                metro,
                region: None,
                cross_connect: None,
            }],
            mbps: DEMO_MBPS.to_vec(),
            label: "Connection".to_owned(),
            allows_remote: true,
            ..ProfileDefinition::default()
        },
        encapsulation: Some(profile.encapsulation),
        metros: vec![ProfileMetro { code: metro, regions: Vec::new() }],
        needs_region: false,
        approval: Approval::Approved,
        version: 1,
        created: time("2019-08-15T10:19:46.092Z")?,
        updated: time("2019-09-12T02:07:11.156Z")?,
        visibility_change: None,
    })
}

/// Region of the interconnection, the seller's key for it, and its description.
pub(crate) const INTEGRATION_REGIONS: [(&str, &str, &str); 3] = [
    ("AMER", "us-west-1", "US West N.California"),
    ("APAC", "ap-southeast-1", "Asia Pacific - Singapore"),
    ("EMEA", "eu-west-2", "EU - London"),
];

/// Id, redundancy, message.
const INTEGRATIONS: [(&str, &str, &str); 4] = [
    ("Demo-01", "REDUNDANT", "Demo API integration"),
    ("Sample-01", "SINGLE", "Sample API integration"),
    ("Direct-01", "SINGLE", "Direct API integration"),
    ("AWS-DirectConnect-01", "SINGLE", "AWS Direct Connect API integration"),
];

/// Redundancy and message of an integration.
pub(crate) fn integration(id: &str) -> Option<(&'static str, &'static str)> {
    let row = INTEGRATIONS.iter().find(|(known, ..)| *known == id);
    row.map(|(_, redundancy, message)| (*redundancy, *message))
}
