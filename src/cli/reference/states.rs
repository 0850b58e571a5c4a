//! `docs/states.md`: what each pair of states means.
//!
//! Looks up every known pair of words, and one word that is not known, in the table of states. No
//! row may be written by hand.

use strum::IntoEnumIterator;

use fabric_domain::{EquinixStatus, Flow, ProviderStatus, Standing};

use crate::cli::reference::{ORIGIN, code, sentence, table};

/// Represents every word that is not known.
const UNKNOWN: &str = "";

/// What a pair of words means in one flow, or in all.
#[derive(Debug, Clone, Copy)]
struct Pair {
    equinix: &'static str,
    provider: &'static str,
    standing: Standing,
}

/// Pairs that mean the same.
#[derive(Debug)]
struct StateRow {
    equinix: Words,
    provider: Words,
    standing: Standing,
}

/// The words of one side in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Words {
    These(Vec<&'static str>),
    /// Those that no other row of the table names.
    AnyOther,
    Any,
}

impl Words {
    fn shown(&self) -> String {
        match self {
            Self::These(words) if *words == [UNKNOWN] => "anything else".to_owned(),
            Self::These(words) => code(words.iter().copied()),
            Self::AnyOther => "any other".to_owned(),
            Self::Any => "any".to_owned(),
        }
    }
}

/// The page.
pub(super) fn page() -> String {
    let mut text = format!(
        "# States\n\n{ORIGIN}\n\n\
         A connection has two states: Equinix's own (`status` on v3, `operation.equinixStatus` on v4) and\n\
         that of the other side (`providerStatus`). Look for Equinix's word in the table of your flow, then in\n\
         the table for every flow; words that mean the same are at the end. If several rows fit, one that says\n\
         \"any\" goes first, then one that names the other side's word. Phase and \"waiting for\" are those of the\n\
         resource's status, the text is the message of condition `Ready`.\n\n\
         Letter case, spaces, hyphens and underscores of the words do not count. A word that is not listed is\n\
         shown as it is, and the operator keeps observing the connection.\n"
    );
    for flow in Flow::iter() {
        section(&mut text, title(flow), &rows(&own(flow)));
    }
    section(&mut text, "In every flow", &rows(&common()));
    text.push_str("\n## Words of Equinix that mean the same\n\n");
    let synonyms = synonyms().into_iter().filter(|words| words.len() > 1);
    let synonyms = synonyms.map(|words| [code([words[0]]), code(words.iter().skip(1).copied())]);
    text.push_str(&table(["In the tables", "Means the same"], synonyms));
    text
}

fn section(text: &mut String, title: &str, rows: &[StateRow]) {
    let head = [
        "Equinix says",
        "The other side says",
        "Phase",
        "Waiting for",
        "What it means, what to do",
    ];
    let rows = rows.iter().map(|row| {
        [
            row.equinix.shown(),
            row.provider.shown(),
            <&str>::from(row.standing.phase).to_owned(),
            <&str>::from(row.standing.waiting_for).to_owned(),
            sentence(row.standing.advice),
        ]
    });
    text.extend(["\n## ", title, "\n\n", &table(head, rows)]);
}

fn title(flow: Flow) -> &'static str {
    match flow {
        Flow::Aws => "AWS",
        Flow::Azure => "Azure",
        Flow::Google => "Google",
        Flow::Oracle => "Oracle, the government cloud included",
        Flow::Seller => "Another seller's service profile",
        Flow::Own => "Another port of your own",
        Flow::Token => "A service token",
        Flow::Invitation => "An invitation",
    }
}

/// The pairs of the words that mean the same in every flow.
fn common() -> Vec<Pair> {
    let first = Flow::iter().next();
    first.map_or_else(Vec::new, |flow| pairs(flow, |word| !depends(word)))
}

/// The pairs of the other words, and what they mean in `flow`.
fn own(flow: Flow) -> Vec<Pair> {
    pairs(flow, depends)
}

/// Whether the meaning of a word of Equinix depends on the flow.
fn depends(equinix: &'static str) -> bool {
    let mut all = Flow::iter().map(|flow| meaning(equinix, flow));
    let first = all.next();
    all.any(|meaning| Some(meaning) != first)
}

/// What a word of Equinix means in `flow`, beside each word of the other side.
fn meaning(equinix: &'static str, flow: Flow) -> Vec<Standing> {
    beside(equinix, flow).map(|pair| pair.standing).collect()
}

fn beside(equinix: &'static str, flow: Flow) -> impl Iterator<Item = Pair> {
    let status = EquinixStatus::read(equinix);
    let provider = ProviderStatus::KNOWN.iter().map(ProviderStatus::as_str).chain([UNKNOWN]);
    provider.map(move |provider| {
        let standing = Standing::of(&status, &ProviderStatus::read(provider), flow);
        Pair { equinix, provider, standing }
    })
}

/// Equinix's words, those together that mean the same in every flow.
fn synonyms() -> Vec<Vec<&'static str>> {
    let mut groups: Vec<(Vec<Vec<Standing>>, Vec<&'static str>)> = vec![];
    for word in EquinixStatus::KNOWN.iter().map(EquinixStatus::as_str).chain([UNKNOWN]) {
        let means: Vec<_> = Flow::iter().map(|flow| meaning(word, flow)).collect();
        match groups.iter_mut().find(|(same, _)| *same == means) {
            Some((_, words)) => words.push(word),
            None => groups.push((means, vec![word])),
        }
    }
    groups.into_iter().map(|(_, words)| words).collect()
}

