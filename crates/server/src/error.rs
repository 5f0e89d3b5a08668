//! Why the provisioning system could not do something.
//!
//! One enum for the whole crate. Every message is a sentence for the person in front of the terminal:
//! what happened, and what to do. What the HTTP API answers is decided elsewhere
//! ([`crate::http::refusal`]); nothing in here reaches a client of it.

use std::path::PathBuf;

use sliderule_control::StoreError;
use sliderule_engines::EngineError;

use crate::auth::TooBusy;

/// Why the provisioning system could not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was typed, piped in or configured cannot be used.
    #[error("{0}")]
    Input(String),
    /// A name that has to be new is in use.
    #[error("there is already {0}; choose another")]
    Taken(String),
    /// Something named does not exist.
    #[error("there is no {0}")]
    Unknown(String),
    /// The data directory cannot be used.
    #[error("cannot use the data directory {}: {reason}", path.display())]
    DataDirectory {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// The database was written by a newer release.
    #[error(
        "the database {} has schema {found}, and this release of sliderule-ps knows schemas up to {known}; \
         start the newer release that wrote it, or restore a backup", path.display()
    )]
    NewerSchema {
        /// Which database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// A backup cannot be written or restored.
    #[error("cannot use the backup {}: {reason}", path.display())]
    Backup {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// An address to listen on cannot be had.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Which address.
        address: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Too many wait for a password to be hashed.
    #[error(transparent)]
    Busy(#[from] TooBusy),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The machine failed: a file, a socket, a thread.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Anything else that is nobody's input.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// The exit code of a command that ended with this: 2 for what the caller can correct by typing
    /// something else, 1 for the rest, as clap does.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            _ => 1,
        }
    }

    /// Wraps an I/O error with what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
