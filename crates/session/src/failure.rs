//! What a caller gets when a call fails: the same fields as a `SlideRuleError` in JavaScript.
//!
//! A failure never carries a password or a token: messages are made of our own sentences, of what servers
//! said, and of URLs, and no secret is ever put into a URL.

use serde::Serialize;
use sliderule_api::ErrorCode;

/// Why a call failed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
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
        Self { code, message: message.into(), endpoint: None, status: None, retryable: false }
    }

    /// A wrong option or argument.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// The same, naming the URL that was asked.
    #[must_use]
    pub fn at(mut self, endpoint: &str) -> Self {
        self.endpoint = Some(endpoint.to_owned());
        self
    }

    /// The same, with the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same, worth trying again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
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
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(QUOTE_LENGTH).collect()
}
