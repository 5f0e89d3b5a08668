//! How a command fails: one sentence that says what happened and what to do.

use std::fmt;
use std::path::Path;

/// Why a command ended early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// What happened and what to do.
    Said(String),
    /// The command line makes no sense; the usage follows.
    Usage(String),
    /// Ctrl-C, or a request to end.
    Interrupted,
}

/// What every step returns.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn said(sentence: impl Into<String>) -> Self {
        Self::Said(sentence.into())
    }

    /// A file operation that failed; made for `map_err`.
    pub(crate) fn file<'a>(verb: &'a str, path: &'a Path) -> impl FnOnce(std::io::Error) -> Self + 'a {
        move |error| Self::Said(format!("cannot {verb} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(sentence) | Self::Usage(sentence) => f.write_str(sentence),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}
