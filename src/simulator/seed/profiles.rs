//! Service profiles: those that the samples order from, and two that share a name.
//!
//! Ids and the demo profile are the samples'; the names of the clouds' profiles are their public
//! ones.

use crate::domain::{Encapsulation, MetroCode, ProfileId};

use super::super::rules::Course;

/// A service profile of the world.
#[derive(Debug, Clone)]
pub(in super::super) struct Profile {
    pub(in super::super) id: ProfileId,
    pub(in super::super) name: &'static str,
    pub(in super::super) seller: &'static str,
    pub(in super::super) course: Course,
    /// None where the samples contradict themselves.
    pub(in super::super) encapsulation: Option<Encapsulation>,
    pub(in super::super) metros: Vec<MetroCode>,
    /// Named tags (peerings) in the seller's spelling.
    pub(in super::super) named_tags: &'static [&'static str],
    /// Whether an order needs an authorization key, and what buyers call it.
    pub(in super::super) key_label: Option<&'static str>,
    pub(in super::super) needs_region: bool,
    pub(in super::super) needs_pair: bool,
    /// Whether another bandwidth needs no consent.
    pub(in super::super) auto_approves: bool,
    pub(in super::super) regions: &'static [(&'static str, &'static str)],
    pub(in super::super) mbps: &'static [u32],
}

impl Profile {
    /// Whether the first organisation itself offers it, to itself.
    pub(in super::super) fn own(&self) -> bool {
        self.course == Course::Own
    }

    /// Whether the first organisation is its seller, to whomever.
    pub(in super::super) fn sold_by_first(&self) -> bool {
        self.seller == FIRST_SELLER
    }
}

/// The first organisation's name as a seller.
const FIRST_SELLER: &str = "JOHN-DOE-ORG";

const DEMO_MBPS: [u32; 4] = [50, 200, 500, 1000];
const CLOUD_MBPS: [u32; 7] = [50, 200, 500, 1000, 2000, 5000, 10000];
const PEERINGS: [&str; 4] = ["Private", "Public", "Microsoft", "Manual"];
const AWS_REGIONS: [(&str, &str); 2] =
    [("us-west-1", "US West N.California"), ("us-east-1", "US East N.Virginia")];
const GOOGLE_REGIONS: [(&str, &str); 2] = [("us-west1", "Oregon"), ("us-east4", "N.Virginia")];
const ORACLE_REGIONS: [(&str, &str); 1] = [("us-ashburn-1", "US East Ashburn")];

/// Kind, id, encapsulation (D, Q or neither), metros, name.
const ROWS: [&str; 25] = [
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
];

/// All profiles, in a fixed order.
pub(in super::super) fn profiles() -> Vec<Profile> {
    ROWS.iter().filter_map(|row| profile(row)).collect()
}

fn profile(row: &'static str) -> Option<Profile> {
    let mut words = row.splitn(5, ' ');
    let kind = words.next()?;
    let plain = Profile {
        id: ProfileId::parse(words.next()?).ok()?,
        encapsulation: match words.next()? {
            "D" => Some(Encapsulation::Dot1q),
            "Q" => Some(Encapsulation::Qinq),
            _ => None,
        },
        metros: words.next()?.split(',').filter_map(|code| MetroCode::parse(code).ok()).collect(),
        name: words.next()?,
        seller: "John-Doe-Corp",
        course: Course::Seller,
        named_tags: &[],
        key_label: None,
        needs_region: false,
        needs_pair: false,
        auto_approves: false,
        regions: &[],
        mbps: &DEMO_MBPS,
    };
    Some(match kind {
        "aws" => Profile {
            auto_approves: true,
            seller: "Amazon Web Services",
            course: Course::Aws,
            key_label: Some("AWS ACCOUNT ID"),
            needs_region: true,
            regions: &AWS_REGIONS,
            mbps: &CLOUD_MBPS,
            ..plain
        },
        "azure" => Profile {
            auto_approves: true,
            seller: "Microsoft Azure",
            course: Course::Azure,
            key_label: Some("Service Key"),
            needs_pair: true,
            named_tags: &PEERINGS,
            mbps: &CLOUD_MBPS,
            ..plain
        },
        "google" => Profile {
            auto_approves: true,
            seller: "Google Cloud",
            course: Course::Google,
            key_label: Some("Pairing Key"),
            needs_region: true,
            regions: &GOOGLE_REGIONS,
            mbps: &CLOUD_MBPS,
            ..plain
        },
        "oracle" => Profile {
            auto_approves: true,
            seller: "Oracle Cloud",
            course: Course::Oracle,
            key_label: Some("Virtual Circuit OCID"),
            needs_region: true,
            regions: &ORACLE_REGIONS,
            mbps: &CLOUD_MBPS,
            ..plain
        },
        "own" => Profile { seller: FIRST_SELLER, course: Course::Own, ..plain },
        "tagged" => Profile { named_tags: &PEERINGS, ..plain },
        "backup" => Profile { auto_approves: true, ..plain },
        "mine" => Profile { seller: FIRST_SELLER, ..plain },
        "storage" => Profile { seller: "Example-Corp", ..plain },
        _ => plain,
    })
}
