//! Consecutive failures, and the wait that follows from them.

use std::time::Duration;

use sliderule_provisioning::time::Moment;

use super::Wait;

/// Attempts under way at once before there are failures: somebody's many programs may begin together.
pub(super) const AT_ONCE: u16 = 32;

/// When failures are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);

/// How lenient one is with failures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leniency {
    /// So many failures cost nothing; people mistype.
    pub(super) free: u16,
    /// The longest wait.
    pub(super) longest: Duration,
}

/// Consecutive failures, and attempts of which it is not known yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    count: u16,
    under_way: u16,
    last: Moment,
}

impl Failures {
    /// Whether another attempt may begin now.
    pub(super) fn admits(self, leniency: Leniency, now: Moment) -> Result<(), Wait> {
        let Self { count, under_way, last } = self;
        if now.since(last) >= FORGOTTEN && under_way == 0 {
            return Ok(());
        }
        let wait = match count.checked_sub(leniency.free) {
            Some(beyond) => Duration::from_secs(1 << beyond.min(30)).min(leniency.longest),
            None => Duration::ZERO,
        };
        let left = wait.saturating_sub(now.since(last));
        // As long as failures are free, many may be under way; afterwards each is waited for.
        let at_once = if wait.is_zero() { AT_ONCE } else { 1 };
        match (left.is_zero(), under_way < at_once) {
            (true, true) => Ok(()),
            (true, false) => Err(Wait(Duration::from_secs(1))),
            (false, _) => Err(Wait(left)),
        }
    }

    /// An attempt begins.
    pub(super) fn begin(&mut self, now: Moment) {
        if now.since(self.last) >= FORGOTTEN {
            self.count = 0;
        }
        self.under_way = self.under_way.saturating_add(1);
    }

    /// An attempt has failed.
    pub(super) fn fail(&mut self, now: Moment) {
        self.leave();
        self.count = self.count.saturating_add(1);
        self.last = now;
    }

    /// An attempt has succeeded: what was before is forgiven.
    pub(super) fn succeed(&mut self) {
        self.leave();
        self.count = 0;
    }

    /// An attempt has come to nothing.
    pub(super) fn leave(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_empty(self) -> bool {
        self.count == 0 && self.under_way == 0
    }
}
