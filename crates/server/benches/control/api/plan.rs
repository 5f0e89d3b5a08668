//! What the generator is told to do, and what it answers: one line of JSON each way.

use serde::{Deserialize, Serialize};

/// What is asked for again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Load {
    /// The status of the caller's cluster.
    Status,
    /// A fresh pair of tokens for the caller's last one.
    Refresh,
    /// One node in place of the caller's former one.
    Capacity,
    /// A pair of tokens for the caller's password.
    SignIn,
}

/// A member of an organization, and their tokens for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) organization: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// What to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Where the server listens.
    pub(crate) address: String,
    /// What for.
    pub(crate) load: Load,
    /// How many ask at once. Each acts for its own part of the callers, one after the other.
    pub(crate) connections: usize,
    /// How long nothing is counted.
    pub(crate) warm_ms: u64,
    /// How long everything is.
    pub(crate) counted_ms: u64,
    /// For whom.
    pub(crate) callers: Vec<Caller>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Answers within the time that counts, all of them good.
    pub(crate) answers: u64,
    /// That time.
    pub(crate) seconds: f64,
    /// How long the middle one took, and the 99th of a hundred, in milliseconds.
    pub(crate) median_ms: f64,
    pub(crate) p99_ms: f64,
    /// Processor time that this process used in that time, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The callers with the tokens they have now.
    pub(crate) callers: Vec<Caller>,
}
