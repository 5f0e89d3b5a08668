//! A cluster's state in one word, one error code and one sentence, for the status route, the page and
//! the gateway: all three say the same.

use sliderule_api::ErrorCode;
use sliderule_api::status::{Block, ClusterState, NodeTally};

use crate::cluster::{Cluster, NodeState};
use crate::size::{self, BOOTS_TO_PROTECT, Sizing};
use crate::time::{Moment, Terms};

/// What a cluster is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// In one word.
    pub state: ClusterState,
    /// What a client is told that finds no node.
    pub code: ErrorCode,
    /// What happens now, and what people can do.
    pub message: String,
    /// Nodes by state.
    pub nodes: NodeTally,
    /// How large it shall be, and what blocks it.
    pub sizing: Sizing,
}

/// Describes `cluster` as it is at `now`.
#[must_use]
pub fn describe(cluster: &Cluster, now: Moment, terms: Terms) -> Description {
    let sizing = size::size(cluster, now, terms);
    let nodes = tally(cluster);
    let wanted = sizing.demand.max(cluster.limits.min_nodes) > 0;
    let state = if nodes.ready > 0 {
        ClusterState::Running
    } else if sizing.blocked == Some(Block::Protected) && wanted {
        ClusterState::Failed
    } else if sizing.target > 0 {
        ClusterState::Waking
    } else if nodes != NodeTally::default() {
        ClusterState::Stopping
    } else {
        ClusterState::Asleep
    };
    let code = match (sizing.blocked, state) {
        (Some(Block::Suspended), _) => ErrorCode::ClusterSuspended,
        (Some(Block::Paused), _) => ErrorCode::ClusterPaused,
        (Some(Block::OutOfFunds), _) => ErrorCode::OutOfFunds,
        (Some(Block::Protected), _) => ErrorCode::ClusterProtected,
        (None, ClusterState::Waking | ClusterState::Running) => ErrorCode::ClusterWaking,
        (None, _) => ErrorCode::ClusterAsleep,
    };
    let message = message(cluster, &sizing, nodes, state);
    Description { state, code, message, nodes, sizing }
}

fn tally(cluster: &Cluster) -> NodeTally {
    let mut tally = NodeTally::default();
    for node in &cluster.nodes {
        match node.state {
            NodeState::Booting => tally.booting += 1,
            NodeState::Ready => tally.ready += 1,
            NodeState::Draining => tally.draining += 1,
            NodeState::Stopping => tally.stopping += 1,
        }
    }
    tally
}

fn message(cluster: &Cluster, sizing: &Sizing, nodes: NodeTally, state: ClusterState) -> String {
    let organization = &cluster.organization;
    let target = sizing.target;
    match (sizing.blocked, state) {
        (Some(Block::Suspended), _) => {
            format!("The operator suspended {organization}; ask the operator to lift that.")
        }
        (Some(Block::Paused), _) => {
            format!("An owner destroyed the cluster of {organization}; an owner must deploy it again.")
        }
        (Some(Block::OutOfFunds), _) => format!(
            "Of the balance of {organization}, {}, too little is free to start a node; the cluster stays asleep \
             until there is credit.",
            cluster.account.balance
        ),
        (Some(Block::Protected), _) => format!(
            "Nodes of {organization} failed to start {BOOTS_TO_PROTECT} times in a row{}, so no more are started and \
             no more is spent. Once the cause is repaired, an owner refreshes the cluster \
             (`sliderule-ps org refresh {organization}`, or POST refresh).",
            cluster.trouble.as_ref().map_or_else(String::new, |trouble| format!(" ({})", trouble.what))
        ),
        (None, ClusterState::Running) if nodes.ready < target => {
            format!("{} of {target} nodes are ready{}.", nodes.ready, trouble(cluster))
        }
        (None, ClusterState::Running) => match nodes.ready {
            1 => "1 node is ready.".to_owned(),
            ready => format!("{ready} nodes are ready."),
        },
        (None, ClusterState::Waking) => {
            format!(
                "The cluster is starting: 0 of {} ready{}; wait a little.",
                if target == 1 { "1 node is".to_owned() } else { format!("{target} nodes are") },
                trouble(cluster)
            )
        }
        (None, ClusterState::Stopping) => {
            "The cluster is going to sleep; ask for nodes to wake it again.".to_owned()
        }
        (None, ClusterState::Asleep | ClusterState::Failed) => {
            "The cluster is asleep; ask for nodes to wake it.".to_owned()
        }
    }
}

