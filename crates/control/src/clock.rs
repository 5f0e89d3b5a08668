//! What time it is, as a trait, and the machine's steady clock.
//!
//! All decisions are made on *steady* time: it never goes back, and neither a jump of the wall clock nor a
//! restart of the server moves it, because what it counts is paid for. Wall time is only shown to people.

mod machine;
pub mod steady;

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use sliderule_provisioning::time::Moment;

pub use machine::SteadyClock;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now, in steady time.
    fn now(&self) -> Moment;

    /// What the wall clock shows, showed or will show at `moment`, as it is set now.
    fn wall(&self, moment: Moment) -> Moment {
        moment
    }

    /// Done once that much time has passed. Under a clock that cannot wake anybody it never is, and nothing is given up
    /// for taking long.
    fn passed(&self, _time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(pending())
    }
}
