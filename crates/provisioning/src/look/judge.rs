//! What the table in [`super`] says of each node, and what follows at once: failed boots, overruns, orphans.

use std::collections::BTreeSet;

use sliderule_api::{MicroUsd, NodeId};

use super::draft::Draft;
use super::{Seen, Sight};
use crate::account::Posting;
use crate::change::{Change, NoticeKind};
use crate::cluster::{Node, NodeState, Trouble};
use crate::meter::Meter;
use crate::size::{BOOTS_TO_PROTECT, may_launch};
use crate::time::{Moment, Terms};

/// What shall become of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It serves, or will. `again`: its launch may have been lost, and is repeated.
    Serves { again: bool },
    /// It no longer exists.
    Gone { failed_boot: bool },
    /// It is ended now. `occupies`: nothing takes its place until it is gone.
    Kill { occupies: bool },
    /// It is told once more to end within its tail.
    Terminate,
    /// It gets no new requests and is told to end.
    Drain,
}

/// The table.
pub(super) fn judge(node: &Node, seen: Option<Seen>, as_of: Moment, now: Moment, terms: Terms) -> Verdict {
    let Meter { began_at, held_until, .. } = node.meter;
    let boot_ends = began_at.after(terms.boot);
    let lease_over = now >= held_until;
    let tail_over = now >= node.meter.paid_until(terms.tail);
    let is_gone = seen.is_none() && as_of >= node.ready_at.unwrap_or(boot_ends);
    match (node.state, seen) {
        (NodeState::Booting, _) if is_gone => Verdict::Gone { failed_boot: boot_ends <= held_until },
        (NodeState::Ready, _) if is_gone => {
            Verdict::Gone { failed_boot: !lease_over && held_until <= began_at.after(terms.lease) }
        }
        (NodeState::Draining | NodeState::Stopping, _) if is_gone => Verdict::Gone { failed_boot: false },
        (NodeState::Booting | NodeState::Ready, Some(Seen::Unleased)) => {
            Verdict::Kill { occupies: !tail_over }
        }
        (NodeState::Booting, _) if now >= boot_ends || tail_over => Verdict::Kill { occupies: !tail_over },
        (NodeState::Ready, _) if tail_over => Verdict::Kill { occupies: false },
        (NodeState::Booting | NodeState::Ready, _) if lease_over => Verdict::Drain,
        (NodeState::Booting, seen) => Verdict::Serves { again: seen.is_none() && as_of > began_at },
        (NodeState::Ready, Some(Seen::Lost)) => Verdict::Drain,
        (NodeState::Ready, _) => Verdict::Serves { again: false },
        (NodeState::Draining | NodeState::Stopping, Some(Seen::Unleased)) => {
            Verdict::Kill { occupies: false }
        }
        (NodeState::Draining | NodeState::Stopping, _) if tail_over => Verdict::Kill { occupies: false },
        (NodeState::Draining | NodeState::Stopping, _) => Verdict::Terminate,
    }
}

/// Judges every node that is stored or listed. Returns how many nodes' places stay taken until they are gone.
pub(super) fn judge_all(draft: &mut Draft<'_>, sight: &Sight) -> usize {
    let stored = draft.cluster.nodes.clone();
    let mut occupied = 0;
    let mut failed = BTreeSet::new();
    if stored.iter().any(|node| sight.nodes.contains_key(&node.id)) {
        draft.alive_until = Some(sight.as_of.min(draft.now));
    }
    for node in &stored {
        let seen = sight.nodes.get(&node.id).copied();
        let verdict = judge(node, seen, sight.as_of, draft.now, draft.policy.terms);
        if seen.is_some() {
            overrun(draft, node, sight.as_of);
        }
        match verdict {
            Verdict::Serves { again } => {
                draft.serving.insert(node.id.clone());
                if again {
                    draft.launch(node);
                }
            }
            Verdict::Gone { failed_boot } => {
                if failed_boot {
                    failed.insert(node.meter.began_at);
                }
                draft.settle();
                draft.withdraw(node);
                draft.make(Change::Gone { node: node.id.clone(), at: draft.now, failed_boot });
            }
            Verdict::Kill { occupies } => {
                // Counted now and not when it is gone, lest an engine that cannot kill is asked for ever more nodes.
                if node.state == NodeState::Booting
                    && draft.now >= node.meter.began_at.after(draft.policy.terms.boot)
                {
                    failed.insert(node.meter.began_at);
                }
                occupied += usize::from(occupies);
                draft.withdraw(node);
                draft.kill(&node.id);
            }
            Verdict::Terminate => {
                if node.state == NodeState::Draining {
                    draft.move_to(node, NodeState::Stopping);
                }
                draft.terminate(node);
            }
            Verdict::Drain => draft.drain(node),
        }
    }
    if draft.cluster.nodes.is_empty() && draft.cluster.fixed.is_some() {
        draft.settle();
        draft.make(Change::Fixed(None));
    }
    count_failed(draft, &failed);
    let known: BTreeSet<&NodeId> = stored.iter().map(|node| &node.id).collect();
    for orphan in sight.nodes.keys().filter(|id| !known.contains(id)) {
        draft.kill(orphan);
        let message = format!("The node {orphan} ran without a record of it; it is ended and costs nothing.");
        draft.tell(format!("orphan:{orphan}"), NoticeKind::OrphanKilled, message);
    }
    occupied
}

