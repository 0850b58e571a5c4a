//! Text from outside, before it is logged or shown.

/// On one line, without control characters, at most `max` characters: what comes from the network must
/// neither forge log lines nor fill a status.
///
/// A text that was cut ends with an ellipsis. Characters that change the direction of what follows, or
/// that cannot be seen, are shown as their number: a name must not read as another than it is.
pub fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    let mut length = 0;
    let words = text.split(|c: char| c.is_control() || c.is_whitespace());
    for word in words.filter(|word| !word.is_empty()) {
        let gap = usize::from(length > 0);
        for c in std::iter::repeat_n(' ', gap).chain(word.chars().flat_map(visible)) {
            if length == max {
                out.pop();
                out.push('…');
                return out;
            }
            out.push(c);
            length += 1;
        }
    }
    out
}

/// A character, or its number in braces if it reorders or hides text.
fn visible(c: char) -> Vec<char> {
    let hides = matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    );
    if hides { format!("{{U+{:04X}}}", u32::from(c)).chars().collect() } else { vec![c] }
}

/// The different ones of `texts` that are not empty, joined by colons.
pub(crate) fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut parts: Vec<&str> = vec![];
    for text in texts {
        if !text.is_empty() && !parts.contains(&text) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn foreign_text_is_one_bounded_line() {
        assert_eq!(clean("a\u{1b}[31m\n b\t\tc", 80), "a [31m b c");
        assert_eq!(clean("äöü", 3), "äöü");
    }

    #[test]
    fn a_text_that_was_cut_says_so() {
        assert_eq!(clean("abcdef", 3), "ab…");
        assert_eq!(clean("äöü", 2), "ä…");
        assert_eq!(clean("abc", 3), "abc");
    }

    /// "Trojan Source": what follows a right-to-left override reads backwards.
    #[test]
    fn characters_that_reorder_or_hide_text_are_shown() {
        assert_eq!(clean("line-\u{202e}1-dorp", 80), "line-{U+202E}1-dorp");
        assert_eq!(clean("a\u{200b}b\u{2066}c\u{feff}", 80), "a{U+200B}b{U+2066}c{U+FEFF}");
        assert_eq!(clean("a\u{202e}b", 4), "a{U…");
    }
}
