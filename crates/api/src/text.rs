//! Looking for one text in another, and reading numbers.
//!
//! The texts are addresses, names, release numbers and what servers say: short. What the standard library does is quick in
//! long ones, and is four kilobytes of the client's WebAssembly; these are loops.

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

/// The number that the text writes in up to eighteen decimal digits.
#[must_use]
pub fn decimal(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    let mut number = 0;
    for byte in text.bytes() {
        number = number * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    Some(number)
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

    use super::{decimal, says, split_once, trim_end};

    #[test]
    fn numbers_are_digits_and_not_too_many() {
        assert_eq!(
            ["0", "08", "999999999999999999"].map(decimal),
            [Some(0), Some(8), Some(999_999_999_999_999_999)]
        );
        assert_eq!(["", "+8", "-8", "8.0", "1000000000000000000"].map(decimal), [None; 5]);
    }

    proptest! {
        #[test]
        fn they_do_what_the_standard_library_does(text in "[a:/é]{0,12}", part in "[a:/é]{1,3}") {
            prop_assert_eq!(says(&text, &part), text.contains(&part));
            prop_assert_eq!(split_once(&text, &part), text.split_once(&part));
            prop_assert_eq!(trim_end(&text, &part), text.trim_end_matches(&part));
        }
    }
}
