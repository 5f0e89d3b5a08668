//! What a feed passes on, and when a status is another one.

use std::collections::VecDeque;

use bytes::Bytes;
use sliderule_api::notices::Notice;
use sliderule_api::status::ClusterStatus;
use sliderule_api::{MicroUsd, UserName};

use super::frame;
use crate::store::News;

/// How many of the newest notices are at hand; who is further behind reads them from the database.
const AT_HAND: usize = 64;

/// What is known about an organization at one instant.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// How many there were before it.
    pub(super) number: u64,
    /// How often the status was another one.
    pub(super) status_version: u64,
    /// How often members may have changed.
    pub(super) members_version: u64,
    /// The status as an event.
    pub(super) status: Bytes,
    /// The number of the last notice.
    pub(super) last: u64,
    /// The number of the last notice before those at hand.
    before: u64,
    at_hand: VecDeque<Told>,
    /// What the status is compared by.
    essence: ClusterStatus,
}

/// A notice as an event.
#[derive(Clone, Debug)]
struct Told {
    number: u64,
    user: Option<UserName>,
    frame: Bytes,
}

impl Snapshot {
    /// The first one: notices up to `last` are history.
    pub(super) fn first(status: &ClusterStatus, last: u64) -> Self {
        Self {
            number: 0,
            status_version: 0,
            members_version: 0,
            status: frame::event("status", last, status),
            last,
            before: last,
            at_hand: VecDeque::new(),
            essence: essence(status),
        }
    }

    /// The one that follows, with what was told meanwhile, oldest first.
    pub(super) fn next(&self, status: &ClusterStatus, told: Vec<Notice>, news: News) -> Self {
        let mut next = self.clone();
        next.number += 1;
        next.members_version += u64::from(news.members);
        for notice in told {
            next.last = notice.number;
            let frame = frame::event("notice", notice.number, &notice);
            next.at_hand.push_back(Told { number: notice.number, user: notice.user, frame });
            if next.at_hand.len() > AT_HAND
                && let Some(oldest) = next.at_hand.pop_front()
            {
                next.before = oldest.number;
            }
        }
        // As it is now, for who comes anew; whoever has the former gets it only if it is another one.
        next.status = frame::event("status", next.last, status);
        let essence = essence(status);
        if essence != self.essence {
            (next.status_version, next.essence) = (next.status_version + 1, essence);
        }
        next
    }

    /// The notices after that number that concern `reader`, or nobody in particular; everybody's without a reader.
    /// `None` if they are not all at hand.
    pub(super) fn after(&self, number: u64, reader: Option<&UserName>) -> Option<Vec<Bytes>> {
        if number < self.before {
            return None;
        }
        let concerns = |told: &&Told| match (reader, &told.user) {
            (Some(reader), Some(user)) => reader == user,
            _ => true,
        };
        let later = self.at_hand.iter().filter(|told| told.number > number).filter(concerns);
        Some(later.map(|told| told.frame.clone()).collect())
    }
}

/// A status without what time alone changes from one second to the next: how long the money lasts, what is promised and
/// free, how soon nodes are expected, and the words that count minutes.
fn essence(status: &ClusterStatus) -> ClusterStatus {
    ClusterStatus {
        runway: None,
        promised_micro_usd: MicroUsd::ZERO,
        free_micro_usd: MicroUsd::ZERO,
        ready_in_seconds: status.ready_in_seconds.map(|_| 0),
        explanation: String::new(),
        ..status.clone()
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::UtcTime;
    use sliderule_api::status::{ClusterState, NodeTally, Runway};

    use super::*;

    fn status() -> ClusterStatus {
        ClusterStatus {
            organization: "acme".parse().unwrap(),
            state: ClusterState::Asleep,
            blocked: None,
            message: String::new(),
            nodes: NodeTally::default(),
            target_nodes: 0,
            min_nodes: 0,
            max_nodes: 4,
            version: "v4.0.4".to_owned(),
            is_public: false,
            requests: Vec::new(),
            balance_micro_usd: MicroUsd(7),
            demand_nodes: 0,
            explanation: "ada asked for 1 for 3 min more".to_owned(),
            shares: Vec::new(),
            next_change_at: None,
            runway: None,
            reserved_micro_usd: MicroUsd::ZERO,
            promised_micro_usd: MicroUsd(3),
            free_micro_usd: MicroUsd(4),
            failed_boots: 0,
            trouble: None,
            releases: Vec::new(),
            ready_in_seconds: Some(9),
        }
    }

    fn notice(number: u64, user: Option<&str>) -> Notice {
        let (at, user) = (UtcTime("2026-11-24T09:30:00Z".to_owned()), user.map(|user| user.parse().unwrap()));
        Notice { number, at, kind: "by_hand".to_owned(), user, message: String::new() }
    }

    const CLUSTER: News = News { members: false };

    #[test]
    fn a_status_that_differs_in_what_time_does_is_the_same_one() {
        let first = Snapshot::first(&status(), 0);
        let later = ClusterStatus {
            explanation: "ada asked for 1 for 2 min more".to_owned(),
            runway: Some(Runway { nodes: 1, minutes: Some(7) }),
            promised_micro_usd: MicroUsd(2),
            free_micro_usd: MicroUsd(5),
            ready_in_seconds: Some(8),
            ..status()
        };
        let second = first.next(&later, Vec::new(), CLUSTER);
        assert_eq!((second.number, second.status_version, second.members_version), (1, 0, 0));
        let charged = ClusterStatus { balance_micro_usd: MicroUsd(6), ..later };
        let third = second.next(&charged, Vec::new(), News { members: true });
        assert_eq!((third.number, third.status_version, third.members_version), (2, 1, 1));
    }

    #[test]
    fn notices_go_to_whom_they_concern_and_only_as_many_are_kept_as_are_needed() {
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        let told = vec![notice(8, None), notice(9, Some("ada")), notice(12, Some("bob"))];
        let snapshot = Snapshot::first(&status(), 7).next(&status(), told, CLUSTER);
        let count = |number, reader| snapshot.after(number, reader).map(|frames| frames.len());
        assert_eq!((count(7, None), count(7, Some(&ada)), count(8, Some(&bob))), (Some(3), Some(2), Some(1)));
        assert_eq!((count(12, None), count(6, None)), (Some(0), None));
        let many = (13..13 + 64).map(|number| notice(number, None)).collect();
        let snapshot = snapshot.next(&status(), many, CLUSTER);
        assert_eq!((snapshot.before, snapshot.last, snapshot.at_hand.len()), (12, 76, 64));
        assert!(snapshot.after(11, None).is_none() && snapshot.after(12, None).is_some());
    }
}
