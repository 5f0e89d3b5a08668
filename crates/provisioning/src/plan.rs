//! What to do about the difference between the wanted and the listed nodes.
//!
//! Level-triggered: a plan follows from the stored cluster, the engine's listing and the time, and from
//! nothing else. Losing any event, or stopping between any two actions, costs at most the wait for the
//! next pass. The listing must have been taken *before* the cluster was read: a node is recorded before
//! it is launched, so a listed node without a row is then nobody's, and a node not listed can no longer
//! have its lease renewed.
//!
//! Every pair of stored and listed has an answer:
//!
//! | stored | listed | not listed |
//! |---|---|---|
//! | any, its runner gone | killed: nothing ends it with its lease | |
//! | booting, within the boot bound | counts; drained if surplus | counts (its launch may be under way); drained if surplus |
//! | booting, past the boot bound | killed; counts until it is gone | gone, a failed boot |
//! | ready, leased | counts; drained if surplus | gone: it died, and is replaced; a failed boot if its first lease was its last |
//! | ready, lost to the gateway | drained, and replaced: it costs and serves nobody | gone |
//! | ready, lease ended | drained, and replaced: its runner is ending it | gone |
//! | booting or ready, past the tail | killed; counts until it is gone | gone |
//! | draining | terminated again, now stopping | gone |
//! | stopping | terminated again | gone |
//! | draining or stopping, past the tail | killed | gone |
//! | absent | killed: an orphan | nothing |
//!
//! A node past the boot bound is killed, not drained: it never registered, so it serves nobody, and it
//! stays booting in the store so that its end counts as a failed boot. The tail ends where what was
//! paid ends. Draining always comes before stopping: a node gets no new requests before it is told to end.
//!
//! A node that registers and dies before its first lease is renewed counts as a failed boot, lest a program that
//! does so be replaced for ever; unless nobody could have paid the renewal, which is another reason to end.
//!
//! A node whose release differs from the cluster's is left alone: rolling is another decision, not made yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sliderule_api::NodeId;

use crate::cluster::{Cluster, Moment, Node, NodeState, Terms};
use crate::{money, size};

/// How soon to look again at nodes that are on their way down.
pub const WATCH: Duration = Duration::from_millis(500);

/// What is seen of a node that the engine lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A runner looks after it.
    Leased,
    /// Its runner is gone.
    Unleased,
    /// A runner looks after it, and for too long the gateway has not had it, although it is ready.
    Lost,
}

/// What to do, in this order, and when to look again at the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What to do now.
    pub actions: Vec<Action>,
    /// When something changes by itself. Whatever else changes must wake whoever plans.
    pub next_wake: Option<Moment>,
}

/// One step; each may fail alone, and the next plan takes it up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The node no longer exists: record it, give the rest of its money back.
    Gone {
        /// Which node.
        node: NodeId,
        /// Whether it ended before it was ever ready, without being told to.
        failed_boot: bool,
    },
    /// End the node now; what the store says of it stays.
    Kill {
        /// Which node.
        node: NodeId,
    },
    /// End a node nobody has a record of.
    KillOrphan {
        /// Which node.
        node: NodeId,
    },
    /// Tell the node, once more, to end within its tail, and record it as stopping.
    Terminate {
        /// Which node.
        node: NodeId,
    },
    /// Send the node no new requests, record it as draining, then tell it to end.
    Drain {
        /// Which node.
        node: NodeId,
    },
    /// Start this many nodes, each recorded and paid first.
    Launch {
        /// How many; at least one.
        count: u32,
    },
}

