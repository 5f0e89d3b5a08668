use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sliderule_api::{MicroUsd, NodeId};

use super::{Action, Plan, Seen, WATCH, plan};
use crate::cluster::{Cluster, Moment, Node, NodeState, Terms};
use crate::samples::{cluster, node, request, seconds};
use crate::size::BOOTS_TO_PROTECT;

const SEEN: [Seen; 3] = [Seen::Leased, Seen::Unleased, Seen::Lost];

const STATES: [NodeState; 4] =
    [NodeState::Booting, NodeState::Ready, NodeState::Draining, NodeState::Stopping];

fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

fn ids(listed: &[&str]) -> BTreeMap<NodeId, Seen> {
    listed.iter().map(|text| (id(text), Seen::Leased)).collect()
}

fn wanting(nodes: u32) -> Cluster {
    let mut cluster = cluster();
    if nodes > 0 {
        cluster.requests = vec![request("ada", nodes, 1000)];
    }
    cluster
}

fn planned(cluster: &Cluster, listed: &[&str], now: i64) -> Vec<Action> {
    plan(cluster, &ids(listed), seconds(now), Terms::LOCAL).actions
}

#[test]
fn a_wanted_cluster_is_launched_and_looked_at_when_its_boots_are_due() {
    let plan = plan(&wanting(3), &ids(&[]), seconds(0), Terms::LOCAL);
    assert_eq!(plan, Plan { actions: vec![Action::Launch { count: 3 }], next_wake: Some(seconds(10)) });
}

#[test]
fn a_cluster_of_the_right_size_is_left_alone_until_something_is_due() {
    let mut cluster = wanting(2);
    cluster.nodes = vec![node("a", NodeState::Ready, 0), node("b", NodeState::Booting, 3)];
    let plan = plan(&cluster, &ids(&["a"]), seconds(5), Terms::LOCAL);
    assert_eq!(plan, Plan { actions: vec![], next_wake: Some(seconds(13)) });
}

/// The table of the module's documentation, row by row, for a cluster that wants one node.
#[test]
fn every_pair_of_stored_and_listed_has_its_action() {
    use NodeState::{Booting, Draining, Ready, Stopping};
    let gone = |failed_boot| format!("gone {failed_boot}");
    let table: [(NodeState, i64, &[&str], &[&str]); 12] = [
        (Booting, 5, &[], &[]),
        (Booting, 10, &["kill"], &["gone true", "launch"]),
        (Booting, 70, &["kill"], &["gone true", "launch"]),
        (Ready, 5, &[], &["gone true", "launch"]),
        (Ready, 60, &["drain", "launch"], &["gone false", "launch"]),
        (Ready, 70, &["kill"], &["gone false", "launch"]),
        (Draining, 5, &["terminate", "launch"], &["gone false", "launch"]),
        (Draining, 60, &["terminate", "launch"], &["gone false", "launch"]),
        (Draining, 70, &["kill", "launch"], &["gone false", "launch"]),
        (Stopping, 5, &["terminate", "launch"], &["gone false", "launch"]),
        (Stopping, 60, &["terminate", "launch"], &["gone false", "launch"]),
        (Stopping, 70, &["kill", "launch"], &["gone false", "launch"]),
    ];
    for (state, now, when_listed, when_not) in table {
        let mut cluster = wanting(1);
        cluster.nodes = vec![node("a", state, 0)];
        for (listed, expected) in [(&["a"][..], when_listed), (&[][..], when_not)] {
            let found: Vec<String> = planned(&cluster, listed, now)
                .into_iter()
                .map(|action| match action {
                    Action::Gone { failed_boot, .. } => gone(failed_boot),
                    Action::Kill { .. } => "kill".to_owned(),
                    Action::KillOrphan { .. } => "orphan".to_owned(),
                    Action::Terminate { .. } => "terminate".to_owned(),
                    Action::Drain { .. } => "drain".to_owned(),
                    Action::Launch { count } => {
                        assert_eq!(count, 1);
                        "launch".to_owned()
                    }
                })
                .collect();
            assert_eq!(found, expected, "{state:?} at {now} s, listed: {listed:?}");
        }
    }
}

#[test]
fn a_listed_node_that_nobody_recorded_is_killed() {
    assert_eq!(planned(&wanting(0), &["stray"], 0), [Action::KillOrphan { node: id("stray") }]);
    assert_eq!(planned(&wanting(0), &[], 0), []);
}

#[test]
fn scaling_down_gives_up_booting_nodes_first_and_then_the_newest() {
    let mut cluster = wanting(1);
    cluster.nodes = vec![
        node("old", NodeState::Ready, 0),
        node("new", NodeState::Ready, 20),
        node("newest", NodeState::Ready, 30),
        node("booting", NodeState::Booting, 31),
    ];
    let drained = planned(&cluster, &["old", "new", "newest", "booting"], 32);
    assert_eq!(drained, ["booting", "newest", "new"].map(|node| Action::Drain { node: id(node) }));
}

#[test]
fn a_node_whose_runner_is_gone_is_killed_at_once_whatever_it_is_paid_for() {
    for state in STATES {
        let mut cluster = wanting(1);
        cluster.nodes = vec![node("a", state, 0)];
        let seen = [(id("a"), Seen::Unleased)].into();
        let actions = plan(&cluster, &seen, seconds(5), Terms::LOCAL).actions;
        assert_eq!(actions.first(), Some(&Action::Kill { node: id("a") }), "{state:?}");
    }
}

