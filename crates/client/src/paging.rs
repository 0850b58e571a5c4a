//! The pages of lists: where a list ends, and whether all of it was read.
//!
//! A list is whole when it was read to its own end and nothing in it was unreadable. A total is a
//! witness against that and never for it: an answer may have lost it. The dialects say how a page
//! shows what follows it; nothing here knows their fields.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;

use fabric_domain::{Connection, Listed, ServiceProfile};

use crate::Error;

/// Entries of a page; the documented maximum of v4.
pub(crate) const PAGE_SIZE: usize = 100;
/// The most entries read of one list. Deleted connections stay in listings for a while, so this is
/// several times the connections that an account may have in service.
const MAX_ENTRIES: usize = 200_000;

/// What a page says of the page after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextPage {
    /// There is one.
    Shown,
    /// There is none.
    Denied,
    /// Nothing.
    Unsaid,
}

/// A page of a list, as a dialect reads it.
#[derive(Debug)]
pub(crate) struct RawPage {
    pub(crate) entries: Vec<Value>,
    /// What stands in the place of entries and is none.
    pub(crate) unreadable: usize,
    /// How many entries the whole list has, as the provider counts them; 0 if it does not say.
    pub(crate) total: usize,
    /// The most entries that the page can have; `None` if nothing limits it.
    pub(crate) size: Option<usize>,
    pub(crate) next: NextPage,
    /// The provider's time when it answered, if it shows one.
    pub(crate) date: Option<Timestamp>,
}

impl RawPage {
    /// A page without entries: the end of any list.
    pub(crate) fn empty() -> Self {
        Self {
            entries: vec![],
            unreadable: 0,
            total: 0,
            size: None,
            next: NextPage::Unsaid,
            date: None,
        }
    }

    /// Whether to ask for a page after this one, once `read` entries of the list were read. An
    /// empty page ends every list. Where the page does not say, a full one may have a successor, and
    /// so may one after which entries are missing by the provider's count.
    pub(crate) fn goes_on(&self, read: usize) -> bool {
        let full = self.size.is_some_and(|size| self.entries.len() >= size);
        !self.entries.is_empty()
            && match self.next {
                NextPage::Shown => true,
                NextPage::Denied => false,
                NextPage::Unsaid => full || self.total > read,
            }
    }
}

/// An error if a list of which `read` entries were read goes on beyond what this client reads.
pub(crate) fn within_bounds(operation: &str, read: usize) -> Result<(), Error> {
    if read < MAX_ENTRIES {
        return Ok(());
    }
    Err(Error::Unreadable(format!("{operation}: {}", too_long())))
}

fn too_long() -> String {
    format!("the list has more than {MAX_ENTRIES} entries, and the rest is not read")
}

/// The pages of a list that were read so far.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    entries: Vec<Value>,
    unreadable: usize,
    total: usize,
    /// Where the last page begins in `entries`.
    last: usize,
    /// Why the list was not read to its end.
    stopped: Option<String>,
}

impl Collected {
    /// How many entries were read.
    #[cfg_attr(not(feature = "fabric-v4"), allow(dead_code, reason = "ECX v3 counts pages"))]
    pub(crate) fn read(&self) -> usize {
        self.entries.len()
    }

    /// Takes in the next page; returns whether another one is to be read.
    pub(crate) fn add(&mut self, page: RawPage) -> bool {
        let read = self.entries.len() + page.entries.len();
        self.unreadable += page.unreadable;
        self.total = self.total.max(page.total);
        if !page.entries.is_empty() && self.entries[self.last..] == page.entries {
            self.stopped = Some("the provider shows the same page again".into());
            return false;
        }
        let goes_on = page.goes_on(read);
        self.last = self.entries.len();
        self.entries.extend(page.entries);
        if goes_on && read >= MAX_ENTRIES {
            self.stopped = Some(too_long());
            return false;
        }
        goes_on
    }

