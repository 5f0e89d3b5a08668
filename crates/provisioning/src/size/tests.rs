use proptest::prelude::*;
use sliderule_api::MicroUsd;
use sliderule_api::status::Block;

use super::{BOOTS_TO_PROTECT, size};
use crate::cluster::{Limits, NodeState};
use crate::samples::{cluster, node, request, requests, seconds};
use crate::time::{Moment, Terms};

#[test]
fn the_largest_request_of_each_user_counts_and_users_add_up() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 2, 100), request("ada", 3, 50), request("bob", 1, 80)];
    let sizing = size(&cluster, seconds(0), Terms::LOCAL);
    assert_eq!((sizing.demand, sizing.target, sizing.next_change), (4, 4, Some(seconds(50))));
    assert_eq!(
        sizing.explanation.to_string(),
        "ada asked for 3 for 50 s more, bob asked for 1 for 80 s more; at most 10"
    );
    assert_eq!(size(&cluster, seconds(50), Terms::LOCAL).demand, 3);
}

#[test]
fn a_request_counts_strictly_before_it_expires() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 2, 100)];
    assert_eq!(size(&cluster, Moment(99_999), Terms::LOCAL).target, 2);
    assert_eq!(size(&cluster, Moment(100_000), Terms::LOCAL).target, 0);
}

#[test]
fn an_expiry_that_changes_nothing_is_not_the_next_change() {
    let mut cluster = cluster();
    cluster.limits = Limits { min_nodes: 0, max_nodes: 3, per_user: None };
    cluster.requests = vec![request("ada", 1, 10), request("ada", 3, 60), request("bob", 5, 90)];
    assert_eq!(size(&cluster, seconds(0), Terms::LOCAL).next_change, Some(seconds(90)));
}

#[test]
fn the_minimum_is_kept_and_the_maximum_is_never_passed() {
    let mut cluster = cluster();
    cluster.limits = Limits { min_nodes: 2, max_nodes: 4, per_user: None };
    assert_eq!(size(&cluster, seconds(0), Terms::LOCAL).target, 2);
    cluster.requests = vec![request("ada", 9, 100)];
    assert_eq!(size(&cluster, seconds(0), Terms::LOCAL).target, 4);
    cluster.limits = Limits { min_nodes: 5, max_nodes: 4, per_user: None };
    assert_eq!(size(&cluster, seconds(0), Terms::LOCAL).target, 4);
}

#[test]
fn what_blocks_is_checked_in_order() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 1, 100)];
    let blocked = |cluster: &_| size(cluster, seconds(0), Terms::LOCAL).blocked;
    assert_eq!(blocked(&cluster), None);
    cluster.failed_boots = BOOTS_TO_PROTECT;
    assert_eq!(blocked(&cluster), Some(Block::Protected));
    // What was granted is promised: it is not for lack of free money that it is not served.
    cluster.account.balance = FIRST_LEASE - MicroUsd(1);
    assert_eq!(blocked(&cluster), Some(Block::Protected));
    cluster.requests.clear();
    assert_eq!(blocked(&cluster), Some(Block::OutOfFunds));
    cluster.account.balance = FIRST_LEASE;
    assert_eq!(blocked(&cluster), Some(Block::Protected));
    cluster.requests = vec![request("ada", 1, 100)];
    cluster.paused = true;
    assert_eq!(blocked(&cluster), Some(Block::Paused));
    cluster.suspended = true;
    let sizing = size(&cluster, seconds(0), Terms::LOCAL);
    assert_eq!((sizing.blocked, sizing.target, sizing.demand), (Some(Block::Suspended), 0, 1));
}

/// One node and the fixed part for a lease and a tail, 70 s at 379000 micro-dollars an hour, rounded up.
const FIRST_LEASE: MicroUsd = MicroUsd(7_370);

#[test]
fn the_explanation_says_what_the_minimum_the_maximum_and_a_block_do() {
    let mut cluster = cluster();
    let explained = |cluster: &_| size(cluster, seconds(0), Terms::LOCAL).explanation.to_string();
    cluster.limits = Limits { min_nodes: 2, max_nodes: 4, per_user: None };
    assert_eq!(explained(&cluster), "nobody asks for nodes; the owner keeps at least 2; at most 4");
    cluster.requests = vec![request("ada", 3, 3600), request("bob", 3, 3600)];
    cluster.paused = true;
    assert_eq!(
        explained(&cluster),
        "ada asked for 3 for 60 min more, bob asked for 3 for 60 min more; the owner keeps at least 2; \
         that is 6, cut to the maximum of 4; none until an owner deploys the cluster again"
    );
}

#[test]
fn neither_lack_of_money_nor_failed_boots_end_a_node_that_works() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 2, 100)];
    cluster.account.balance = MicroUsd::ZERO;
    cluster.failed_boots = BOOTS_TO_PROTECT;
    cluster.nodes = vec![node("a", NodeState::Ready, 0)];
    assert_eq!(size(&cluster, seconds(1), Terms::LOCAL).target, 2);
}

proptest! {
    #[test]
    fn demand_is_constant_up_to_the_next_change_and_differs_there(
        requests in requests(40), min_nodes in 0u32..4, max_nodes in 0u32..12, now in 0i64..40,
    ) {
        let mut cluster = cluster();
        cluster.requests = requests;
        cluster.limits = Limits { min_nodes, max_nodes, per_user: None };
        let at = |second| size(&cluster, seconds(second), Terms::LOCAL);
        let sizing = at(now);
        prop_assert!(sizing.demand <= max_nodes && sizing.target <= max_nodes);
        let change = sizing.next_change.map_or(40, |change| change.0 / 1000);
        for second in now..change {
            prop_assert_eq!(at(second).demand, sizing.demand);
        }
        if sizing.next_change.is_some() {
            prop_assert!(change > now);
            prop_assert_ne!(at(change).demand, sizing.demand);
        }
    }

    #[test]
    fn another_request_never_makes_a_cluster_smaller(requests in requests(40), user in "[abc]", nodes in 0u32..8) {
        let mut cluster = cluster();
        cluster.requests = requests;
        let before = size(&cluster, seconds(0), Terms::LOCAL).target;
        cluster.requests.push(request(&user, nodes, 30));
        prop_assert!(size(&cluster, seconds(0), Terms::LOCAL).target >= before);
    }
}
