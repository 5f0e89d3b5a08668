//! Giving up what is too much, and replacing nodes of another release one by one.
//!
//! A roll goes on only while all is well: every node that exists is ready, there are as many as wanted, and no boot failed
//! since the last one that lived. Then one more node is started from free money; once it is ready there is
//! one too many, and the oldest outdated one is drained. Where free money does not cover another, and demand wants all
//! there are, the oldest is drained first, and what demand then lacks is started. A release whose nodes do not boot stops the roll, and
//! the old nodes keep serving.

use sliderule_api::NodeId;

use super::draft::Draft;
use super::launch::launch;
use crate::change::NoticeKind;
use crate::cluster::{Node, NodeState};

/// Drains what is beyond `target`. While nodes are replaced, one that still boots may be beyond it.
pub(super) fn give_up(draft: &mut Draft<'_>, target: usize) {
    let kept = draft.kept();
    let is_rolling = target > 0 && kept.iter().any(|node| draft.is_outdated(node));
    let boots = kept.iter().any(|node| node.state == NodeState::Booting && !draft.is_outdated(node));
    let surge = usize::from(is_rolling && boots);
    let beyond: Vec<Node> = kept.into_iter().skip(target + surge).cloned().collect();
    for node in beyond.iter().rev() {
        draft.drain(node);
    }
}

/// Takes the next step of a roll, if one is under way and all is well. Returns whether a node was started.
pub(super) fn roll(
    draft: &mut Draft<'_>,
    target: usize,
    demand: usize,
    draw: &mut dyn FnMut() -> NodeId,
) -> bool {
    let kept = draft.kept();
    let Some(oldest) = kept.last().filter(|node| draft.is_outdated(node)) else { return false };
    let all_ready = kept.iter().all(|node| node.state == NodeState::Ready);
    let all_serve = kept.len() == draft.cluster.nodes.len() && kept.len() == target;
    if !all_ready || !all_serve || draft.cluster.failed_boots > 0 || !draft.is_covered() {
        return false;
    }
    let oldest = (*oldest).clone();
    let message = format!(
        "The node {}, which runs {}, is being replaced by one of {}.",
        oldest.id, oldest.version, draft.cluster.version
    );
    let key = format!("rolling:{}:{}", oldest.id, draft.cluster.version);
    let started = launch(draft, 1, draw);
    if !started && demand < target {
        return false;
    }
    if !started {
        draft.drain(&oldest);
    }
    draft.tell(key, NoticeKind::Rolling, message);
    started
}
