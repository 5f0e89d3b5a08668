//! Looking for one text in another.
//!
//! The texts are addresses, names, release numbers and what servers say: short. The search of the standard library is quick
//! in long ones, and is three kilobytes of the client's WebAssembly; this one is a loop.

/// Where the part begins.
fn place(text: &str, part: &str) -> Option<usize> {
    text.as_bytes().windows(part.len().max(1)).position(|window| window == part.as_bytes())
}

/// Whether the text has the part in it.
#[must_use]
pub fn says(text: &str, part: &str) -> bool {
    place(text, part).is_some()
}

/// What stands before the first such part, and what after it.
#[must_use]
pub fn split_once<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let at = place(text, part)?;
    Some((text.get(..at)?, text.get(at + part.len()..)?))
}

/// The text without any such part at its end.
#[must_use]
pub fn trim_end<'a>(mut text: &'a str, part: &str) -> &'a str {
    while let Some(rest) = text.strip_suffix(part) {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{says, split_once, trim_end};

    proptest! {
        #[test]
        fn they_do_what_the_standard_library_does(text in "[a:/é]{0,12}", part in "[a:/é]{1,3}") {
            prop_assert_eq!(says(&text, &part), text.contains(&part));
            prop_assert_eq!(split_once(&text, &part), text.split_once(&part));
            prop_assert_eq!(trim_end(&text, &part), text.trim_end_matches(&part));
        }
    }
}
