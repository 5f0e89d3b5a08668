//! Instants and the durations that an engine promises.

use std::time::Duration;

/// An instant in milliseconds since 1970, on a clock that never goes back and never jumps while a machine runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The instant `duration` later; saturates at the end of time.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// What an engine promises about its nodes' time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long a lease lets a node run.
    pub lease: Duration,
    /// How long ending a node may take; reserved with its first lease and kept until it is seen gone.
    pub tail: Duration,
    /// How long a node may take from launch to its first registration; no longer than a lease.
    pub boot: Duration,
}

impl Terms {
    /// The local engine's: a minute, ten seconds, ten seconds.
    pub const LOCAL: Self =
        Self { lease: Duration::from_secs(60), tail: Duration::from_secs(10), boot: Duration::from_secs(10) };
}
