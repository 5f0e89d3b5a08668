//! Ever slower guesses at one account's password, without a way to lock its owner out.
//!
//! Failures are counted in two places. For the account from one network: after a few, the wait doubles up to a quarter
//! of an hour. For the account from everywhere its owner has not signed in from: so that many networks together do not
//! guess quickly either, these share lanes, by the part of the internet they are in, each with a wait of up to a
//! minute.
//!
//! Always holds: where the owner signed in lately, no attempt from elsewhere makes them wait; where they did not, only
//! those do who hold the one lane of sixteen that is theirs by chance. An account that does not exist is counted like
//! one that does. Failures are remembered of attempts that cost a hash, so that to flush this memory takes longer than
//! to wait; where an owner signed in can be learned again.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use sliderule_provisioning::time::Moment;

use super::failures::{Failures, Leniency};
use super::recent::Recent;
use super::{Network, Wait};

/// Values of each kind that are remembered; twice as many for a while. At a hundred hashes a second it takes eleven
/// minutes to be forgotten.
const GENERATION: usize = 65_536;

/// Networks that are remembered as an owner's.
pub const PLACES: usize = 8;

/// The lanes of an account.
const LANES: u64 = 16;

/// With failures from one network.
const STRANGER: Leniency = Leniency { free: 5, longest: Duration::from_secs(15 * 60) };

/// With failures from one network that is the owner's: somebody else may share it.
const REGULAR: Leniency = Leniency { free: 5, longest: Duration::from_secs(60) };

/// With failures in one lane.
const LANE: Leniency = Leniency { free: 10, longest: Duration::from_secs(60) };

/// Counts what is tried on every account.
#[derive(Debug)]
pub struct Accounts {
    keys: RandomState,
    /// By account and network.
    pairs: Recent<u64, Failures>,
    /// By account and lane.
    lanes: Recent<u64, Failures>,
    /// By account: where its owner signed in, the last first.
    places: Recent<u64, VecDeque<Network>>,
}

/// An attempt that may be made. It is to be ended, whatever comes of it.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    account: u64,
    network: Network,
    pair: u64,
    lane: Option<u64>,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The password was right.
    Right,
    /// It was not.
    Wrong,
    /// It was not looked at: its turn did not come, or the caller hung up.
    Withdrawn,
}

impl Attempt {
    /// Whether it comes from where the owner signed in before.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.lane.is_none()
    }
}

impl Accounts {
    /// Nothing was tried yet. The keys decide who shares a lane, so nobody else may know them.
    #[must_use]
    pub fn new(keys: RandomState) -> Self {
        let (pairs, lanes) = (Recent::new(GENERATION), Recent::new(GENERATION));
        Self { keys, pairs, lanes, places: Recent::new(GENERATION) }
    }

    /// Whether it is known where the owner of the account of that name signed in, if there is one.
    #[must_use]
    pub fn knows(&self, account: &str) -> bool {
        self.places.get(self.account(account)).is_some()
    }

    /// Where the owner of an account signed in: the last first. What is known already stays known.
    pub fn learn(&mut self, account: &str, places: impl IntoIterator<Item = Network>) {
        let account = self.account(account);
        let known = self.places.touch(account);
        for place in places {
            if known.len() < PLACES && !known.contains(&place) {
                known.push_back(place);
            }
        }
    }

    /// Admits an attempt on the account of that name, whether there is one or not.
    ///
    /// # Errors
    /// It is too early for another one.
    pub fn begin(&mut self, account: &str, network: Network, now: Moment) -> Result<Attempt, Wait> {
        let account = self.account(account);
        let regular = self.places.get(account).is_some_and(|places| places.contains(&network));
        let pair = self.keys.hash_one((account, network));
        let lane = self.keys.hash_one(network.region()) % LANES;
        let lane = (!regular).then(|| self.keys.hash_one((account, lane)));

        let failures = |recent: &Recent<u64, Failures>, key| recent.get(key).copied().unwrap_or_default();
        failures(&self.pairs, pair).admits(if regular { REGULAR } else { STRANGER }, now)?;
        if let Some(lane) = lane {
            failures(&self.lanes, lane).admits(LANE, now)?;
            self.lanes.touch(lane).begin(now);
        }
        self.pairs.touch(pair).begin(now);
        Ok(Attempt { account, network, pair, lane })
    }

    /// Counts what came of an attempt.
    pub fn end(&mut self, attempt: Attempt, outcome: Outcome, now: Moment) {
        let Attempt { account, network, pair, lane } = attempt;
        settle(&mut self.pairs, pair, outcome, now);
        if let Some(lane) = lane {
            settle(&mut self.lanes, lane, outcome, now);
        }
        if outcome == Outcome::Right {
            let places = self.places.touch(account);
            places.retain(|place| *place != network);
            places.push_front(network);
            places.truncate(PLACES);
        }
    }

    /// Names are the same in any case, as they are in the database.
    fn account(&self, name: &str) -> u64 {
        self.keys.hash_one(name.to_ascii_lowercase())
    }
}

fn settle(failures: &mut Recent<u64, Failures>, key: u64, outcome: Outcome, now: Moment) {
    let Some(counted) = failures.get_mut(key) else { return };
    match outcome {
        Outcome::Right => counted.succeed(),
        Outcome::Wrong => counted.fail(now),
        Outcome::Withdrawn => counted.leave(),
    }
    if counted.is_empty() {
        failures.remove(key);
    }
}

#[cfg(test)]
mod tests;
