//! Metros, and between which of them connections are possible ("GET Metros").
//!
//! Amsterdam's are those of the sample; the others are made up to fit the samples.

use fabric_domain::MetroCode;

/// A metro.
#[derive(Debug, Clone)]
pub(crate) struct MetroRecord {
    pub(crate) code: MetroCode,
    pub(crate) name: &'static str,
    pub(crate) region: &'static str,
    pub(crate) country: &'static str,
    pub(crate) reaches: Vec<MetroCode>,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

type MetroRow = (&'static str, &'static str, &'static str, &'static str, &'static str, f64, f64);

const ROWS: [MetroRow; 22] = [
    ("AM", "Amsterdam", "EMEA", "NLD", "LD FR PA DB SK ZH HE ML WA MD", 52.3, 4.9),
    ("CH", "Chicago", "AMER", "USA", "SV DC DA NY SE TR", 41.9, -87.6),
    ("DA", "Dallas", "AMER", "USA", "SV DC CH NY SE TR", 32.8, -96.8),
    ("DB", "Dublin", "EMEA", "IRL", "AM LD FR PA", 53.3, -6.3),
    ("DC", "Ashburn", "AMER", "USA", "SV DA CH NY SE TR LD", 39.0, -77.5),
    ("FR", "Frankfurt", "EMEA", "DEU", "AM LD PA DB ZH", 50.1, 8.7),
    ("GV", "Geneva", "EMEA", "CHE", "SV ZH", 46.2, 6.1),
    ("HE", "Helsinki", "EMEA", "FIN", "AM SK", 60.2, 24.9),
    ("LD", "London", "EMEA", "GBR", "AM FR PA DB DC NY", 51.5, -0.1),
    ("MD", "Madrid", "EMEA", "ESP", "AM PA", 40.4, -3.7),
    ("ML", "Milan", "EMEA", "ITA", "AM ZH", 45.5, 9.2),
    ("NY", "New York", "AMER", "USA", "SV DC DA CH SE TR LD", 40.7, -74.0),
    ("PA", "Paris", "EMEA", "FRA", "AM LD FR DB MD", 48.9, 2.4),
    ("SE", "Seattle", "AMER", "USA", "SV DC DA CH NY TR", 47.6, -122.3),
    ("SG", "Singapore", "APAC", "SGP", "TY SL", 1.4, 103.8),
    ("SK", "Stockholm", "EMEA", "SWE", "AM HE", 59.3, 18.1),
    ("SL", "Seoul", "APAC", "KOR", "TY SG", 37.6, 127.0),
    ("SV", "Silicon Valley", "AMER", "USA", "DC DA CH NY SE TR GV", 37.4, -122.0),
    ("TR", "Toronto", "AMER", "CAN", "SV DC DA CH NY SE", 43.7, -79.4),
    ("TY", "Tokyo", "APAC", "JPN", "SG SL", 35.7, 139.7),
    ("WA", "Warsaw", "EMEA", "POL", "AM", 52.2, 21.0),
    ("ZH", "Zurich", "EMEA", "CHE", "AM FR GV ML", 47.4, 8.5),
];

/// All metros, by code.
pub(crate) fn metros() -> Vec<MetroRecord> {
    ROWS.iter()
        .filter_map(|(code, name, region, country, reaches, latitude, longitude)| {
            Some(MetroRecord {
                code: MetroCode::parse(code).ok()?,
                name,
                region,
                country,
                reaches: reaches
                    .split(' ')
                    .filter_map(|code| MetroCode::parse(code).ok())
                    .collect(),
                latitude: *latitude,
                longitude: *longitude,
            })
        })
        .collect()
}
