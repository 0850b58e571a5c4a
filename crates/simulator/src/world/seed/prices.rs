//! Monthly prices of connections, the same for v3 and v4 ("Get L2 Connection Price").
//!
//! According to the chapter, a remote connection costs the local price and a surcharge. The
//! surcharge between regions is the sample's, from a port with free local connections. The
//! surcharge within a region and the prices of standard ports are made up.

use super::{MetroRecord, PortRecord};

/// Billing tiers, in Mbit/s.
pub(crate) const TIERS: [u32; 7] = [50, 200, 500, 1000, 2000, 5000, 10_000];

const STANDARD_LOCAL: [u32; 7] = [100, 160, 250, 500, 800, 1600, 2600];
const WITHIN_REGION: [u32; 7] = [115, 200, 290, 640, 1075, 2470, 4190];
const BETWEEN_REGIONS: [u32; 7] = [230, 400, 580, 1280, 2150, 4945, 8380];

/// The metros of a connection that is priced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PriceRoute<'a> {
    pub(crate) from: &'a MetroRecord,
    pub(crate) to: &'a MetroRecord,
    /// Whether the port is unlimited, so that local connections are free.
    pub(crate) buyout: bool,
}

impl<'a> PriceRoute<'a> {
    /// From a port to a metro.
    pub(crate) fn of(port: &PortRecord, from: &'a MetroRecord, to: &'a MetroRecord) -> Self {
        Self { from, to, buyout: port.buyout }
    }

    /// Whether the metros differ.
    pub(crate) fn remote(self) -> bool {
        self.from.code != self.to.code
    }

    /// The currency of the port's country.
    pub(crate) fn currency(self) -> &'static str {
        if self.from.country == "CHE" { "CHF" } else { "USD" }
    }

    /// The local price of a tier, by its position in [`TIERS`].
    pub(crate) fn local(self, tier: usize) -> u32 {
        if self.buyout { 0 } else { STANDARD_LOCAL.get(tier).copied().unwrap_or(0) }
    }

    /// The price of a tier on this route, by its position in [`TIERS`].
    pub(crate) fn price(self, tier: usize) -> u32 {
        let surcharge = match (self.remote(), self.from.region == self.to.region) {
            (false, _) => None,
            (true, true) => WITHIN_REGION.get(tier),
            (true, false) => BETWEEN_REGIONS.get(tier),
        };
        self.local(tier) + surcharge.copied().unwrap_or(0)
    }
}

/// The position in [`TIERS`] of the tier that a bandwidth is billed by.
pub(crate) fn tier(mbps: u32) -> Option<usize> {
    TIERS.iter().position(|tier| mbps <= *tier)
}
