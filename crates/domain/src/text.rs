//! Text that came from outside and is about to be shown.
//!
//! Nothing here decides anything; it only makes foreign text safe to print.

/// Foreign text for status, events and logs: control characters become spaces, runs of white
/// space become one, and at most `max` characters remain.
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
