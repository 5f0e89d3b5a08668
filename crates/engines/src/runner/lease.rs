//! The time a node has left, and when to ask for more.
//!
//! Counted on a monotonic clock, from before the runner asked, so that neither a jump of the wall clock
//! nor a slow answer gives a node time that nobody paid for.

use std::time::Duration;

use tokio::time::Instant;

/// What became of a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The node may run for `duration` from the moment it was `asked` for.
    Granted {
        /// Just before the question.
        asked: Instant,
        /// For how long.
        duration: Duration,
    },
    /// The node shall end.
    Refused,
    /// No answer that counts.
    Nothing,
}

/// A node's right to run.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    end: Instant,
    next_pull: Instant,
    retry: Duration,
    granted: bool,
}

impl Lease {
    /// No lease yet, and `patience` from `now` to get one.
    #[must_use]
    pub fn awaited(now: Instant, patience: Duration) -> Self {
        Self { end: now + patience, next_pull: now, retry: retry_of(patience), granted: false }
    }

    /// Takes what a pull brought by `now`. Only a grant moves the end; a refusal is the caller's to act on.
    pub fn take(&mut self, pulled: Pulled, now: Instant) {
        match pulled {
            Pulled::Granted { asked, duration } => {
                *self = Self {
                    end: asked + duration,
                    next_pull: asked + (duration / 3).max(SOONEST),
                    retry: retry_of(duration),
                    granted: true,
                };
            }
            Pulled::Refused | Pulled::Nothing => self.next_pull = now + self.retry,
        }
    }

    /// When the node must end.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.end
    }

    /// When to ask next.
    #[must_use]
    pub fn next_pull(&self) -> Instant {
        self.next_pull
    }

    /// Whether there is a lease at all.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        self.granted
    }
}

/// A lease that is not renewed is granted again and again, ever shorter. It is not asked for more often than this.
const SOONEST: Duration = Duration::from_millis(100);

/// A tenth of a lease, at most a second.
fn retry_of(lease: Duration) -> Duration {
    (lease / 10).clamp(SOONEST, Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_lease_counts_from_before_it_was_asked_for() {
        let start = Instant::now();
        let mut lease = Lease::awaited(start, MINUTE / 6);
        let slow = start + Duration::from_secs(9);
        lease.take(Pulled::Granted { asked: start, duration: MINUTE }, slow);
        assert!(lease.is_granted());
        assert_eq!(lease.end(), start + MINUTE);
        assert_eq!(lease.next_pull(), start + MINUTE / 3);
    }

    #[test]
    fn a_failed_pull_is_tried_again_soon_and_gives_no_time() {
        let start = Instant::now();
        let mut lease = Lease::awaited(start, MINUTE);
        lease.take(Pulled::Granted { asked: start, duration: MINUTE }, start);
        let later = start + MINUTE / 3;
        lease.take(Pulled::Nothing, later);
        assert_eq!((lease.end(), lease.next_pull()), (start + MINUTE, later + Duration::from_secs(1)));

        lease.take(Pulled::Granted { asked: later, duration: Duration::from_secs(2) }, later);
        lease.take(Pulled::Nothing, later);
        assert_eq!(lease.next_pull(), later + Duration::from_millis(200));
    }

    #[test]
    fn the_rest_of_a_lease_that_is_not_renewed_is_asked_for_a_few_times_and_not_for_ever() {
        let start = Instant::now();
        let end = start + Duration::from_secs(1);
        let mut lease = Lease::awaited(start, MINUTE);
        let (mut now, mut pulls) = (start, 0);
        while now < end {
            lease.take(Pulled::Granted { asked: now, duration: end - now }, now);
            (now, pulls) = (lease.next_pull(), pulls + 1);
        }
        assert_eq!(lease.end(), end);
        assert!(pulls <= 8, "{pulls} pulls in the last second");
    }

    #[test]
    fn a_shorter_grant_shortens_the_lease() {
        let start = Instant::now();
        let mut lease = Lease::awaited(start, MINUTE);
        lease.take(Pulled::Granted { asked: start, duration: MINUTE }, start);
        lease.take(Pulled::Granted { asked: start, duration: Duration::from_secs(5) }, start);
        assert_eq!(lease.end(), start + Duration::from_secs(5));
    }
}
