//! How large a cluster shall be, when that changes next, and why.
//!
//! Demand is, per user, the largest live request, summed over users and capped at the owner's maximum.
//! The target is the demand raised to the minimum; it is 0 while something blocks the cluster.
//!
//! What blocks is checked in the order of [`Block`]. Two of them never end a node that works:
//!
//! - `out_of_funds`: the balance does not pay the first lease and tail of one node, and no node is
//!   booting or ready. While one is, its time is paid already, and it ends when a renewal is refused.
//!   Ending it earlier would refund just enough to start another, and so for ever.
//! - `protected`: [`BOOTS_TO_PROTECT`] rounds of boots failed in a row, and no node is ready. While one is, the
//!   cluster serves; only no further node is started (see [`may_launch`]).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use sliderule_api::UserName;
use sliderule_api::status::Block;

use crate::cluster::{Cluster, Moment, NodeState, Request, Terms};
use crate::money;

/// Failed rounds of boots in a row after which no further node is started.
pub const BOOTS_TO_PROTECT: u32 = 10;

/// How large a cluster shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// Nodes wanted now, in all.
    pub target: u32,
    /// Nodes the live requests ask for, within the maximum.
    pub demand: u32,
    /// What keeps the target at 0, if anything.
    pub blocked: Option<Block>,
    /// The next instant at which demand changes if nobody does anything.
    pub next_change: Option<Moment>,
    /// Why the numbers are what they are.
    pub explanation: Explanation,
}

/// Who asked for what until when; its `Display` is one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The request that counts of each user, by user name.
    pub shares: Vec<Share>,
    /// Nodes kept without any request.
    pub min_nodes: u32,
    /// Nodes at most.
    pub max_nodes: u32,
    at: Moment,
}

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

/// The size `cluster` shall have at `now`.
#[must_use]
pub fn size(cluster: &Cluster, now: Moment, terms: Terms) -> Sizing {
    let shares = shares(&cluster.requests, now);
    let demand = demand(&shares, cluster.limits.max_nodes);
    let blocked = block(cluster, terms);
    let target = match blocked {
        Some(_) => 0,
        None => demand.max(cluster.limits.min_nodes).min(cluster.limits.max_nodes),
    };
    Sizing {
        target,
        demand,
        blocked,
        next_change: next_change(&cluster.requests, now, cluster.limits.max_nodes, demand),
        explanation: Explanation {
            shares,
            min_nodes: cluster.limits.min_nodes,
            max_nodes: cluster.limits.max_nodes,
            at: now,
        },
    }
}

/// What keeps the cluster from running, if anything.
#[must_use]
pub fn block(cluster: &Cluster, terms: Terms) -> Option<Block> {
    let any = |states: &[NodeState]| cluster.nodes.iter().any(|node| states.contains(&node.state));
    let affordable = money::affordable_nodes(cluster.balance, cluster.node_hour, terms);
    if cluster.suspended {
        Some(Block::Suspended)
    } else if cluster.paused {
        Some(Block::Paused)
    } else if affordable == 0 && !any(&[NodeState::Booting, NodeState::Ready]) {
        Some(Block::OutOfFunds)
    } else if !may_launch(cluster.failed_boots) && !any(&[NodeState::Ready]) {
        Some(Block::Protected)
    } else {
        None
    }
}

/// Whether another node may be started after so many failed rounds in a row.
#[must_use]
pub fn may_launch(failed_boots: u32) -> bool {
    failed_boots < BOOTS_TO_PROTECT
}

/// The largest live request of each user, the later expiry among equals. A request counts strictly
/// before it expires.
fn shares(requests: &[Request], now: Moment) -> Vec<Share> {
    let mut largest: BTreeMap<&UserName, (u32, Moment)> = BTreeMap::new();
    for request in requests.iter().filter(|request| now < request.expires_at && request.nodes > 0) {
        let share = largest.entry(&request.user).or_insert((0, request.expires_at));
        *share = (*share).max((request.nodes, request.expires_at));
    }
    largest.into_iter().map(|(user, (nodes, until))| Share { user: user.clone(), nodes, until }).collect()
}

fn demand(shares: &[Share], max_nodes: u32) -> u32 {
    shares.iter().fold(0u32, |sum, share| sum.saturating_add(share.nodes)).min(max_nodes)
}

fn next_change(requests: &[Request], now: Moment, max_nodes: u32, demand_now: u32) -> Option<Moment> {
    let mut ends: Vec<Moment> =
        requests.iter().map(|request| request.expires_at).filter(|&end| now < end).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.into_iter().find(|&end| demand(&shares(requests, end), max_nodes) != demand_now)
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Share { user, nodes, until } in &self.shares {
            write!(f, "{separator}{user} asked for {nodes} for {} more", Rounded(until.since(self.at)))?;
            separator = ", ";
        }
        if self.shares.is_empty() {
            write!(f, "nobody asks for nodes")?;
        }
        if self.min_nodes > 0 {
            write!(f, "; the owner keeps at least {}", self.min_nodes)?;
        }
        write!(f, "; at most {}", self.max_nodes)
    }
}

/// A duration as people say it.
struct Rounded(Duration);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..120 => write!(f, "{seconds} s"),
            seconds => write!(f, "{} min", seconds.div_ceil(60)),
        }
    }
}

#[cfg(test)]
mod tests;