/// What to do about `cluster`, of which the engine listed the nodes `listed` before it was read.
#[must_use]
pub fn plan(cluster: &Cluster, listed: &BTreeMap<NodeId, Seen>, now: Moment, terms: Terms) -> Plan {
    let sizing = size::size(cluster, now, terms);
    let mut wakes: Vec<Moment> = sizing.next_change.into_iter().collect();
    let mut actions = Vec::new();
    let mut serving: Vec<&Node> = Vec::new();
    let mut occupied = 0usize;
    let mut failed_rounds = BTreeSet::new();
    let renewable = money::charge(cluster.node_hour, terms.lease) <= cluster.balance;

    for node in &cluster.nodes {
        let id = node.id.clone();
        match judge(node, listed.get(&node.id).copied(), now, terms) {
            Step::Serves { check_at } => {
                wakes.push(check_at);
                serving.push(node);
            }
            Step::Gone { failed_boot } => {
                let failed_boot = failed_boot && (node.state == NodeState::Booting || renewable);
                if failed_boot {
                    failed_rounds.insert(node.created_at);
                }
                actions.push(Action::Gone { node: id, failed_boot });
            }
            Step::Kill { occupies } => {
                occupied += usize::from(occupies);
                actions.push(Action::Kill { node: id });
            }
            Step::Terminate => actions.push(Action::Terminate { node: id }),
            Step::Drain => actions.push(Action::Drain { node: id }),
        }
    }

    let stored: BTreeSet<&NodeId> = cluster.nodes.iter().map(|node| &node.id).collect();
    let orphans = listed.keys().filter(|id| !stored.contains(id));
    actions.extend(orphans.map(|id| Action::KillOrphan { node: id.clone() }));

    let target = usize::try_from(sizing.target).unwrap_or(usize::MAX);
    let existing = serving.len() + occupied;
    actions.extend(surplus(serving, existing.saturating_sub(target)));

    // Whatever is on its way down is watched; refunds, too, may allow a launch at the next look.
    if !actions.is_empty() {
        wakes.push(now.after(WATCH));
    }
    let failed_now = u32::try_from(failed_rounds.len()).unwrap_or(u32::MAX);
    if size::may_launch(cluster.failed_boots.saturating_add(failed_now)) {
        let affordable = money::affordable_nodes(cluster.balance, cluster.node_hour, terms);
        let missing = u32::try_from(target.saturating_sub(existing)).unwrap_or(u32::MAX);
        let count = missing.min(affordable);
        if count > 0 {
            actions.push(Action::Launch { count });
            wakes.push(now.after(terms.boot));
        }
    }
    Plan { actions, next_wake: wakes.into_iter().min() }
}

/// What the table says of one node.
enum Step {
    Serves { check_at: Moment },
    Gone { failed_boot: bool },
    Kill { occupies: bool },
    Terminate,
    Drain,
}

fn judge(node: &Node, seen: Option<Seen>, now: Moment, terms: Terms) -> Step {
    let boot_ends = node.created_at.after(terms.boot);
    let first_lease_ends = node.created_at.after(terms.lease);
    let tail_over = now >= node.paid_until.after(terms.tail);
    match (node.state, seen) {
        (NodeState::Booting | NodeState::Ready, Some(Seen::Unleased)) => Step::Kill { occupies: true },
        (NodeState::Booting, _) if now < boot_ends && !tail_over => Step::Serves { check_at: boot_ends },
        (NodeState::Booting, Some(_)) => Step::Kill { occupies: true },
        (NodeState::Booting, None) => Step::Gone { failed_boot: true },
        (NodeState::Ready, Some(_)) if tail_over => Step::Kill { occupies: true },
        (NodeState::Ready, Some(Seen::Lost)) => Step::Drain,
        (NodeState::Ready, Some(_)) if now >= node.paid_until => Step::Drain,
        (NodeState::Ready, Some(_)) => Step::Serves { check_at: node.paid_until },
        (NodeState::Ready, None) => {
            Step::Gone { failed_boot: now < first_lease_ends && node.paid_until <= first_lease_ends }
        }
        (NodeState::Draining | NodeState::Stopping, Some(seen)) if tail_over || seen == Seen::Unleased => {
            Step::Kill { occupies: false }
        }
        (NodeState::Draining | NodeState::Stopping, Some(_)) => Step::Terminate,
        (NodeState::Draining | NodeState::Stopping, None) => Step::Gone { failed_boot: false },
    }
}

/// The `count` nodes to give up first: those still booting, then the newest.
fn surplus(mut nodes: Vec<&Node>, count: usize) -> impl Iterator<Item = Action> {
    nodes.sort_by_key(|node| {
        (node.state != NodeState::Booting, std::cmp::Reverse((node.created_at, node.id.clone())))
    });
    nodes.into_iter().take(count).map(|node| Action::Drain { node: node.id.clone() })
}

#[cfg(test)]
mod tests;
