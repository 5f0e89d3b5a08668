//! How large a cluster shall be, when that changes next, and why.
//!
//! Demand is, per user, the largest live request, summed over users and capped at the owner's maximum.
//! The target is the demand raised to the minimum; it is 0 while something blocks the cluster.
//!
//! What blocks is checked in the order of [`Block`]. Two of them never end a node that works:
//!
//! - `out_of_funds`: nobody was granted anything that is still to be served, free money does not pay the first lease
//!   and tail of one node, and no node is booting or ready. What is granted is promised, so it is served whatever
//!   else is free. While a node that nobody asked for runs, its time is paid already, and it ends when a renewal is
//!   refused. Ending it earlier would refund just enough to start another, and so for ever.
//! - `protected`: [`BOOTS_TO_PROTECT`] rounds of boots failed in a row, and no node is ready. While one is, the
//!   cluster serves; only no further node is started (see [`may_launch`]).

use std::fmt;
use std::time::Duration;

use sliderule_api::status::Block;

use crate::cluster::{Cluster, NodeState};
use crate::demand::{Demand, Share, shares};
use crate::grains::Grains;
use crate::promise::books;
use crate::time::{Moment, Terms};

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
    /// What keeps all of this from counting, if anything.
    pub blocked: Option<Block>,
    at: Moment,
}

/// The size `cluster` shall have at `now`.
#[must_use]
pub fn size(cluster: &Cluster, now: Moment, terms: Terms) -> Sizing {
    let shares = shares(&cluster.requests, now);
    let staircase = Demand::of(&cluster.requests, cluster.limits.max_nodes, now);
    let demand = staircase.now();
    let blocked = block(cluster, now, terms);
    let target = match blocked {
        Some(_) => 0,
        None => demand.max(cluster.limits.min_nodes).min(cluster.limits.max_nodes),
    };
    Sizing {
        target,
        demand,
        blocked,
        next_change: staircase.next_change(),
        explanation: Explanation {
            shares,
            min_nodes: cluster.limits.min_nodes,
            max_nodes: cluster.limits.max_nodes,
            blocked,
            at: now,
        },
    }
}

/// What keeps the cluster from running, if anything.
#[must_use]
pub fn block(cluster: &Cluster, now: Moment, terms: Terms) -> Option<Block> {
    let any = |states: &[NodeState]| cluster.nodes.iter().any(|node| states.contains(&node.state));
    if cluster.suspended {
        Some(Block::Suspended)
    } else if cluster.paused {
        Some(Block::Paused)
    } else if !any(&[NodeState::Booting, NodeState::Ready]) && is_out_of_funds(cluster, now, terms) {
        Some(Block::OutOfFunds)
    } else if !may_launch(cluster.failed_boots) && !any(&[NodeState::Ready]) {
        Some(Block::Protected)
    } else {
        None
    }
}

/// Whether nothing was granted that is still to be served, and free money does not pay the first lease of one node.
fn is_out_of_funds(cluster: &Cluster, now: Moment, terms: Terms) -> bool {
    let first = terms.lease.saturating_add(terms.tail);
    let node = Grains::of(cluster.prices.node_hour, first);
    let fixed = Grains::of(cluster.prices.fixed_hour, first);
    let nothing_granted = Demand::of(&cluster.requests, cluster.limits.max_nodes, now).now() == 0;
    nothing_granted && books(cluster, now, terms).free() < node + fixed
}

/// Whether another node may be started after so many failed rounds in a row.
#[must_use]
pub fn may_launch(failed_boots: u32) -> bool {
    failed_boots < BOOTS_TO_PROTECT
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
        let asked: u64 = self.shares.iter().map(|share| u64::from(share.nodes)).sum();
        if self.min_nodes > 0 {
            write!(f, "; the owner keeps at least {}", self.min_nodes)?;
        }
        if asked > u64::from(self.max_nodes) {
            write!(f, "; that is {asked}, cut to the maximum of {}", self.max_nodes)?;
        } else {
            write!(f, "; at most {}", self.max_nodes)?;
        }
        f.write_str(match self.blocked {
            None => "",
            Some(Block::Suspended) => "; none while the organization is suspended",
            Some(Block::Paused) => "; none until an owner deploys the cluster again",
            Some(Block::OutOfFunds) => "; none until there is credit",
            Some(Block::Protected) => "; none until an owner refreshes the cluster",
        })
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