/// What goes wrong while a cluster grows and what happens next, as a part of a sentence.
fn trouble(cluster: &Cluster) -> String {
    let what = cluster.trouble.as_ref().map(|trouble| trouble.what.as_str());
    match (cluster.failed_boots, what) {
        (0, None) => String::new(),
        (0, Some(what)) => format!(" ({what}; it is tried again)"),
        (failed, what) => format!(
            " (starting failed {}{}{}; it is tried again, and given up after {BOOTS_TO_PROTECT} in a row)",
            if failed == 1 { "once".to_owned() } else { format!("{failed} times") },
            if what.is_some() { ", last because " } else { "" },
            what.unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::MicroUsd;

    use super::*;
    use crate::cluster::Trouble;
    use crate::samples::{cluster, node, request, seconds};

    fn described(cluster: &Cluster) -> (ClusterState, ErrorCode, String) {
        let description = describe(cluster, seconds(1), Terms::LOCAL);
        (description.state, description.code, description.message)
    }

    #[test]
    fn a_cluster_wakes_runs_and_goes_back_to_sleep() {
        let mut cluster = cluster();
        let asleep = described(&cluster);
        assert_eq!((asleep.0, asleep.1), (ClusterState::Asleep, ErrorCode::ClusterAsleep));

        cluster.requests = vec![request("ada", 2, 100)];
        let waking = described(&cluster);
        assert_eq!((waking.0, waking.1), (ClusterState::Waking, ErrorCode::ClusterWaking));
        assert_eq!(waking.2, "The cluster is starting: 0 of 2 nodes are ready; wait a little.");

        cluster.nodes = vec![node("a", NodeState::Ready, 0), node("b", NodeState::Booting, 0)];
        assert_eq!(described(&cluster).0, ClusterState::Running);
        assert_eq!(described(&cluster).2, "1 of 2 nodes are ready.");

        cluster.requests.clear();
        cluster.nodes = vec![node("a", NodeState::Draining, 0)];
        assert_eq!(described(&cluster).0, ClusterState::Stopping);
        assert_eq!(described(&cluster).1, ErrorCode::ClusterAsleep);
    }

    #[test]
    fn what_goes_wrong_is_said_with_what_happens_next() {
        let mut cluster = cluster();
        cluster.requests = vec![request("ada", 2, 100)];
        cluster.trouble = Some(Trouble { at: seconds(0), what: "there is no capacity".to_owned() });
        assert_eq!(
            described(&cluster).2,
            "The cluster is starting: 0 of 2 nodes are ready (there is no capacity; it is tried again); wait a little."
        );
        cluster.failed_boots = 2;
        assert!(
            described(&cluster).2.contains("failed 2 times, last because there is no capacity; it is tried")
        );
        cluster.failed_boots = BOOTS_TO_PROTECT;
        assert!(
            described(&cluster)
                .2
                .contains("10 times in a row (there is no capacity), so no more are started")
        );
    }

    #[test]
    fn a_client_is_told_what_blocks_a_cluster() {
        let mut cluster = cluster();
        cluster.requests = vec![request("ada", 2, 100)];
        cluster.failed_boots = 3;
        assert!(described(&cluster).2.contains("failed 3 times"), "{}", described(&cluster).2);
        cluster.failed_boots = BOOTS_TO_PROTECT;
        assert_eq!(described(&cluster).0, ClusterState::Failed);
        assert_eq!(described(&cluster).1, ErrorCode::ClusterProtected);
        assert!(described(&cluster).2.contains("org refresh acme"), "{}", described(&cluster).2);
        cluster.requests.clear();
        cluster.account.balance = MicroUsd(7);
        assert_eq!(described(&cluster).1, ErrorCode::OutOfFunds);
        assert_eq!(described(&cluster).0, ClusterState::Asleep);
        cluster.paused = true;
        assert_eq!(described(&cluster).1, ErrorCode::ClusterPaused);
        cluster.suspended = true;
        assert_eq!(described(&cluster).1, ErrorCode::ClusterSuspended);
    }
}
