//! Renewing leases: all at once, so that one reservation holds them all.
//!
//! A serving node has its lease renewed when less than half of it is left. The j-th to keep serves until demand no
//! longer wants more than j nodes, and its lease ends no later; what demand does not want is renewed from free money. While a
//! node boots, its first lease is not renewed: the first renewal of a ready node is the proof that it booted.

use sliderule_api::NodeId;

use super::draft::Draft;
use super::judge::overrun_fixed;
use crate::change::Change;
use crate::cluster::{Node, NodeState};
use crate::demand::Demand;
use crate::meter::Meter;
use crate::promise::held;
use crate::time::Moment;

/// Brings what is held to the prices that count now, if it differs and the balance covers it. It comes before
/// requests are shortened, so that those see what is left at the new price.
pub(super) fn reprice(draft: &mut Draft<'_>) {
    let prices = draft.cluster.prices;
    let differing: Vec<Node> =
        draft.kept().into_iter().filter(|node| node.meter.rate != prices.node_hour).cloned().collect();
    let fixed =
        draft.cluster.fixed.filter(|fixed| fixed.rate != prices.fixed_hour && !draft.serving.is_empty());
    if differing.is_empty() && fixed.is_none() {
        return;
    }
    let mut trial = draft.clone();
    trial.settle();
    for node in &differing {
        hold(&mut trial, &node.id, node.meter.held_until);
    }
    if let Some(fixed) = fixed {
        hold_fixed(&mut trial, fixed.held_until);
    }
    if held(&trial.cluster, trial.policy.terms).ceil() <= trial.cluster.account.balance {
        *draft = trial;
    }
}

/// Renews what is due, or everything if nodes were `launched`: as far as free money does not become negative.
pub(super) fn renew(draft: &mut Draft<'_>, launched: bool) {
    let half = draft.policy.terms.lease / 2;
    let ends = ends(draft);
    let is_due = |node: &Node, end: Moment| {
        end > node.meter.held_until && node.meter.held_until.since(draft.now) <= half
    };
    let nothing_due = !ends.iter().any(|(node, end)| is_due(node, *end) || launched);
    if nothing_due || ends.iter().all(|(node, end)| *end <= node.meter.held_until) {
        return;
    }
    let ends: Vec<(Node, Moment)> = ends.into_iter().map(|(node, end)| (node.clone(), end)).collect();
    let mut all = draft.clone();
    all.settle();
    for (node, end) in &ends {
        hold(&mut all, &node.id, *end);
    }
    let renewed = if all.is_covered() { Some(all) } else { renewed_in_part(draft, &ends) };
    if let Some(renewed) = renewed {
        *draft = renewed;
        forgive(draft, &ends);
    }
}

/// Up to when each serving node's lease would be renewed, in keep order; never earlier than it is held.
fn ends<'a>(draft: &'a Draft<'_>) -> Vec<(&'a Node, Moment)> {
    let lease = draft.policy.terms.lease;
    let demand = Demand::of(&draft.cluster.requests, draft.cluster.limits.max_nodes, draft.now);
    let end = |(place, node): (usize, &'a Node)| {
        let from = if node.state == NodeState::Booting { node.meter.began_at } else { draft.now };
        let end = until(&demand, place, from.after(lease)).max(node.meter.held_until);
        (node, end)
    };
    draft.kept().into_iter().enumerate().map(end).collect()
}

/// The end of a lease for the node in that place: when demand ends, if it wants that node at all.
pub(super) fn until(demand: &Demand, place: usize, lease_ends: Moment) -> Moment {
    demand.wants_more_than(place).map_or(lease_ends, |served| served.min(lease_ends))
}

/// Where not everything is covered: node by node, each for as long as is. `None` if that renews nothing.
fn renewed_in_part<'a>(draft: &Draft<'a>, ends: &[(Node, Moment)]) -> Option<Draft<'a>> {
    let mut renewed = draft.clone();
    renewed.settle();
    let mut any = false;
    for (node, end) in ends.iter().filter(|(node, end)| *end > node.meter.held_until) {
        let (mut fit, mut unfit) = (node.meter.held_until.0, end.0.saturating_add(1));
        let attempt = |until: i64| {
            let mut trial = renewed.clone();
            hold(&mut trial, &node.id, Moment(until));
            trial.is_covered().then_some(trial)
        };
        let mut best = None;
        let mut middle = end.0;
        while unfit - fit > 1 {
            match attempt(middle) {
                Some(trial) => (fit, best) = (middle, Some(trial)),
                None => unfit = middle,
            }
            middle = fit + (unfit - fit) / 2;
        }
        if let Some(best) = best {
            (renewed, any) = (best, true);
        }
    }
    any.then_some(renewed)
}

/// Holds the node's time, and the fixed part's with it, until `end` at the prices that count now. The time up to now
/// has been charged.
pub(super) fn hold(draft: &mut Draft<'_>, node: &NodeId, end: Moment) {
    let prices = draft.cluster.prices;
    if let Some(found) = draft.cluster.nodes.iter().find(|found| found.id == *node) {
        let meter = Meter { held_until: end, rate: prices.node_hour, ..found.meter };
        draft.make(Change::Meter { node: node.clone(), meter });
        hold_fixed(draft, end);
    }
}

/// The fixed part is held for as long as any node. Time for which no lease paid is an overrun as far as a node was seen
/// alive, and is not charged beyond that.
pub(super) fn hold_fixed(draft: &mut Draft<'_>, end: Moment) {
    overrun_fixed(draft);
    let rate = draft.cluster.prices.fixed_hour;
    let fixed = match draft.cluster.fixed {
        None => Meter::begin(draft.now, end, rate),
        Some(meter) if meter.held_until >= end && meter.rate == rate => return,
        Some(meter) => Meter {
            held_until: meter.held_until.max(end),
            charged_until: meter.charged_until.max(draft.now),
            rate,
            ..meter
        },
    };
    draft.make(Change::Fixed(Some(fixed)));
}

/// The first renewal of a ready node's lease forgives failed boots.
fn forgive(draft: &mut Draft<'_>, before: &[(Node, Moment)]) {
    let lease = draft.policy.terms.lease;
    let renewed_first = before.iter().any(|(node, _)| {
        let first_ends = node.meter.began_at.after(lease);
        let renewed = draft.cluster.nodes.iter().find(|renewed| renewed.id == node.id);
        node.state == NodeState::Ready
            && node.meter.held_until <= first_ends
            && renewed.is_some_and(|renewed| renewed.meter.held_until > first_ends)
    });
    if renewed_first && draft.cluster.failed_boots > 0 {
        draft.make(Change::FailedBoots { rounds: 0, latest: draft.cluster.failed_round });
    }
}
