//! What nodes say of themselves: that they listen, that they serve, and that they want to live on.
//!
//! An address belongs to the node whose runner named it last: engines give the addresses of nodes that are gone to new
//! ones, and a node may be gone long before it is seen gone.

use std::time::Duration;

use sliderule_api::NodeId;

use crate::change::Change;
use crate::cluster::{Cluster, Node, NodeState};
use crate::step::Step;
use crate::time::{Moment, Terms};

/// A node registered with the gateway at `address`: if it is one that is booting or ready, it is ready. The answer is
/// whether it is ours and may serve.
#[must_use]
pub fn registered(cluster: &Cluster, address: &str, now: Moment) -> Step<bool> {
    let found = cluster.nodes.iter().find(|node| may_serve(node) && node.address.as_deref() == Some(address));
    let mut changes = Vec::new();
    if let Some(node) = found.filter(|node| node.state == NodeState::Booting) {
        changes.push(Change::Move {
            node: node.id.clone(),
            state: NodeState::Ready,
            address: node.address.clone(),
            ready_at: node.ready_at.or(Some(now)),
        });
        if cluster.trouble.is_some() {
            changes.push(Change::Trouble(None));
        }
    }
    Step { changes, effects: Vec::new(), next_wake: None, answer: found.is_some() }
}

/// A node's runner, which listens at `address`, asks how long its node may run. The answer is what is left of its
/// lease; `None` ends the node. Asking renews nothing.
///
/// Who asks for the first time when the boot should be over gets nothing: a launch that was held up for so long may be
/// missing from the listing by which the node is believed gone, and would run unpaid.
#[must_use]
pub fn pulled(
    cluster: &Cluster,
    node: &NodeId,
    address: &str,
    now: Moment,
    terms: Terms,
) -> Step<Option<Duration>> {
    let found = cluster.nodes.iter().find(|known| known.id == *node && !is_late(known, now, terms));
    let mut changes = Vec::new();
    if let Some(found) = found.filter(|found| found.address.as_deref() != Some(address)) {
        let holders = cluster.nodes.iter().filter(|known| known.address.as_deref() == Some(address));
        changes.extend(holders.map(|holder| at(holder, None)));
        changes.push(at(found, Some(address.to_owned())));
    }
    let left = found.filter(|found| may_serve(found)).map(|found| found.meter.held_until.since(now));
    Step { changes, effects: Vec::new(), next_wake: None, answer: left.filter(|left| !left.is_zero()) }
}

fn may_serve(node: &Node) -> bool {
    matches!(node.state, NodeState::Booting | NodeState::Ready)
}

/// Whether it boots, and nobody has heard of it by the end of that.
fn is_late(node: &Node, now: Moment, terms: Terms) -> bool {
    let boot_ends = node.meter.began_at.after(terms.boot);
    node.state == NodeState::Booting && node.address.is_none() && boot_ends <= now
}

/// The node as it is, at another address.
fn at(node: &Node, address: Option<String>) -> Change {
    Change::Move { node: node.id.clone(), state: node.state, address, ready_at: node.ready_at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Trouble;
    use crate::samples::{after, cluster, node, seconds};

    const PORT: &str = "http://127.0.0.1:9000";

    fn pull(cluster: &Cluster, node: &str, address: &str, now: i64) -> Step<Option<Duration>> {
        pulled(cluster, &node.parse().unwrap(), address, seconds(now), Terms::LOCAL)
    }

    fn booting() -> Cluster {
        let new = Node { address: None, ..node("a", NodeState::Booting, 0) };
        Cluster { nodes: vec![new], ..cluster() }
    }

    #[test]
    fn a_node_that_boots_asks_for_its_lease_and_is_ready_once_it_registers() {
        let mut cluster = booting();
        cluster.trouble = Some(Trouble { at: seconds(0), what: "it was slow".to_owned() });
        assert!(!registered(&cluster, PORT, seconds(1)).answer, "nobody has said so yet");
        let pull = pull(&cluster, "a", PORT, 2);
        assert_eq!(pull.answer, Some(Duration::from_secs(58)));
        let cluster = after(&cluster, &pull.changes);

        let step = registered(&cluster, PORT, seconds(3));
        assert!(step.answer);
        let cluster = after(&cluster, &step.changes);
        let found = &cluster.nodes[0];
        assert_eq!((found.state, found.ready_at), (NodeState::Ready, Some(seconds(3))));
        assert_eq!(cluster.trouble, None);
    }

    #[test]
    fn what_is_known_already_changes_nothing() {
        let ready = node("a", NodeState::Ready, 0);
        let address = ready.address.clone().unwrap();
        let cluster = Cluster { nodes: vec![ready], ..cluster() };
        assert_eq!(registered(&cluster, &address, seconds(30)).changes, []);
        assert!(registered(&cluster, &address, seconds(30)).answer);
        assert_eq!(pull(&cluster, "a", &address, 30).changes, []);
    }

    #[test]
    fn a_lease_that_is_over_a_leaving_node_and_a_stranger_get_no_time() {
        let mut cluster = booting();
        assert_eq!(pull(&cluster, "a", PORT, 60).answer, None);
        assert_eq!(pull(&cluster, "stranger", PORT, 1).answer, None);
        assert_eq!(pull(&cluster, "stranger", PORT, 1).changes, []);
        for state in [NodeState::Draining, NodeState::Stopping] {
            cluster.nodes = vec![node("a", state, 0)];
            let address = cluster.nodes[0].address.clone().unwrap();
            assert_eq!(pull(&cluster, "a", &address, 1).answer, None);
            assert!(!registered(&cluster, &address, seconds(1)).answer);
        }
    }

    #[test]
    fn who_asks_for_the_first_time_after_the_boot_bound_gets_nothing_and_who_asked_before_goes_on() {
        let mut cluster = booting();
        let late = pull(&cluster, "a", PORT, 10);
        assert_eq!((late.answer, late.changes), (None, Vec::new()));
        cluster = after(&cluster, &pull(&cluster, "a", PORT, 9).changes);
        assert_eq!(pull(&cluster, "a", PORT, 10).answer, Some(Duration::from_secs(50)));
    }

    #[test]
    fn a_new_node_at_the_address_of_one_that_is_not_seen_gone_yet_is_the_one_that_registers() {
        let mut cluster = booting();
        let old = Node { address: Some(PORT.to_owned()), ..node("old", NodeState::Ready, -50) };
        cluster.nodes.insert(0, old);
        let cluster = after(&cluster, &pull(&cluster, "a", PORT, 1).changes);
        let cluster = after(&cluster, &registered(&cluster, PORT, seconds(2)).changes);
        let states: Vec<_> = cluster.nodes.iter().map(|node| (node.state, node.address.as_deref())).collect();
        assert_eq!(states, [(NodeState::Ready, None), (NodeState::Ready, Some(PORT))]);
    }
}
