//! JSON, as far as definitions go. The client reads what else it is told by the same code, so that it carries it once.
//!
//! Numbers stay the text that they are: none is a fraction here, and the client would have to carry the code that
//! reads fractions.

use std::borrow::Cow;

use hifijson::SliceLexer;
use hifijson::token::Lex as _;
use hifijson::value::{self, Value};

/// What a text holds.
pub type Json<'a> = Value<&'a str, Cow<'a, str>>;

/// The entries of an object.
pub(crate) type Entries<'a> = [(Cow<'a, str>, Json<'a>)];

/// How deeply a text may nest.
const DEEPEST: usize = 128;

/// Reads a text.
///
/// # Errors
/// Where it is not JSON, the byte from which on it is not.
pub fn parse(text: &str) -> Result<Json<'_>, usize> {
    let mut lexer = SliceLexer::new(text.as_bytes());
    let read =
        lexer.exactly_one(SliceLexer::ws_peek, |next, lexer| value::parse_bounded(DEEPEST, next, lexer));
    read.map_err(|_| text.len() - lexer.as_slice().len())
}

/// The entry of that name; of several, the last.
pub(crate) fn entry<'a, 'b>(entries: &'a Entries<'b>, name: &str) -> Option<&'a Json<'b>> {
    entries.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
}

pub(crate) fn text<'a>(json: &'a Json<'_>) -> Option<&'a str> {
    if let Json::String(text) = json { Some(text) } else { None }
}

/// A whole number. `-0` is a fraction to most who read JSON.
pub(crate) fn number(json: &Json<'_>) -> Option<isize> {
    if let Json::Number((text, _)) = json { text.parse().ok().filter(|_| *text != "-0") } else { None }
}

/// A whole number that is not negative.
pub(crate) fn size(json: &Json<'_>) -> Option<usize> {
    if let Json::Number((text, _)) = json { text.parse().ok() } else { None }
}
