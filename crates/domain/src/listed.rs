//! Lists as the provider shows them.
//!
//! What follows from a gap is the reader's decision; it must not be overlooked.

/// A list, and whether all of it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The entries that could be read, in the provider's order.
    pub items: Vec<T>,
    /// Why the list has, or may have, more entries than `items`, such as "1 entry cannot be read";
    /// `None` if it was read whole. With a gap, absence from `items` proves nothing.
    pub gap: Option<String>,
}

impl<T> Listed<T> {
    /// A list that was read whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, gap: None }
    }

    /// The entries that fit. What was not read may fit, too, so the gap stays.
    #[must_use]
    pub fn filter(self, fits: impl Fn(&T) -> bool) -> Self {
        Self { items: self.items.into_iter().filter(fits).collect(), gap: self.gap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_outlives_a_filter() {
        let list = Listed { items: vec![1, 2, 3], gap: Some("1 entry cannot be read".into()) };
        let odd = list.filter(|n| n % 2 == 1);
        assert_eq!(odd.items, [1, 3]);
        assert_eq!(odd.gap.as_deref(), Some("1 entry cannot be read"));
        assert_eq!(Listed::whole(vec![2]).filter(|n| n % 2 == 1), Listed::whole(vec![]));
    }
}
