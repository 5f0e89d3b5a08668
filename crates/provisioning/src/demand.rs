//! Demand: how many nodes the live requests ask for, from now on.
//!
//! Per user the largest live request, summed over users, capped at the owner's maximum. Requests only
//! expire, so without a new one demand only falls.

use std::collections::BTreeMap;

use sliderule_api::UserName;

use crate::cluster::Request;
use crate::time::Moment;

/// One user's part of the demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Who asked.
    pub user: UserName,
    /// How many nodes, before the maximum is applied to the sum.
    pub nodes: u32,
    /// Until when.
    pub until: Moment,
}

/// The largest live request of each user, the later expiry among equals. A request counts strictly before it
/// expires.
#[must_use]
pub fn shares(requests: &[Request], now: Moment) -> Vec<Share> {
    let mut largest: BTreeMap<&UserName, (u32, Moment)> = BTreeMap::new();
    for request in requests.iter().filter(|request| now < request.expires_at && request.nodes > 0) {
        let share = largest.entry(&request.user).or_insert((0, request.expires_at));
        *share = (*share).max((request.nodes, request.expires_at));
    }
    largest.into_iter().map(|(user, (nodes, until))| Share { user: user.clone(), nodes, until }).collect()
}

/// Demand as a falling staircase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// From when on it is told.
    from: Moment,
    /// Until when, how many: ends rise, numbers fall, and after the last one nothing is wanted.
    steps: Vec<(Moment, u32)>,
}

impl Demand {
    /// What `requests` ask for from `now` on, of at most `max_nodes`.
    #[must_use]
    pub fn of(requests: &[Request], max_nodes: u32, now: Moment) -> Self {
        let live: Vec<&Request> =
            requests.iter().filter(|request| now < request.expires_at && request.nodes > 0).collect();
        let mut ends: Vec<Moment> = live.iter().map(|request| request.expires_at).collect();
        ends.sort_unstable();
        ends.dedup();
        // From the last end backwards requests only come in, so each user's largest is a running maximum.
        let mut by_end: Vec<&Request> = live;
        by_end.sort_unstable_by_key(|request| std::cmp::Reverse(request.expires_at));
        let (mut largest, mut sum) = (BTreeMap::<&UserName, u32>::new(), 0u64);
        let mut coming = by_end.into_iter().peekable();
        let mut steps: Vec<(Moment, u32)> = Vec::new();
        for end in ends.into_iter().rev() {
            while let Some(request) = coming.next_if(|request| request.expires_at >= end) {
                let mine = largest.entry(&request.user).or_insert(0);
                sum += u64::from(request.nodes.saturating_sub(*mine));
                *mine = (*mine).max(request.nodes);
            }
            let wanted = u32::try_from(sum).unwrap_or(u32::MAX).min(max_nodes);
            if steps.last().is_none_or(|&(_, later)| later != wanted) {
                steps.push((end, wanted));
            }
        }
        steps.reverse();
        steps.retain(|&(_, wanted)| wanted > 0);
        Self { from: now, steps }
    }

    /// Nodes wanted now.
    #[must_use]
    pub fn now(&self) -> u32 {
        self.steps.first().map_or(0, |&(_, wanted)| wanted)
    }

    /// When demand changes next if nobody does anything.
    #[must_use]
    pub fn next_change(&self) -> Option<Moment> {
        self.steps.first().map(|&(end, _)| end)
    }

    /// Up to when more than `served` nodes are wanted: the expiry that the next node serves. `None` if no more are
    /// wanted even now.
    #[must_use]
    pub fn wants_more_than(&self, served: usize) -> Option<Moment> {
        let more = |wanted: u32| usize::try_from(wanted).unwrap_or(usize::MAX) > served;
        self.steps.iter().rev().find(|&&(_, wanted)| more(wanted)).map(|&(end, _)| end)
    }

    /// The steps: from when, until when, how many.
    pub fn steps(&self) -> impl Iterator<Item = (Moment, Moment, u32)> + '_ {
        let starts = std::iter::once(self.from).chain(self.steps.iter().map(|&(end, _)| end));
        starts.zip(&self.steps).map(|(from, &(until, wanted))| (from, until, wanted))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{request, requests, seconds};

    #[test]
    fn overlapping_requests_step_down_at_their_own_expiries() {
        let requests = [request("ada", 3, 50), request("ada", 2, 100), request("bob", 4, 80)];
        let demand = Demand::of(&requests, 6, seconds(10));
        let steps: Vec<_> = demand.steps().collect();
        assert_eq!(steps, [(seconds(10), seconds(80), 6), (seconds(80), seconds(100), 2),]);
        assert_eq!(demand.wants_more_than(1), Some(seconds(100)));
        assert_eq!(demand.wants_more_than(2), Some(seconds(80)));
        assert_eq!(demand.wants_more_than(6), None);
    }

    /// What the words say, at one instant.
    fn naive(requests: &[Request], max_nodes: u32, at: Moment) -> u32 {
        let live = || requests.iter().filter(|request| at < request.expires_at);
        let users: std::collections::BTreeSet<_> = live().map(|request| &request.user).collect();
        let largest = |user: &UserName| {
            live().filter(|request| request.user == *user).map(|request| request.nodes).max()
        };
        users.into_iter().filter_map(largest).sum::<u32>().min(max_nodes)
    }

    proptest! {
        #[test]
        fn the_staircase_is_what_the_words_say_at_every_instant(
            requests in requests(40), max_nodes in 0u32..20, now in 0i64..40,
        ) {
            let demand = Demand::of(&requests, max_nodes, seconds(now));
            prop_assert_eq!(demand.now(), naive(&requests, max_nodes, seconds(now)));
            let steps: Vec<_> = demand.steps().collect();
            for (&(_, until, high), &(from, _, low)) in steps.iter().zip(steps.iter().skip(1)) {
                prop_assert!(until == from && high > low && low > 0);
            }
            for second in now..42 {
                let at = seconds(second);
                let stair = steps.iter().find(|&&(from, until, _)| from <= at && at < until);
                let wanted = naive(&requests, max_nodes, at);
                prop_assert_eq!(stair.map_or(0, |&(_, _, wanted)| wanted), wanted);
                for served in 0..22u32 {
                    let more = demand.wants_more_than(served as usize).is_some_and(|end| at < end);
                    prop_assert_eq!(more, wanted > served);
                }
            }
        }

        #[test]
        fn the_shares_add_up_to_demand_before_the_maximum(requests in requests(40), now in 0i64..40) {
            let sum: u32 = shares(&requests, seconds(now)).iter().map(|share| share.nodes).sum();
            prop_assert_eq!(Demand::of(&requests, u32::MAX, seconds(now)).now(), sum);
        }
    }
}