/// Posts the time for which a node that is listed outlived its tail: when that is first seen, and then once a lease.
fn overrun(draft: &mut Draft<'_>, node: &Node, as_of: Moment) {
    let terms = draft.policy.terms;
    let (paid_until, seen_until) = (node.meter.paid_until(terms.tail), as_of.min(draft.now));
    let is_due =
        node.meter.charged_until <= paid_until || seen_until >= node.meter.charged_until.after(terms.lease);
    if seen_until <= paid_until || !is_due {
        return;
    }
    let Some((meter, amount)) = over(node.meter, seen_until, terms) else { return };
    draft.settle();
    draft.make(Change::Meter { node: node.id.clone(), meter });
    let posting = Posting::Overrun { node: Some(node.id.clone()), amount };
    draft.enter(format!("overrun:{}:{}", node.id, seen_until.0), "a node outlived its tail", posting);
    let message = format!(
        "The node {} should have ended and has not; its time is charged, and ending it is tried on.",
        node.id
    );
    draft.tell(format!("overrun:{}", node.id), NoticeKind::NodeOverrun, message);
    overrun_fixed(draft);
}

/// Posts the time for which a node was seen alive and the fixed part was not paid: with a node's overrun, and before
/// the fixed part is held again.
pub(super) fn overrun_fixed(draft: &mut Draft<'_>) {
    let (Some(fixed), Some(until)) = (draft.cluster.fixed, draft.alive_until) else { return };
    if let Some((meter, amount)) = over(fixed, until, draft.policy.terms) {
        draft.make(Change::Fixed(Some(meter)));
        let posting = Posting::Overrun { node: None, amount };
        draft.enter(format!("overrun:fixed:{}", until.0), "a node outlived its tail", posting);
    }
}

/// What a meter ran beyond what is paid, if that comes to anything.
fn over(meter: Meter, until: Moment, terms: Terms) -> Option<(Meter, MicroUsd)> {
    let (paid, _) = meter.charge(until, terms.tail);
    let (over, amount) = paid.advance(until);
    (until > meter.paid_until(terms.tail) && amount > MicroUsd::ZERO).then_some((over, amount))
}

/// Counts each round of boots that failed, once: nodes launched together fail together.
fn count_failed(draft: &mut Draft<'_>, failed: &BTreeSet<Moment>) {
    let counted = draft.cluster.failed_round;
    let new: Vec<Moment> =
        failed.iter().copied().filter(|&round| counted.is_none_or(|latest| latest < round)).collect();
    let Some(&latest) = new.last() else { return };
    let before = draft.cluster.failed_boots;
    let rounds = before.saturating_add(u32::try_from(new.len()).unwrap_or(u32::MAX));
    draft.make(Change::FailedBoots { rounds, latest: Some(latest) });
    let what = format!("nodes did not start, {rounds} times in a row");
    draft.make(Change::Trouble(Some(Trouble { at: draft.now, what: what.clone() })));
    let (key, message) =
        (format!("boot-failed:{}", latest.0), format!("The cluster's {what}; it is tried again."));
    draft.tell(key, NoticeKind::BootFailed, message);
    if may_launch(before) && !may_launch(rounds) {
        let message = format!(
            "Nodes failed to start {BOOTS_TO_PROTECT} times in a row, so no more are started until the cluster is \
             refreshed; those that run go on."
        );
        draft.tell(format!("protected:{}", latest.0), NoticeKind::Protected, message);
    }
}
