//! JSON, as far as definitions go. The client reads what else it is told by the same code, so that it carries it once.
//!
//! What a token is, `hifijson` says; the tree is made here, without a word on what is wrong where it is none: to tell
//! apart its two dozen errors would be most of the code. Numbers stay the text that they are: none is a fraction here,
//! and the client would have to carry the code that reads fractions.

use hifijson::escape::Lex as _;
use hifijson::num::LexWrite as _;
use hifijson::token::Lex as _;
use hifijson::{Read as _, SliceLexer, Write as _};

/// What a text holds.
#[derive(Debug)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(&'a str),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Json<'a>>),
    /// Names and what they stand for, in their order.
    Object(Vec<(String, Json<'a>)>),
}

/// The entries of an object.
pub(crate) type Entries<'a> = [(String, Json<'a>)];

/// How deeply a text may nest.
const DEEPEST: u32 = 128;

/// Reads a text.
///
/// # Errors
/// Where it is not JSON, the byte from which on it is not.
pub fn parse(text: &str) -> Result<Json<'_>, usize> {
    let mut lexer = SliceLexer::new(text.as_bytes());
    match value(&mut lexer, DEEPEST) {
        Some(value) if lexer.ws_peek().is_none() => Ok(value),
        _ => Err(text.len() - lexer.as_slice().len()),
    }
}

fn value<'a>(lexer: &mut SliceLexer<'a>, depth: u32) -> Option<Json<'a>> {
    let deeper = depth.checked_sub(1)?;
    match lexer.ws_peek()? {
        b'a'..=b'z' => Some(lexer.null_or_bool()?.map_or(Json::Null, Json::Bool)),
        b'0'..=b'9' | b'-' => {
            let (digits, _) = lexer.num_bytes().validated().ok()?;
            Some(Json::Number(utf8(digits)?))
        }
        b'"' => Some(Json::String(string(lexer)?)),
        b'[' => {
            let mut values = Vec::new();
            while goes_on(lexer, values.is_empty(), b']')? {
                values.push(value(lexer, deeper)?);
            }
            Some(Json::Array(values))
        }
        b'{' => {
            let mut entries = Vec::new();
            while goes_on(lexer, entries.is_empty(), b'}')? {
                lexer.ws_peek().filter(|next| *next == b'"')?;
                let name = string(lexer)?;
                lexer.expect(SliceLexer::ws_peek, b':')?;
                entries.push((name, value(lexer, deeper)?));
            }
            Some(Json::Object(entries))
        }
        _ => None,
    }
}

/// Whether a list or an object has another member; takes what stands before it, or the end.
fn goes_on(lexer: &mut SliceLexer<'_>, first: bool, end: u8) -> Option<bool> {
    if first {
        lexer.take_next();
    }
    match lexer.ws_peek()? {
        next if next == end => lexer.take_next().map(|_| false),
        _ if first => Some(true),
        b',' => lexer.take_next().map(|_| true),
        _ => None,
    }
}

/// A text within quotes.
fn string(lexer: &mut SliceLexer<'_>) -> Option<String> {
    lexer.take_next();
    let mut read = String::new();
    loop {
        let mut plain: &[u8] = &[];
        lexer.write_until(&mut plain, |byte| matches!(byte, b'"' | b'\\' | ..b' '));
        read.push_str(utf8(plain)?);
        match lexer.take_next()? {
            b'"' => return Some(read),
            b'\\' => {
                let kind = lexer.take_next()?;
                read.push(lexer.escape(kind).ok()?);
            }
            _ => return None,
        }
    }
}

/// Bytes that are text. By the code that also reads the texts of records, which may be no text in part.
pub fn utf8(bytes: &[u8]) -> Option<&str> {
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    (text.len() == bytes.len()).then_some(text)
}

/// The entry of that name; of several, the last.
pub(crate) fn entry<'a, 'b>(entries: &'a Entries<'b>, name: &str) -> Option<&'a Json<'b>> {
    entries.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
}

pub(crate) fn text<'a>(json: &'a Json<'_>) -> Option<&'a str> {
    if let Json::String(text) = json { Some(text) } else { None }
}

/// A whole number of 64 bits with a sign. `-0` is a fraction to most who read JSON.
pub fn number(json: &Json<'_>) -> Option<i64> {
    let Json::Number(text) = json else { return None };
    let digits = text.strip_prefix("-").unwrap_or(text);
    let negative = digits.len() < text.len();
    // Nineteen digits are never too many for 64 bits without a sign.
    if digits.len() > 19 {
        return None;
    }
    let mut size = 0_u64;
    for byte in digits.bytes() {
        size = size * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    let number = size.cast_signed();
    let number = if negative { number.wrapping_neg() } else { number };
    // One that is too large has the other sign now, and so has `-0`.
    ((number < 0) == negative).then_some(number)
}

/// A whole number that is not negative.
pub(crate) fn size(json: &Json<'_>) -> Option<usize> {
    number(json)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{number, parse};

    fn read(text: &str) -> Option<i64> {
        number(&parse(text).unwrap())
    }

    #[test]
    fn whole_numbers_are_read_up_to_both_ends() {
        assert_eq!(read("9223372036854775807"), Some(i64::MAX));
        assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
        for text in
            ["9223372036854775808", "-9223372036854775809", "18446744073709551616", "-0", "1.0", "1e3"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_what_the_standard_library_makes_of_them(text in "-?[1-9][0-9]{0,21}|0", whole: i64) {
            prop_assert_eq!(read(&text), text.parse().ok());
            prop_assert_eq!(read(&whole.to_string()), Some(whole));
        }
    }
}
