//! How much may be tried: from one address, and on one account. Pure: time and randomness come in as arguments.
//!
//! | module | what it holds |
//! |---|---|
//! | [`network`] | where requests come from, as it is counted |
//! | [`addresses`] | so many requests from one network |
//! | [`accounts`] | ever slower guesses at one account's password |
//! | `failures` | consecutive failures, and the wait that follows from them |
//! | `recent` | the memory of all that, which is bounded |

pub mod accounts;
pub mod addresses;
mod failures;
pub mod network;
mod recent;

pub use accounts::{Accounts, Attempt, Outcome};
pub use addresses::Addresses;
pub use network::Network;

use std::time::Duration;

/// It has to be tried again later: after so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Wait {
    /// In whole seconds, at least one, as `Retry-After` has it.
    #[must_use]
    pub fn seconds(self) -> u32 {
        let seconds = self.0.as_millis().div_ceil(1000).max(1);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }
}
