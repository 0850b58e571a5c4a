//! The ports of buyers and sellers that requests and responses of the samples name, and those of the
//! published specification's example requests.
//!
//! Encapsulation and metro follow from the samples. If two samples contradict each other, the port
//! states no encapsulation and accepts both.

use fabric_domain::{Encapsulation, MetroCode, PortId};

use super::FIRST_NAME;

/// A port.
#[derive(Debug, Clone)]
pub(crate) struct PortRecord {
    pub(crate) id: PortId,
    /// The name of the organisation that owns it.
    pub(crate) owner: &'static str,
    pub(crate) name: String,
    pub(crate) metro: MetroCode,
    /// None if the samples contradict each other.
    pub(crate) encapsulation: Option<Encapsulation>,
    /// Whether it is an unlimited port (v3: buyout), or else a standard one.
    pub(crate) buyout: bool,
    pub(crate) secondary_device: bool,
}

/// Buyers' ports: id, metro, encapsulation (D, Q or neither), device priority (1, 2), buyout (B) or
/// standard (S), and the name if a sample has one.
const ROWS: [&str; 33] = [
    "9a1b30c7-baaf-aaf0-96e0-30ac188c7099 SV D 1 B johnDoePort",
    "7f891d3b-973e-73e0-bae0-30ac1885197a SV D 1 B",
    "99991d3b-9750-7500-bae0-30ac1885197a SV Q 1 B",
    "7f891d3b-9740-7400-bae0-30ac1885197a SV D 2 B",
    "7f891d3b-973d-73d0-bae0-30ac1885197a SV Q 1 B",
    "7f891d3b-973c-73c0-bae0-30ac1885197a SV D 1 B",
    "9f891d3b-973c-73c0-bae0-30ac1885197a DC D 1 B",
    "7f891e3b-974f-74f0-bae0-30ec1885143a DC Q 1 B",
    "4f891d3b-973e-73e0-bae0-30ac1885197a DA D 1 B",
    "6f891d3b-972d-73d0-bae3-30ac1995197a DA Q 1 B",
    "7f891d3b-96d3-6d30-bae0-30ac1885197a DA Q 1 B",
    "7g831d3b-9740-7420-bae0-30ac1885127a DA D 2 B",
    "7f892d5b-993f-73f0-bae0-32ad1889197a DA Q 2 B",
    "7f21d3b-93d3-6d30-cae0-33ac2895297a DA Q 2 B",
    "4f891d3b-973e-73e0-bae0-80ac1885197a DC D 1 B",
    "7f891d3b-9732-7320-bae0-30ac1885197a DC D 1 B",
    "7f891d3b-7e6a-73e0-859e-30ac1885197a DC D 1 B",
    "7f891d3b-973e-7390-bae0-30ac1885197a DC Q 1 B",
    "7f345d3b-973d-73d0-bae0-30ac1435697a DC Q 1 B",
    "7f891d3b-9732-7320-bae0-30ac1456197a DC D 1 B",
    "7f579d3b-973d-73d0-bae0-30ac1885197a DC Q 1 B",
    "7f891d3b-9739-7390-bae0-30ac1976197a DC Q 1 B",
    "7f891d3b-9744-7440-bae0-30ac1885197a SV D 2 B",
    "7f891d3b-99c8-9c80-bae0-30ac1885197a SV D 1 B",
    "7f891d3b-9739-7390-bae0-30ac1885197a DC Q 1 B",
    "7f891d3b-973a-73a0-bae0-30ac1885197a DC Q 2 B",
    "7f891d3b-973f-73f0-bae0-30ac1885197a SV Q 2 B",
    "7f891d3b-9747-7470-bae0-30ac1885197a SV D 1 B",
    "7f891d3b-9738-7380-bae0-30ac1885197a DC Q 2 B",
    "7e7374c4-a357-3570-f2e0-30ac195544ce SV D 1 S",
    "66284add-86d1-6d10-b4e0-30ac094f8af1 TR D 2 B JOHN DOE TEST",
    "91469d07-dd6f-d6f2-1de0-37c8bc10af30 GV D 1 B",
    "a867f685-41b0-1b07-6de0-320a5c00abdd SV - 1 B",
];

