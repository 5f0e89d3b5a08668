//! The refusal of an order that the money does not cover, with what would fit.
//!
//! What would fit is found by asking for it: the order itself is tried with fewer nodes and with less time.

use std::fmt;
use std::ops::Range;

use sliderule_api::MicroUsd;

use super::plan::{Plan, clamped};
use super::{Bill, Order, Refusal, Wish};
use crate::cluster::Cluster;
use crate::grains::Grains;
use crate::promise::books;
use crate::step::Policy;
use crate::time::Moment;

const MINUTE: i64 = 60_000;

/// Refuses `order`, and says why and what would fit.
pub(super) fn refuse(
    cluster: &Cluster,
    order: &Order,
    plan: &Plan,
    bill: Bill,
    now: Moment,
    policy: &Policy,
) -> Refusal {
    let fits = fits(cluster, order, plan, bill.before, now, policy);
    let (cost, free) = (bill.cost(), bill.before.floor());
    let message = Sentences {
        nodes: plan.request.nodes,
        minutes: minutes(plan, now),
        cost,
        free: free.max(MicroUsd::ZERO),
        missing: (Grains::ZERO - bill.after).ceil(),
        fits: &fits,
    };
    Refusal::InsufficientFunds { message: message.to_string(), fits, cost, free }
}

/// The most nodes for the same time, in whole minutes, and the most whole minutes for the same nodes.
fn fits(
    cluster: &Cluster,
    order: &Order,
    plan: &Plan,
    before: Grains,
    now: Moment,
    policy: &Policy,
) -> Vec<(u32, u32)> {
    let granted = |nodes, until| {
        Plan::of(cluster, &with(order, nodes, until), now).is_ok_and(|plan| {
            Bill { before, after: books(&plan.after, now, policy.terms).free() }.is_covered()
        })
    };
    let (nodes, until) = (plan.request.nodes, plan.request.expires_at);
    let after = |minutes: u32| Moment(now.0.saturating_add(i64::from(minutes) * MINUTE));
    let as_long = until.max(after(minutes(plan, now)));
    let fewer = last(clamped(1, &cluster.limits)..nodes, |nodes| granted(nodes, as_long));
    let fewer = fewer.zip(Some(minutes(plan, now))).filter(|&(_, minutes)| minutes > 0);
    let shorter =
        last(shortest(cluster, order, now)..whole(until.0.saturating_sub(now.0) - 1) + 1, |minutes| {
            granted(nodes, after(minutes))
        });
    fewer.into_iter().chain(shorter.map(|minutes| (nodes, minutes))).collect()
}

/// The same order for so many nodes until then.
fn with(order: &Order, nodes: u32, until: Moment) -> Order {
    let wish = match order.wish.clone() {
        Wish::Place { id, replace, .. } => Wish::Place { id, nodes, until, replace },
        Wish::Alter { id, shorten, .. } => {
            Wish::Alter { id, nodes: Some(nodes), until: Some(until), shorten }
        }
    };
    Order { wish, ..order.clone() }
}

/// The least minutes that the order could be for: a request that must not end earlier lasts as long as it does.
fn shortest(cluster: &Cluster, order: &Order, now: Moment) -> u32 {
    match &order.wish {
        Wish::Alter { id, shorten: false, .. } => {
            let held = cluster.requests.iter().find(|held| held.id == *id);
            held.map_or(1, |held| whole(held.expires_at.0.saturating_sub(now.0) - 1) + 1).max(1)
        }
        _ => 1,
    }
}

/// The last of `range` that fits, where all before one that fits do.
fn last(range: Range<u32>, fits: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle + 1 } else { high = middle }
    }
    (low > range.start).then(|| low - 1)
}

/// The whole minutes that the order is for. Ends are whole seconds, and so up to one earlier than what was asked for.
fn minutes(plan: &Plan, now: Moment) -> u32 {
    whole(plan.request.expires_at.0.saturating_sub(now.0).saturating_add(999))
}

fn whole(milliseconds: i64) -> u32 {
    u32::try_from(milliseconds.max(0) / MINUTE).unwrap_or(u32::MAX - 1)
}

/// What a refusal says.
struct Sentences<'a> {
    nodes: u32,
    minutes: u32,
    cost: MicroUsd,
    free: MicroUsd,
    missing: MicroUsd,
    fits: &'a [(u32, u32)],
}

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, minutes, cost, free, missing, fits } = self;
        write!(f, "{} for {} would cost {cost} more", Nodes(*nodes), Minutes(*minutes))?;
        write!(f, ", and {free} is free: {missing} is missing. ")?;
        match *fits {
            [(fewer, same), (same_nodes, shorter)] => {
                write!(
                    f,
                    "What would fit: {} for {}, or {same_nodes} for {shorter}.",
                    Nodes(*fewer),
                    Minutes(*same)
                )
            }
            [(nodes, minutes)] => write!(f, "What would fit: {} for {}.", Nodes(*nodes), Minutes(*minutes)),
            _ => {
                write!(f, "Not even one node would fit; there must be credit, or others must release nodes.")
            }
        }
    }
}

struct Nodes(u32);

impl fmt::Display for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "node" } else { "nodes" })
    }
}

struct Minutes(u32);

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "minute" } else { "minutes" })
    }
}