/// The pairs of the words that satisfy `holds`, without synonyms.
fn pairs(flow: Flow, holds: impl Fn(&'static str) -> bool) -> Vec<Pair> {
    let words = synonyms().into_iter().map(|words| words[0]);
    words.filter(|word| holds(word)).flat_map(|word| beside(word, flow)).collect()
}

/// The pairs in as few rows as possible, in the order of a connection's life.
fn rows(pairs: &[Pair]) -> Vec<StateRow> {
    let shared = shared(pairs);
    let mut rows: Vec<StateRow> = vec![];
    for group in pairs.chunk_by(|a, b| a.equinix == b.equinix) {
        let left: Vec<Pair> = if matters(group) {
            group.iter().filter(|pair| !named(&shared, pair.provider)).copied().collect()
        } else {
            group.to_vec()
        };
        for (provider, standing) in grouped(&left) {
            let same = |row: &&mut StateRow| row.provider == provider && row.standing == standing;
            let row = rows.iter_mut().find(same).map(|row| &mut row.equinix);
            if let Some(Words::These(words)) = row {
                words.push(group[0].equinix);
            } else {
                let equinix = Words::These(vec![group[0].equinix]);
                rows.push(StateRow { equinix, provider, standing });
            }
        }
    }
    for (provider, standing) in grouped(&shared) {
        rows.push(StateRow { equinix: Words::AnyOther, provider, standing });
    }
    rows.sort_by_key(|row| row.equinix == Words::These(vec![UNKNOWN]));
    rows
}

/// Whether the meaning depends on the word of the other side.
fn matters(group: &[Pair]) -> bool {
    group.iter().any(|pair| pair.standing != group[0].standing)
}

fn named(pairs: &[Pair], provider: &str) -> bool {
    pairs.iter().any(|pair| pair.provider == provider)
}

/// One pair for each word of the other side that means the same beside every word of Equinix whose
/// meaning depends on the other side.
fn shared(pairs: &[Pair]) -> Vec<Pair> {
    let open: Vec<&[Pair]> =
        pairs.chunk_by(|a, b| a.equinix == b.equinix).filter(|group| matters(group)).collect();
    let Some((first, others)) = open.split_first().filter(|(_, others)| !others.is_empty()) else {
        return vec![];
    };
    let as_in_first = |group: &&[Pair], pair: &Pair| {
        group.iter().any(|p| p.provider == pair.provider && p.standing == pair.standing)
    };
    first
        .iter()
        .filter(|pair| others.iter().all(|group| as_in_first(group, pair)))
        .copied()
        .collect()
}

/// Groups the words of the other side that mean the same.
fn grouped(pairs: &[Pair]) -> Vec<(Words, Standing)> {
    let mut groups: Vec<(Vec<&'static str>, Standing)> = vec![];
    for pair in pairs {
        match groups.iter_mut().find(|(_, standing)| *standing == pair.standing) {
            Some((words, _)) => words.push(pair.provider),
            None => groups.push((vec![pair.provider], pair.standing)),
        }
    }
    let words = |words: Vec<&'static str>| {
        if words.len() > ProviderStatus::KNOWN.len() {
            Words::Any
        } else if words.contains(&UNKNOWN) {
            Words::AnyOther
        } else {
            Words::These(words)
        }
    };
    let mut groups: Vec<_> =
        groups.into_iter().map(|(all, standing)| (words(all), standing)).collect();
    groups.sort_by_key(|(words, _)| *words == Words::AnyOther);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks a pair up as a reader does: in the rows of its Equinix word, and among those in the
    /// rows of any other if there is no better one.
    fn looked_up(rows: &[StateRow], equinix: &str, provider: &str) -> Option<Standing> {
        let names = |words: &Words, word| matches!(words, Words::These(w) if w.contains(&word));
        let mine: Vec<&StateRow> = rows.iter().filter(|row| names(&row.equinix, equinix)).collect();
        let others = rows.iter().filter(|row| row.equinix == Words::AnyOther);
        let found: Vec<&StateRow> = mine
            .iter()
            .copied()
            .filter(|row| names(&row.provider, provider) || row.provider == Words::Any)
            .chain(others.filter(|row| !mine.is_empty() && names(&row.provider, provider)))
            .collect();
        assert!(
            found.len() < 2 || mine[0].provider == Words::Any,
            "{equinix}/{provider}: {found:?}"
        );
        let rest = mine.iter().copied().find(|row| row.provider == Words::AnyOther);
        found.first().copied().or(rest).map(|row| row.standing)
    }

    #[test]
    fn a_reader_finds_what_the_operator_finds() {
        let everywhere = rows(&common());
        for flow in Flow::iter() {
            let here = rows(&own(flow));
            for words in synonyms() {
                for pair in words.iter().flat_map(|word| beside(word, flow)) {
                    let found = looked_up(&here, words[0], pair.provider)
                        .or_else(|| looked_up(&everywhere, words[0], pair.provider));
                    assert_eq!(found, Some(pair.standing), "{flow:?} {pair:?}");
                }
            }
        }
    }
}