    /// The list of those entries that `concerns` admits; an entry of them that `read` does not
    /// understand leaves a gap.
    pub(crate) fn listed<T>(
        self,
        concerns: impl Fn(&Value) -> bool,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Listed<T> {
        let shown = distinct(&self.entries);
        let concerned: Vec<&Value> = self.entries.iter().filter(|entry| concerns(entry)).collect();
        let items: Vec<T> = concerned.iter().filter_map(|entry| read(entry)).collect();
        let unreadable = self.unreadable + concerned.len() - items.len();
        let gap = self.stopped.or_else(|| match unreadable {
            0 if shown < self.total => {
                Some(format!("the provider counts {} entries and shows {shown}", self.total))
            }
            0 => None,
            1 => Some("1 entry cannot be read".into()),
            many => Some(format!("{many} entries cannot be read")),
        });
        Listed { items, gap }
    }
}

/// How many different entries there are. A list that changes between two pages may show one entry
/// twice, and another never.
fn distinct(entries: &[Value]) -> usize {
    let id = |entry: &Value| {
        let id = entry.get("uuid").or_else(|| entry.get("code"))?;
        id.as_str().map(str::to_ascii_lowercase)
    };
    let ids: Vec<Option<String>> = entries.iter().map(id).collect();
    let nameless = ids.iter().filter(|id| id.is_none()).count();
    nameless + ids.into_iter().flatten().collect::<HashSet<_>>().len()
}

/// Admits every entry of a list.
pub(crate) fn any(_: &Value) -> bool {
    true
}

/// Whether a profile has this name, or may have it because the answer shows no name.
pub(crate) fn may_be_named(profile: &Value, name: &str) -> bool {
    profile["name"].as_str().is_none_or(|shown| shown == name)
}

/// Each profile once: a list that changes between two pages may show one twice.
pub(crate) fn once(profiles: Listed<ServiceProfile>) -> Listed<ServiceProfile> {
    let mut seen = HashSet::new();
    let mut items = profiles.items;
    items.retain(|profile| seen.insert(profile.id.clone()));
    Listed { items, gap: profiles.gap }
}

/// The connection among the candidates of a list, or `None` if that list was read whole.
pub(crate) fn found_or_absent(candidates: Listed<Connection>) -> Result<Option<Connection>, Error> {
    match (candidates.items.into_iter().next(), candidates.gap) {
        (None, Some(gap)) => Err(Error::not_whole("connections", &gap)),
        (found, _) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(uuids: &[usize], total: usize, next: NextPage) -> RawPage {
        let entries = uuids.iter().map(|n| json!({"uuid": n.to_string()})).collect();
        RawPage { entries, total, next, size: Some(2), ..RawPage::empty() }
    }

    fn uuid(entry: &Value) -> Option<String> {
        entry["uuid"].as_str().map(str::to_owned)
    }

    /// The gap of a list of these pages, and whether it would go on.
    fn read(pages: Vec<RawPage>) -> (Option<String>, bool) {
        let mut all = Collected::default();
        let mut goes_on = false;
        for page in pages {
            goes_on = all.add(page);
        }
        (all.listed(|_| true, uuid).gap, goes_on)
    }

    #[test]
    fn a_list_goes_on_until_nothing_witnesses_a_further_page() {
        use NextPage::{Denied, Shown, Unsaid};
        for (uuids, total, next, goes_on) in [
            (&[1, 2][..], 0, Unsaid, true),
            (&[1, 2], 2, Unsaid, true),
            (&[1, 2], 0, Denied, false),
            (&[1, 2], 3, Denied, false),
            (&[1], 0, Unsaid, false),
            (&[1], 2, Unsaid, true),
            (&[1], 1, Shown, true),
            (&[], 5, Shown, false),
        ] {
            let page = page(uuids, total, next);
            assert_eq!(page.goes_on(uuids.len()), goes_on, "{uuids:?}, {total}, {next:?}");
        }
    }

    #[test]
    fn a_total_speaks_against_a_list_and_never_for_it() {
        let end = NextPage::Denied;
        let more = NextPage::Shown;
        assert_eq!(read(vec![page(&[1, 2], 0, more), page(&[3], 0, end)]), (None, false));
        // The second page has lost its total; that of the first still counts.
        let (gap, _) = read(vec![page(&[1, 2], 4, more), page(&[3], 0, end)]);
        assert_eq!(gap.as_deref(), Some("the provider counts 4 entries and shows 3"));
        // Entry 2 moved to the second page between the two, and entry 3 was never shown.
        let (gap, _) = read(vec![page(&[1, 2], 3, more), page(&[2], 3, end)]);
        assert_eq!(gap.as_deref(), Some("the provider counts 3 entries and shows 2"));
    }

    #[test]
    fn an_entry_that_cannot_be_read_leaves_a_gap_where_it_concerns() {
        let pages =
            || RawPage { entries: vec![json!({"uuid": "1"}), json!({})], ..RawPage::empty() };
        assert_eq!(read(vec![pages()]).0.as_deref(), Some("1 entry cannot be read"));
        let mut all = Collected::default();
        all.add(pages());
        assert_eq!(
            all.listed(|entry| uuid(entry).is_some(), uuid),
            Listed::whole(vec!["1".into()])
        );
    }

    #[test]
    fn a_list_without_end_is_left_with_a_gap() {
        let same = || page(&[1, 2], 0, NextPage::Shown);
        let (gap, goes_on) = read(vec![same(), same()]);
        assert_eq!(gap.as_deref(), Some("the provider shows the same page again"));
        assert!(!goes_on);
        let mut all = Collected::default();
        let mut at = 0;
        while all.add(page(&[at, at + 1], 0, NextPage::Shown)) {
            at += 2;
        }
        assert_eq!(all.read(), MAX_ENTRIES);
        let gap = all.listed(|_| true, uuid).gap.unwrap();
        assert!(gap.contains("200000"), "{gap}");
    }
}
