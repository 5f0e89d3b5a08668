//! When the nodes that are wanted will be ready, as far as past boots tell.
//!
//! Shown to who waits, and decides nothing.

use std::time::Duration;

use crate::cluster::{Cluster, Node, NodeState};
use crate::time::Moment;

/// In how long `target` nodes are expected to be ready: judged by the boots of those that are, or by `usual`, what a boot
/// took elsewhere. `None` where enough are ready, or nothing is known; zero where they are late.
#[must_use]
pub fn expected(cluster: &Cluster, target: u32, usual: Option<Duration>, now: Moment) -> Option<Duration> {
    let of = |state: NodeState| cluster.nodes.iter().filter(move |node| node.state == state);
    let count = |nodes: usize| u32::try_from(nodes).unwrap_or(u32::MAX);
    let ready = count(of(NodeState::Ready).count());
    if ready >= target {
        return None;
    }
    let boot = median(of(NodeState::Ready).filter_map(boot_of).collect()).or(usual)?;
    let last = of(NodeState::Booting).map(|node| node.meter.began_at).max();
    let all_begun = ready.saturating_add(count(of(NodeState::Booting).count())) >= target;
    let began = last.filter(|_| all_begun).unwrap_or(now);
    Some(began.after(boot).since(now))
}

/// How long a node took to become ready.
fn boot_of(node: &Node) -> Option<Duration> {
    node.ready_at.map(|ready| ready.since(node.meter.began_at))
}

/// The one in the middle.
#[must_use]
pub fn median(mut durations: Vec<Duration>) -> Option<Duration> {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{cluster, node, seconds};

    #[test]
    fn the_last_node_is_expected_after_what_the_others_took() {
        let mut cluster = cluster();
        let slow = |id: &str, began: i64, took: i64| Node {
            ready_at: Some(seconds(began + took)),
            ..node(id, NodeState::Ready, began)
        };
        cluster.nodes = vec![slow("a", 0, 8), node("b", NodeState::Booting, 20)];
        assert_eq!(expected(&cluster, 2, None, seconds(22)), Some(Duration::from_secs(6)));
        assert_eq!(
            expected(&cluster, 3, None, seconds(22)),
            Some(Duration::from_secs(8)),
            "one is not begun"
        );
        assert_eq!(expected(&cluster, 2, None, seconds(99)), Some(Duration::ZERO), "it is late");
        assert_eq!(expected(&cluster, 1, None, seconds(22)), None, "enough are ready");
    }

    #[test]
    fn without_a_ready_node_what_is_usual_elsewhere_must_do() {
        let mut cluster = cluster();
        assert_eq!(expected(&cluster, 2, None, seconds(0)), None);
        cluster.nodes = vec![node("a", NodeState::Booting, 0)];
        let usual = Some(Duration::from_secs(5));
        assert_eq!(expected(&cluster, 1, usual, seconds(2)), Some(Duration::from_secs(3)));
    }
}
