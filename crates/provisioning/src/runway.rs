//! How long the money lasts.
//!
//! Exactly: the balance, less what the time that ran since the last charge costs, less a tail for each of the nodes and
//! one for the fixed part, divided by what a minute of the nodes and the fixed part costs; rounded down, at least 0.
//! It does not matter who asked for the nodes, whether they run already, or what is reserved: what is
//! reserved is not spent, and the tails come on top of the last minute. So of a cluster without nodes and requests it
//! is just the longest time for which that many nodes would be granted.

use std::time::Duration;

use crate::cluster::Cluster;
use crate::grains::Grains;
use crate::promise::running_up;
use crate::step::Policy;
use crate::time::Moment;

const MINUTE: Duration = Duration::from_secs(60);

/// For how many minutes a number of nodes can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runway {
    /// Nodes.
    pub nodes: u32,
    /// Whole minutes, rounded down; `None` if they cost nothing.
    pub minutes: Option<u32>,
}

/// For how many minutes `nodes` nodes could run on all that is not spent yet, whoever asked for it.
#[must_use]
pub fn runway(cluster: &Cluster, nodes: u32, now: Moment, policy: &Policy) -> Runway {
    let tail = policy.terms.tail;
    let price = |time| match nodes {
        0 => Grains::ZERO,
        _ => {
            Grains::of(cluster.prices.node_hour, time).times(nodes)
                + Grains::of(cluster.prices.fixed_hour, time)
        }
    };
    let ran = running_up(cluster, now, policy.terms);
    let left = Grains::from(cluster.account.balance) - ran - price(tail);
    let minutes = left.0.max(0).checked_div(price(MINUTE).0);
    Runway { nodes, minutes: minutes.map(|minutes| u32::try_from(minutes).unwrap_or(u32::MAX)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sliderule_api::MicroUsd;

    use super::*;
    use crate::cluster::NodeState;
    use crate::meter::Meter;
    use crate::samples::{cluster, node, seconds};
    use crate::time::Terms;

    fn minutes(cluster: &Cluster, nodes: u32, now: i64) -> Option<u32> {
        runway(cluster, nodes, seconds(now), &Policy::usual(Terms::LOCAL)).minutes
    }

    #[test]
    fn the_money_of_an_hour_and_the_tails_lasts_an_hour() {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(379_000 + 1_053);
        assert_eq!(minutes(&cluster, 1, 0), Some(60));
        cluster.account.balance = MicroUsd(379_000 + 1_052);
        assert_eq!(minutes(&cluster, 1, 0), Some(59));
        cluster.account.balance = MicroUsd(-1);
        assert_eq!(minutes(&cluster, 1, 0), Some(0));
    }

    #[test]
    fn no_nodes_and_free_nodes_last_for_ever() {
        let mut cluster = cluster();
        assert_eq!(minutes(&cluster, 0, 0), None);
        cluster.prices = crate::account::Prices { node_hour: MicroUsd::ZERO, fixed_hour: MicroUsd::ZERO };
        assert_eq!(minutes(&cluster, 3, 0), None);
    }

    #[test]
    fn every_minute_that_a_cluster_runs_is_a_minute_less() {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(379_000 + 1_053);
        cluster.nodes = vec![node("a", NodeState::Ready, 0)];
        cluster.fixed = Some(Meter::begin(seconds(0), seconds(60), cluster.prices.fixed_hour));
        assert_eq!(minutes(&cluster, 1, 0), Some(60));
        assert_eq!(minutes(&cluster, 1, 60), Some(59));
    }

    proptest! {
        #[test]
        fn it_pays_for_itself_and_not_for_a_minute_more(balance in 0i64..100_000_000, nodes in 1u32..50) {
            let mut cluster = cluster();
            cluster.account.balance = MicroUsd(balance);
            let paid = |minutes: u32| {
                let time = MINUTE * minutes + Terms::LOCAL.tail;
                let cost = Grains::of(cluster.prices.node_hour, time).times(nodes);
                cost + Grains::of(cluster.prices.fixed_hour, time) <= MicroUsd(balance).into()
            };
            let lasting = minutes(&cluster, nodes, 0).unwrap();
            prop_assert!(lasting == 0 || paid(lasting));
            prop_assert!(!paid(lasting + 1));
        }
    }
}
