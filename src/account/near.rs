//! Names near one that was not found, which a message offers as what may have been meant.
//!
//! A message must name only what its reader may use: every candidate comes from [`Nameable`]. Nothing
//! is chosen in the user's place.

use std::cmp::Reverse;

use fabric_domain::{Metro, MetroCode, Port};

use crate::account::{grants::Granted, session::Session};

/// The most names that a message offers.
const OFFERED: usize = 3;

/// What the messages to a resource may name of what its account sees: what its namespace may use.
pub(crate) struct Nameable<'a> {
    pub(crate) session: &'a Session,
    pub(crate) granted: Option<&'a Granted>,
}

impl Nameable<'_> {
    /// The ports; none if they cannot be listed, since a suggestion is no reason to fail.
    pub(crate) async fn ports(&self) -> Vec<Port> {
        let shown = |port: &Port| self.granted.is_none_or(|granted| granted.shows_port(port));
        self.session.ports(shown).await.map(|ports| ports.items).unwrap_or_default()
    }

    /// The names of the service profiles; none if they cannot be listed.
    pub(crate) async fn profile_names(&self) -> Vec<String> {
        let profiles = self.session.profiles().await.map(|profiles| profiles.items);
        let mut profiles = profiles.unwrap_or_default();
        profiles.retain(|profile| {
            self.granted.is_none_or(|granted| granted.shows_profile(&profile.id, &profile.name))
        });
        profiles.into_iter().map(|profile| profile.name).collect()
    }
}

/// " (did you mean …?)" with the names that are nearest to `asked`; empty if none is near.
pub(crate) fn did_you_mean(asked: &str, names: impl IntoIterator<Item = String>) -> String {
    let lower = asked.to_lowercase();
    // A fifth of the letters may differ, which tells typing errors from other names.
    let most = (asked.chars().count() / 5).max(1);
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    let near = names.into_iter().map(|name| (distance(&name), name));
    let mut near: Vec<(usize, String)> = near.filter(|(far, _)| *far <= most).collect();
    near.sort();
    near.dedup();
    let nearest = near.first().map(|(far, _)| *far);
    let near = near.into_iter().filter(|(far, _)| Some(*far) == nearest);
    question(near.map(|(_, name)| name))
}

/// The same for metros, whose codes are too short to be near: those whose name begins with the letters,
/// and the one with the letters in the other order.
pub(crate) fn did_you_mean_metro(asked: MetroCode, metros: &[Metro]) -> String {
    let code = asked.as_str();
    let swapped: String = code.chars().rev().collect();
    let named = |metro: &&Metro| {
        metro.code.as_str() == swapped || metro.name.to_uppercase().starts_with(code)
    };
    let mut near: Vec<&Metro> = metros.iter().filter(named).collect();
    near.sort_by_key(|metro| (Reverse(metro.code.as_str() == swapped), metro.code));
    question(near.into_iter().map(|metro| format!("{}, {}", metro.code, metro.name)))
}

fn question(near: impl Iterator<Item = String>) -> String {
    let near: Vec<String> = near.take(OFFERED).collect();
    if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", near.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_come_near_are_offered() {
        let offer = |asked: &str, names: &[&str]| {
            did_you_mean(asked, names.iter().map(|name| (*name).to_owned()))
        };
        assert_eq!(offer("johnDoPort", &["johnDoePort", "other"]), " (did you mean johnDoePort?)");
        assert_eq!(offer("JOHNDOEPORT", &["johnDoePort"]), " (did you mean johnDoePort?)");
        assert_eq!(offer("noSuchPort", &["johnDoePort"]), "");
        let many = ["port-1", "port-2", "port-3", "port-4"];
        assert_eq!(offer("port-9", &many), " (did you mean port-1 or port-2 or port-3?)");
        let nearest = offer("port-11", &["port-12", "port-22"]);
        assert_eq!(nearest, " (did you mean port-12?)", "only the nearest");
        assert_eq!(offer("", &["a-long-name"]), "");
    }

    #[test]
    fn metros_are_offered_by_the_beginning_of_their_name_or_a_swapped_code() {
        let metro = |code: &str, name: &str| Metro {
            code: MetroCode::parse(code).unwrap(),
            name: name.into(),
            region: None,
            reaches: vec![],
        };
        let metros =
            [metro("LD", "London"), metro("SV", "Silicon Valley"), metro("LA", "Los Angeles")];
        let offer = |asked| did_you_mean_metro(MetroCode::parse(asked).unwrap(), &metros);
        assert_eq!(offer("LO"), " (did you mean LA, Los Angeles or LD, London?)");
        assert_eq!(offer("VS"), " (did you mean SV, Silicon Valley?)");
        assert_eq!(offer("ZZ"), "");
    }
}
