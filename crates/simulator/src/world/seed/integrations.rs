//! The API integrations of sellers: the one of the sample, and those that other samples name.
//!
//! Facts only; all have the regions of the sample.

/// Region of the interconnection, the seller's key for it, and its description.
pub(crate) const REGIONS: [(&str, &str, &str); 3] = [
    ("AMER", "us-west-1", "US West N.California"),
    ("APAC", "ap-southeast-1", "Asia Pacific - Singapore"),
    ("EMEA", "eu-west-2", "EU - London"),
];

/// Id, redundancy, message.
const ROWS: [(&str, &str, &str); 4] = [
    ("Demo-01", "REDUNDANT", "Demo API integration"),
    ("Sample-01", "SINGLE", "Sample API integration"),
    ("Direct-01", "SINGLE", "Direct API integration"),
    ("AWS-DirectConnect-01", "SINGLE", "AWS Direct Connect API integration"),
];

/// Redundancy and message of an integration.
pub(crate) fn integration(id: &str) -> Option<(&'static str, &'static str)> {
    let row = ROWS.iter().find(|(known, ..)| *known == id);
    row.map(|(_, redundancy, message)| (*redundancy, *message))
}
