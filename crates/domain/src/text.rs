//! Makes text from outside safe to print.
//!
//! It must not interpret the text.

/// Text from outside for status, events and logs: replaces control characters by spaces, collapses
/// white space, and keeps at most `max` characters.
pub fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    let mut length = 0;
    for word in text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty())
    {
        let gap = usize::from(length > 0);
        for c in std::iter::repeat_n(' ', gap).chain(word.chars()) {
            if length == max {
                return out;
            }
            out.push(c);
            length += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn foreign_text_is_one_bounded_line() {
        assert_eq!(clean("a\u{1b}[31m\n b\t\tc", 80), "a [31m b c");
        assert_eq!(clean("abcdef", 3), "abc");
        assert_eq!(clean("äöü", 2), "äö");
    }
}
