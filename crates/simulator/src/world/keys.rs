//! Authorization keys: which of them a provider can have made, and what Azure still allows on one.
//!
//! The shapes are those of the samples, letters where they have impossible ones included. What a
//! face answers is not decided here.

use fabric_domain::{Flow, Leg, LinkProtocol};

use super::{profile::ProfileRecord, state::WorldState};

/// How many Dot1q pairs one Azure key may have (IC-LAYER2-DOT1Q-001 and the tagging table).
const DOT1Q_PER_KEY: usize = 3;

/// Why an Azure key has no room for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyLimit {
    /// It has all the Dot1q lines that it can have.
    Dot1q,
    /// The peering is in use, or a `QinQ` line, of which there can be one, uses all of them.
    Peering,
}

/// Whether the seller of a profile makes keys that look like this one.
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
        // A pairing key ends in the number of its zone, and so does the profile's name.
        Flow::Google => key.contains('/') && last(key, '/') == last(&profile.definition.name, ' '),
        Flow::Oracle => key.starts_with("ocid1.virtualcircuit."),
        Flow::Seller | Flow::Own | Flow::Token | Flow::Invitation => !key.is_empty(),
    }
}

/// What can still be ordered with an Azure key from Dot1q ports.
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

/// Whether an Azure key has room for one more line of this kind; halves of pairs are counted apart.
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
