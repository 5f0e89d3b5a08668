//! What holds of every look, whatever is stored, listed and owned.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::cluster::{Limits, Request};
use crate::grains::Grains;
use crate::look::WATCH;
use crate::promise::books;
use crate::samples::{node, seconds};
use crate::size;

const STATES: [NodeState; 4] =
    [NodeState::Booting, NodeState::Ready, NodeState::Draining, NodeState::Stopping];
const SEEN: [Seen; 3] = [Seen::Leased, Seen::Unleased, Seen::Lost];

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let one = (prop::sample::select(&STATES[..]), 0i64..60, 5i64..100, any::<bool>());
    prop::collection::vec(one, 0..8).prop_map(|nodes| {
        let named = |(at, (state, began, held, old)): (usize, (NodeState, i64, i64, bool))| {
            let mut node = node(&format!("n{at}"), state, began);
            node.meter.held_until = seconds(began + held);
            if old {
                node.version = "v4.0.3".parse().unwrap();
            }
            node
        };
        nodes.into_iter().enumerate().map(named).collect()
    })
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let one = ("[abc]", 0u32..5, 1i64..300, 0i64..60);
    prop::collection::vec(one, 0..5).prop_map(|requests| {
        let numbered = |(at, (user, nodes, until, created)): (usize, (String, u32, i64, i64))| Request {
            id: format!("r{at}").parse().unwrap(),
            created_at: seconds(created),
            ..request(&user, nodes, until)
        };
        requests.into_iter().enumerate().map(numbered).collect()
    })
}

/// Clusters as they can be: what is held is reserved, though what came from outside may have eaten the balance since.
fn clusters() -> impl Strategy<Value = Cluster> {
    let flags = (prop::bool::weighted(0.1), prop::bool::weighted(0.1), 0u32..12);
    (nodes(), requests(), 0u32..4, 1u32..8, -2_000i64..60_000, flags).prop_map(
        |(nodes, requests, min_nodes, max_nodes, balance, (suspended, paused, failed_boots))| {
            let mut cluster = cluster();
            cluster.requests = requests;
            cluster.limits = Limits { min_nodes, max_nodes, per_user: None };
            (cluster.suspended, cluster.paused, cluster.failed_boots) = (suspended, paused, failed_boots);
            cluster.account.balance = MicroUsd(balance);
            with(cluster, nodes)
        },
    )
}

fn sights() -> impl Strategy<Value = BTreeMap<NodeId, Seen>> {
    prop::collection::btree_map("n[0-9]", prop::sample::select(&SEEN[..]), 0..9)
        .prop_map(|listed| listed.iter().map(|(text, seen)| (id(text), *seen)).collect())
}

fn free(cluster: &Cluster, now: Moment) -> Grains {
    books(cluster, now, Terms::LOCAL).free()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_look_is_sound(cluster in clusters(), nodes in sights(), now in 60i64..260, late in 0i64..90) {
        let now = seconds(now);
        let sight = Sight { as_of: Moment(now.0 - late * 1000), nodes };
        let (after, step) = looked(&cluster, &sight, now);

        // The same again is the same.
        prop_assert_eq!(&looked(&cluster, &sight, now).1, &step);

        // Nothing is spent that is not there, but for what nodes ran over, and the rest of a micro-dollar each left.
        let overrun: MicroUsd = entries(&step).iter().map(|entry| match entry.posting {
            Posting::Overrun { amount, .. } => amount + MicroUsd(1),
            _ => MicroUsd::ZERO,
        }).sum();
        let floor = free(&cluster, now).min(Grains::ZERO) - Grains::from(overrun);
        prop_assert!(free(&after, now) >= floor, "{:?} < {:?}: {:?}", free(&after, now), floor, step);
        let keys: BTreeSet<&String> = entries(&step).iter().map(|entry| &entry.key).collect();
        prop_assert_eq!(keys.len(), entries(&step).len());
        if let Some(reservation) = &after.account.reservation {
            let held = held(&after, Terms::LOCAL) - Grains::from(overrun);
            prop_assert!(held.ceil() <= reservation.amount);
        }
        prop_assert_eq!(after.account.reservation.is_some(), !after.nodes.is_empty());

        // Every listed node is wanted or on its way down.
        let ended: BTreeSet<&NodeId> = step.effects.iter().filter_map(|effect| match effect {
            Effect::Terminate { node } | Effect::Kill { node } => Some(node),
            _ => None,
        }).collect();
        for id in sight.nodes.keys() {
            let serves = |node: &Node| node.id == *id && matches!(node.state, NodeState::Booting | NodeState::Ready);
            prop_assert!(ended.contains(id) || after.nodes.iter().any(serves), "{id} was forgotten");
        }
        for node in &after.nodes {
            let leaving = matches!(node.state, NodeState::Draining | NodeState::Stopping);
            prop_assert!(!leaving || ended.contains(&node.id), "{} was forgotten", node.id);
        }

        // The size is passed by one that replaces another at most, and nothing is launched that may not be.
        let sizing = size::size(&after, now, Terms::LOCAL);
        let serving = after.nodes.iter().filter(|node| {
            matches!(node.state, NodeState::Booting | NodeState::Ready) && !ended.contains(&node.id)
        });
        prop_assert!(serving.count() <= usize::try_from(sizing.target).unwrap() + 1);
        let begun = step.changes.iter().filter(|change| matches!(change, Change::Begin(_))).count();
        if sizing.blocked.is_some() || !size::may_launch(after.failed_boots) {
            prop_assert_eq!(begun, 0);
        }

        // Whatever is there is looked at again.
        prop_assert!(after.nodes.is_empty() || step.next_wake.is_some_and(|wake| wake > now));
        if !ended.is_empty() {
            prop_assert!(step.next_wake <= Some(now.after(WATCH)));
        }
    }

    #[test]
    fn a_second_look_at_the_same_instant_spends_and_starts_nothing(
        cluster in clusters(), nodes in sights(), now in 60i64..260,
    ) {
        let now = seconds(now);
        let sight = Sight { as_of: now, nodes };
        let (after, _) = looked(&cluster, &sight, now);
        let mut sight = sight;
        sight.nodes.extend(after.nodes.iter().filter(|node| node.meter.began_at == now).map(|node| (node.id.clone(), Seen::Leased)));
        let (_, again) = looked(&after, &sight, now);
        prop_assert_eq!(charged(&again), MicroUsd::ZERO, "{:?}", again);
        prop_assert!(!again.changes.iter().any(|change| matches!(change, Change::Begin(_))), "{:?}", again);
    }
}
