//! The wall clock, as a trait.

use std::time::{SystemTime, UNIX_EPOCH};

use sliderule_provisioning::cluster::Moment;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Moment;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}
