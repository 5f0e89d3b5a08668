//! What a caller gets when a call fails: the same fields as a `SlideRuleError` in JavaScript.
//!
//! A failure never carries a password or a token: messages are made of our own sentences, of what servers
//! said, and of URLs, and no secret is ever put into a URL.

use std::ops::Deref;

use sliderule_api::ErrorCode;
use sliderule_api::text::split_once;

use crate::json::{self, hexadecimal};

/// Why a call failed, and what to do: its [`Reason`].
///
/// It is boxed, so that every result that may be one, and every flow that waits for such a result, stays small.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct Failure(Box<Reason>);

impl Deref for Failure {
    type Target = Reason;

    fn deref(&self) -> &Reason {
        &self.0
    }
}

/// What a failure says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what happened and what to do.
    pub message: String,
    /// The URL that was asked.
    pub endpoint: Option<String>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// Whether the same call may work later without any change.
    pub retryable: bool,
}

impl Failure {
    /// A failure that no request was involved in.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Reason { code, message, endpoint: None, status: None, retryable: false }))
    }

    /// A wrong option or argument.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// The same, naming the URL that was asked.
    #[must_use]
    pub fn at(mut self, endpoint: &str) -> Self {
        self.0.endpoint = Some(endpoint.to_owned());
        self
    }

    /// The same, with the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The same, of the request that failed so.
    #[must_use]
    pub(crate) fn in_place_of(mut self, other: &Self) -> Self {
        self.0.endpoint.clone_from(&other.endpoint);
        self.0.status = other.status;
        self
    }

    /// The same, worth trying again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }
}

impl From<sliderule_api::names::InvalidName> for Failure {
    fn from(error: sliderule_api::names::InvalidName) -> Self {
        Self::invalid(format!("organization: {error}"))
    }
}

/// At most this many characters of what a server said, on one line and without control characters.
const QUOTE_LENGTH: usize = 300;

/// What a server said, fit to stand in a sentence.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::new();
    let mut length = 0;
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c.is_control() || (c == ' ' && (quoted.is_empty() || quoted.ends_with(' '))) {
            continue;
        }
        if length == QUOTE_LENGTH {
            break;
        }
        quoted.push(c);
        length += 1;
    }
    if quoted.ends_with(' ') {
        quoted.pop();
    }
    quoted
}

/// The text without the secrets, as they are and as they stand in JSON, in case the request was echoed.
pub(crate) fn redact(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        // Less than that is no secret, and would take words apart.
        if secret.len() >= 4 {
            let json = escaped(secret);
            for form in [secret, &json, &in_ascii(&json)] {
                text = without(&text, form);
            }
        }
    }
    text
}

/// The text with a dot in place of the part.
fn without(text: &str, part: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = split_once(rest, part) {
        left.push_str(before);
        left.push('…');
        rest = after;
    }
    left.push_str(rest);
    left
}

/// The text within the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let json = json::write(&text);
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// As Python and others write JSON: in ASCII only.
fn in_ascii(json: &str) -> String {
    let mut ascii = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                ascii.push_str("\\u");
                hexadecimal(&mut ascii, u64::from(*unit), 4);
            }
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn a_secret_is_not_shown_however_it_was_echoed() {
        for secret in ["hun\"ter2", "\"quoted\"", "pässwörd", "back\\slash", "🔑-key-🔑"] {
            let json = serde_json::to_string(secret).unwrap();
            for echo in [format!("bad {secret} !"), format!("bad {} !", &json[1..json.len() - 1])] {
                assert_eq!(redact(&echo, &[secret.to_owned()]), "bad … !");
            }
        }
        assert_eq!(redact("onlyonlyonly only", &["only".to_owned()]), "……… …");
        assert_eq!(redact("bad p\\u00e4ssw\\u00f6rd !", &["pässwörd".to_owned()]), "bad … !");
    }
}
