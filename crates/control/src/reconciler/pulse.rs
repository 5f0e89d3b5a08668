//! How the reconciler is doing, for whoever watches the server.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sliderule_provisioning::time::Moment;

/// How the reconciler is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// When it last finished looking at everybody; `None` before the first time.
    pub everybody_at: Option<Moment>,
    /// How many rounds looked at anybody.
    pub rounds: u64,
    /// In how many of them somebody could not be looked at.
    pub failed_rounds: u64,
    /// What all of them took.
    pub took: Duration,
    /// What the last one took.
    pub last_took: Duration,
}

/// The pulse so far.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Pulse>);

impl Kept {
    pub(super) fn read(&self) -> Pulse {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A round began and ended then.
    pub(super) fn beat(&self, began: Moment, ended: Moment, everybody: bool, failed: bool) {
        let mut pulse = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let took = ended.since(began);
        pulse.rounds += 1;
        pulse.failed_rounds += u64::from(failed);
        pulse.took = pulse.took.saturating_add(took);
        pulse.last_took = took;
        if everybody {
            pulse.everybody_at = Some(ended);
        }
    }
}
