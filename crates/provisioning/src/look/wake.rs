//! When to look again at the latest.

use super::WATCH;
use super::draft::Draft;
use crate::allowance;
use crate::cluster::NodeState;
use crate::size::Sizing;
use crate::time::Moment;

/// The next instant at which something changes by itself.
pub(super) fn next(draft: &Draft<'_>, sizing: &Sizing) -> Option<Moment> {
    let (now, terms) = (draft.now, draft.policy.terms);
    let half = i64::try_from(terms.lease.as_millis() / 2).unwrap_or(i64::MAX);
    let mut wakes: Vec<Moment> =
        sizing.next_change.into_iter().chain(allowance::next(&draft.cluster, now)).collect();
    for node in draft.cluster.nodes.iter().filter(|node| draft.serving.contains(&node.id)) {
        wakes.push(node.meter.held_until);
        wakes.push(Moment(node.meter.held_until.0.saturating_sub(half)));
        if node.state == NodeState::Booting {
            wakes.push(node.meter.began_at.after(terms.boot));
        }
    }
    // What is on its way down is watched; what was done just now may need to be done again.
    if draft.has_effects() || draft.serving.len() < draft.cluster.nodes.len() {
        wakes.push(now.after(WATCH));
    }
    wakes.into_iter().filter(|&wake| wake > now).min()
}
