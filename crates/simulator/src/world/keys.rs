//! Authorization keys: their format at each provider, and the limits of Azure's.
//!
//! The formats are those of the samples, including letters that a real key could not have. Which
//! error a key earns is for each API.

use fabric_domain::{Flow, Leg, LinkProtocol};

use super::{profile::ProfileRecord, state::WorldState};

/// How many Dot1q pairs one Azure key may have (IC-LAYER2-DOT1Q-001 and the tagging table).
const DOT1Q_PER_KEY: usize = 3;

/// Why an Azure key allows no further connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyLimit {
    /// It has the maximum number of Dot1q connections.
    Dot1q,
    /// The peering is in use; a `QinQ` connection, of which there can be one, uses them all.
    Peering,
}

/// Whether a key has the format of the profile's provider.
pub(crate) fn is_plausible(profile: &ProfileRecord, key: &str) -> bool {
    let last = |text: &str, at: char| text.rsplit(at).next().map(str::to_owned);
    match profile.flow {
        Flow::Aws => key.len() == 12 && key.bytes().all(|b| b.is_ascii_digit()),
        Flow::Azure => {
            let groups: Vec<&str> = key.split('-').collect();
            groups.len() == 5
                && groups.iter().zip([8, 4, 4, 4, 12]).all(|(group, length)| {
                    group.len() == length && group.bytes().all(|b| b.is_ascii_alphanumeric())
                })
        }
        // A pairing key ends with the number of its zone, and so does the profile's name.
        Flow::Google => key.contains('/') && last(key, '/') == last(&profile.definition.name, ' '),
        Flow::Oracle => key.starts_with("ocid1.virtualcircuit."),
        Flow::Seller | Flow::Own | Flow::Token | Flow::Invitation => !key.is_empty(),
    }
}

/// The peerings and legs that can still be ordered with an Azure key from Dot1q ports.
pub(crate) fn remaining<'a>(
    state: &WorldState,
    profile: &'a ProfileRecord,
    key: &str,
) -> Vec<(&'a str, Leg)> {
    let legs = [Leg::Primary, Leg::Secondary];
    let all =
        profile.definition.named_tags.iter().flat_map(|tag| legs.map(|leg| (tag.as_str(), leg)));
    all.filter(|(tag, leg)| check_limit(state, key, false, Some(tag), *leg).is_ok()).collect()
}

/// Checks whether an Azure key allows one more connection; each leg of a pair counts by itself.
///
/// # Errors
/// The limit that it would exceed.
pub(crate) fn check_limit(
    state: &WorldState,
    key: &str,
    qinq: bool,
    peering: Option<&str>,
    leg: Leg,
) -> Result<(), KeyLimit> {
    let mut dot1q = 0;
    let mut taken = false;
    for line in state.lines.iter().filter(|line| !line.lifecycle.deprovisioned()) {
        let draft = &line.draft;
        let same = draft.leg == leg
            && draft.terms.key.as_deref() == Some(key)
            && state.flow(draft) == Flow::Azure;
        if !same {
            continue;
        }
        let other_qinq = matches!(draft.link, LinkProtocol::Qinq { .. });
        dot1q += usize::from(!other_qinq);
        taken |= draft.terms.peering.as_deref() == peering || (qinq && other_qinq);
    }
    if !qinq && dot1q >= DOT1Q_PER_KEY {
        Err(KeyLimit::Dot1q)
    } else if taken {
        Err(KeyLimit::Peering)
    } else {
        Ok(())
    }
}