/// The ports that example requests of the published specification name, in the same form. Metros
/// follow from the profiles that the examples connect them to. One id is no UUID there either.
const OF_THE_SPECIFICATION: [&str; 15] = [
    "a8ba52de-faae-43b5-b0b1-6904d37ee063 SV D 1 B",
    "a00cef6f-8e35-4794-9ff9-665e084e4e6d SV - 1 B",
    "b067f685-49b0-1a09-6fe0-360a5d00afdg SV D 2 B",
    "22d4e853-ef33-4ff0-b5b2-a2b1d5dfa50c DC - 1 B",
    "20d32a80-0d61-4333-bc03-707b591ae2f4 DC Q 1 B",
    "c4d93b39-034e-34ec-ace0-30fa5c00ad01 DC D 1 B",
    "c4d93b39-0341-341c-ace0-30fa5c00ad01 SV Q 1 B",
    "d166b9ce-79ed-4ea6-8f8b-785fd69f3dcc DC D 1 B",
    "2a4fb415-5a7f-436f-bae6-02f5e403deec DC D 1 B",
    "5e7fd31d-f1e8-46fe-b6ad-6f5f2306cfd8 SV - 2 B",
    "c791f8cb-5a47-a470-8ce0-306a5c00a4ee SV - 2 B",
    "b840a1db-5758-758f-97e0-328a5c00a874 SV - 1 B",
    "b840a1db-5413-413f-97e0-328a5c00a874 SV - 1 B",
    "b840a1db-54ab-4abf-97e0-328a5c00a874 SV D 1 B",
    "77b1b527-1a0f-42eb-9173-6d91723556b8 SV - 1 B",
];

/// The ports of the seller whose samples create profiles and accept connections.
const OF_THE_SELLER: [&str; 7] = [
    "754086e4-164d-64d0-84e0-30ac188c7c35 SV - 1 B",
    "7cb83fdb-6620-6204-bbe0-38389cc0acfa SV D 1 B",
    "7cb83fdb-663a-63a4-bbe0-38389cc0acfa SV D 2 B",
    "8cb83fdb-6651-6514-bbe0-38389cc0acfa SV Q 1 B",
    "8cb83fdb-661d-61d4-bbe0-38389cc0acfa SV Q 2 B",
    "8cb83fdb-6671-6714-bbe0-38389cc0acfa SV D 1 B",
    "8e638dbf-1713-7130-64e0-30ac094f85f6 SV Q 1 B",
];

/// All ports, in a fixed order.
pub(crate) fn ports() -> Vec<PortRecord> {
    let rows = ROWS.iter().chain(&OF_THE_SPECIFICATION).enumerate();
    let buyers = rows.map(|row| (FIRST_NAME, "johnDoe", row));
    let sellers = OF_THE_SELLER.iter().enumerate().map(|row| ("John-Doe-Corp", "johnDoeCorp", row));
    buyers
        .chain(sellers)
        .filter_map(|(owner, prefix, (number, row))| {
            let mut words = row.splitn(6, ' ');
            let id = PortId::parse(words.next()?).ok()?;
            let metro = MetroCode::parse(words.next()?).ok()?;
            let encapsulation = match words.next()? {
                "D" => Some(Encapsulation::Dot1q),
                "Q" => Some(Encapsulation::Qinq),
                _ => None,
            };
            let secondary_device = words.next()? == "2";
            let buyout = words.next()? == "B";
            let name = words
                .next()
                .map_or_else(|| format!("{prefix}-{metro}-{:02}", number + 1), str::to_owned);
            Some(PortRecord { id, owner, name, metro, encapsulation, buyout, secondary_device })
        })
        .collect()
}
