//! What live grants will still cost, and what is free.
//!
//! The promise is price times the integral of demand beyond the nodes that hold a lease, plus one tail for every node
//! still to be started, plus the fixed part likewise as one more node. It is derived from the state and never stored.
//! A node whose lease has ended and that is not seen gone takes the place of one to be started; the longer ago its
//! lease ended, the more of its own tail may be spent, and so much of a tail is promised for the one after it.
//!
//! Always holds, in grains: the passing of time, charging, launching a node while there are fewer than demand wants,
//! and seeing a node gone do not lessen [`Books::free`]. Nor does renewing a lease that has not ended: of all
//! nodes that are not gone, longest held first, the j-th (from 0) up to [`Demand::wants_more_than`] j. (One that ranks
//! lower repeats time that others hold already, and is renewed from free money.) The fixed part is held with the nodes;
//! where its lease and tail have ended, it is held anew from now, and nothing is due for the time between. So whatever was granted while free
//! money was not negative can be paid to its end, whatever happens inside the system.

use std::time::Duration;

use crate::account::Prices;
use crate::cluster::Cluster;
use crate::demand::Demand;
use crate::grains::Grains;
use crate::meter::Meter;
use crate::time::{Moment, Terms};

/// An organization's money, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Books {
    /// The balance.
    pub balance: Grains,
    /// What the time that is held may still cost.
    pub held: Grains,
    /// What live grants will cost beyond that.
    pub promised: Grains,
}

impl Books {
    /// What a further grant, or a node that nobody asked for, can be paid from. Negative only after something came
    /// from outside: a corrected bill, a withdrawn credit, a new price, an overrun.
    #[must_use]
    pub fn free(&self) -> Grains {
        self.balance - self.held - self.promised
    }
}

/// The books of `cluster` at `now`.
#[must_use]
pub fn books(cluster: &Cluster, now: Moment, terms: Terms) -> Books {
    Books {
        balance: cluster.account.balance.into(),
        held: held(cluster, terms),
        promised: promised(cluster, now, terms),
    }
}

/// What the time that is held may still cost, tails included.
#[must_use]
pub fn held(cluster: &Cluster, terms: Terms) -> Grains {
    meters(cluster).map(|meter| meter.liability(terms.tail)).sum()
}

/// What live grants will cost beyond what is held.
#[must_use]
pub fn promised(cluster: &Cluster, now: Moment, terms: Terms) -> Grains {
    let demand = Demand::of(&cluster.requests, cluster.limits.max_nodes, now);
    let Prices { node_hour, fixed_hour } = cluster.prices;
    let mut ends: Vec<Moment> = cluster.nodes.iter().map(|node| node.meter.held_until).collect();
    ends.sort_unstable();
    let wanted = usize::try_from(demand.now()).unwrap_or(usize::MAX);
    let unstarted = u32::try_from(wanted.saturating_sub(ends.len())).unwrap_or(u32::MAX);
    let spent = |ended: Moment| now.since(ended).min(terms.tail);
    let tails: Grains = ends.iter().rev().take(wanted).map(|&end| Grains::of(node_hour, spent(end))).sum();
    let nodes: Grains = uncovered(&demand, &ends)
        .map(|(lasting, lacking)| Grains::of(node_hour, lasting).times(lacking))
        .sum();
    let fixed = demand.wants_more_than(0).map_or(Grains::ZERO, |end| {
        let (from, tail) = match &cluster.fixed {
            None => (now, terms.tail),
            Some(meter) => (meter.held_until.max(now), spent(meter.held_until)),
        };
        Grains::of(fixed_hour, end.since(from).saturating_add(tail))
    });
    nodes + tails + Grains::of(node_hour, terms.tail).times(unstarted) + fixed
}

/// For how long how many nodes are wanted beyond those that hold leases until `ends`, which are sorted.
fn uncovered<'a>(demand: &'a Demand, ends: &'a [Moment]) -> impl Iterator<Item = (Duration, u32)> + 'a {
    demand.steps().flat_map(move |(from, until, wanted)| {
        let (first, last) =
            (ends.partition_point(|&end| end <= from), ends.partition_point(|&end| end < until));
        let inner = ends.get(first..last).unwrap_or_default().iter().copied();
        let starts = std::iter::once(from).chain(inner.clone());
        let stops = inner.chain(std::iter::once(until));
        starts.zip(stops).map(move |(start, stop)| {
            let leased = ends.len() - ends.partition_point(|&end| end <= start);
            let leased = u32::try_from(leased).unwrap_or(u32::MAX);
            (stop.since(start), wanted.saturating_sub(leased))
        })
    })
}

/// What time that is paid has run and was not charged yet: charges are written when leases are renewed, and this lies
/// between two of them.
#[must_use]
pub fn running_up(cluster: &Cluster, now: Moment, terms: Terms) -> Grains {
    meters(cluster).map(|meter| meter.due(now.min(meter.paid_until(terms.tail)))).sum()
}

fn meters(cluster: &Cluster) -> impl Iterator<Item = &Meter> {
    cluster.nodes.iter().map(|node| &node.meter).chain(cluster.fixed.as_ref())
}

#[cfg(test)]
mod tests;