#[test]
fn a_node_that_the_gateway_lost_is_drained_and_replaced() {
    let mut cluster = wanting(1);
    cluster.nodes = vec![node("a", NodeState::Ready, 0)];
    let seen = [(id("a"), Seen::Lost)].into();
    let actions = plan(&cluster, &seen, seconds(5), Terms::LOCAL).actions;
    assert_eq!(actions, [Action::Drain { node: id("a") }, Action::Launch { count: 1 }]);
}

#[test]
fn a_ready_node_that_dies_in_its_first_lease_failed_to_boot_unless_the_money_ended_it() {
    let gone = |cluster: &Cluster, now| match planned(cluster, &[], now).first() {
        Some(Action::Gone { failed_boot, .. }) => *failed_boot,
        other => panic!("{other:?}"),
    };
    let mut cluster = wanting(1);
    cluster.nodes = vec![node("a", NodeState::Ready, 0)];
    assert!(gone(&cluster, 40));
    assert!(!gone(&cluster, 60));
    cluster.balance = MicroUsd(3_000);
    assert!(!gone(&cluster, 40), "nobody could pay another lease");
    cluster = wanting(1);
    cluster.nodes = vec![node("a", NodeState::Ready, 0)];
    cluster.nodes[0].paid_until = seconds(95);
    assert!(!gone(&cluster, 40), "renewed once, it has booted");
}

#[test]
fn nodes_launched_together_fail_together() {
    let mut cluster = wanting(4);
    cluster.failed_boots = BOOTS_TO_PROTECT - 2;
    cluster.nodes = ["a", "b", "c", "d"].map(|id| node(id, NodeState::Booting, 0)).into();
    let actions = planned(&cluster, &[], 10);
    assert_eq!(actions.last(), Some(&Action::Launch { count: 4 }), "{actions:?}");
}

#[test]
fn no_more_nodes_are_launched_than_the_balance_pays() {
    let mut cluster = wanting(5);
    cluster.balance = MicroUsd(2 * 4_395);
    assert_eq!(planned(&cluster, &[], 0), [Action::Launch { count: 2 }]);
    cluster.balance = MicroUsd(4_394);
    assert_eq!(planned(&cluster, &[], 0), []);
}

#[test]
fn the_tenth_failed_boot_is_the_last() {
    let mut cluster = wanting(2);
    cluster.failed_boots = BOOTS_TO_PROTECT - 1;
    cluster.nodes = vec![node("a", NodeState::Booting, 0), node("b", NodeState::Ready, 0)];
    let plan = planned(&cluster, &["b"], 10);
    assert!(matches!(plan.as_slice(), [Action::Gone { failed_boot: true, .. }]), "{plan:?}");
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let one = (prop::sample::select(&STATES[..]), 0i64..60);
    prop::collection::vec(one, 0..12).prop_map(|nodes| {
        nodes
            .into_iter()
            .enumerate()
            .map(|(at, (state, created))| node(&format!("n{at}"), state, created))
            .collect()
    })
}

proptest! {
    /// Whatever is stored and listed: one action per node at most, the size is never passed, nodes on
    /// their way down stay on their way down, and there is always a next look while there is a node.
    #[test]
    fn every_plan_is_sound(
        nodes in nodes(), listed in prop::collection::btree_map("n1?[0-9]", prop::sample::select(&SEEN[..]), 0..14), wanted in 0u32..10, now in 0i64..200,
    ) {
        let mut cluster = wanting(wanted);
        cluster.nodes = nodes;
        let listed: BTreeMap<NodeId, Seen> = listed.iter().map(|(text, seen)| (id(text), *seen)).collect();
        let now = seconds(now);
        let plan = plan(&cluster, &listed, now, Terms::LOCAL);

        let mut named = BTreeSet::new();
        let mut drained = 0;
        let mut launched = 0;
        for action in &plan.actions {
            let (node, must_be_listed) = match action {
                Action::Gone { node, .. } => (node, Some(false)),
                Action::Kill { node } | Action::KillOrphan { node } | Action::Terminate { node } => (node, Some(true)),
                Action::Drain { node } => {
                    drained += 1;
                    (node, None)
                }
                Action::Launch { count } => {
                    launched += count;
                    continue;
                }
            };
            prop_assert!(named.insert(node.clone()), "{node} twice in {plan:?}");
            prop_assert!(must_be_listed.is_none_or(|must| listed.contains_key(node) == must), "{action:?}");
        }
        for node in &cluster.nodes {
            let leaving = matches!(node.state, NodeState::Draining | NodeState::Stopping);
            prop_assert!(!leaving || named.contains(&node.id), "{} was forgotten", node.id);
        }
        prop_assert!(drained == 0 || launched == 0 || cluster.nodes.iter().any(|node| node.paid_until <= now || listed.get(&node.id) == Some(&Seen::Lost)));
        let kept = cluster.nodes.iter().filter(|node| !named.contains(&node.id)).count();
        prop_assert!(kept + usize::try_from(launched).unwrap() <= usize::try_from(wanted).unwrap());
        prop_assert!(cluster.nodes.is_empty() || plan.next_wake.is_some_and(|wake: Moment| wake > now));
        if !named.is_empty() {
            prop_assert!(plan.next_wake <= Some(now.after(WATCH)));
        }
    }
}
