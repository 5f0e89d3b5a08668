//! Launching nodes: what demand lacks, and, from free money, what else is wanted.
//!
//! A node within demand (fewer nodes exist than it wants, those on their way down included) is paid by the promise that
//! was made for it. Every other one (the minimum, a surge, the replacement of a node not seen gone) is started
//! only if free money stays at or above zero.

use sliderule_api::NodeId;

use super::draft::Draft;
use super::renew::{hold_fixed, until};
use crate::change::Change;
use crate::cluster::{Node, NodeState};
use crate::demand::Demand;
use crate::meter::Meter;

/// Starts up to `count` nodes, as many as are covered, and returns whether any is.
pub(super) fn launch(draft: &mut Draft<'_>, count: usize, draw: &mut dyn FnMut() -> NodeId) -> bool {
    if count == 0 || !draft.is_covered() {
        return false;
    }
    let demand = Demand::of(&draft.cluster.requests, draft.cluster.limits.max_nodes, draft.now);
    let ids: Vec<NodeId> = (0..count).map(|_| draw()).collect();
    let (serving, existing) = (draft.serving.len(), draft.cluster.nodes.len());
    // In the place of a serving node each is held for as long as that serves; where free money does not cover it because
    // others on their way down hold time, only for as long as demand lacks one more than all that exist.
    let loosely = |count: usize| begun(draft, &demand, &ids, count, serving);
    let wanted = usize::try_from(demand.now()).unwrap_or(usize::MAX);
    let lacking = count.min(wanted.saturating_sub(existing));
    let (mut fit, mut unfit, mut best) = (0, count + 1, None);
    let mut middle = count;
    while unfit - fit > 1 {
        let trial = loosely(middle);
        if trial.is_covered() {
            (fit, best) = (middle, Some(trial));
        } else {
            unfit = middle;
        }
        middle = fit + (unfit - fit) / 2;
    }
    if fit < lacking {
        let strictly = begun(draft, &demand, &ids, lacking, existing);
        if strictly.is_covered() {
            *draft = strictly;
            // What is left is beyond demand.
            launch(draft, count - lacking, draw);
            return true;
        }
    }
    match best {
        Some(begun) => *draft = begun,
        None => return false,
    }
    true
}

/// The draft with `count` nodes begun, the first of them in that place.
fn begun<'a>(draft: &Draft<'a>, demand: &Demand, ids: &[NodeId], count: usize, place: usize) -> Draft<'a> {
    let mut begun = draft.clone();
    begun.settle();
    let (now, lease_ends) = (draft.now, draft.now.after(draft.policy.terms.lease));
    for (ahead, id) in ids.iter().take(count).enumerate() {
        let end = until(demand, place + ahead, lease_ends);
        let node = Node {
            id: id.clone(),
            state: NodeState::Booting,
            version: begun.cluster.version,
            address: None,
            ready_at: None,
            meter: Meter::begin(now, end, begun.cluster.prices.node_hour),
        };
        begun.launch(&node);
        begun.serving.insert(id.clone());
        begun.make(Change::Begin(node));
        hold_fixed(&mut begun, end);
    }
    begun
}
