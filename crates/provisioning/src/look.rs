//! One look at a cluster: from what is wanted, paid and listed to what shall be done about the difference.
//!
//! Level-triggered: a look follows from the stored cluster, the engine's listing and the time, and from nothing else.
//! Losing any event, or stopping between any two effects, costs at most the wait for the next look. The listing must
//! have been taken *before* the cluster was read: a node is recorded before it is launched, so a listed node
//! without a row is then nobody's.
//!
//! A look credits the allowance, judges every node, shortens requests where money fell short from outside, drains what is
//! too much, renews leases, launches what lacks, and settles. Every pair of stored and listed has an answer:
//!
//! | stored | listed | absent, believed gone | absent, not believed |
//! |---|---|---|---|
//! | any but stopping ones, its runner gone | killed: nothing ends it with its lease | | |
//! | booting, within the boot bound | serves | | serves; launched again once the listing is later than its beginning |
//! | booting, its lease ended before that | drained | | drained |
//! | booting, past the boot bound | killed: a failed boot | gone: a failed boot, unless its lease ended first | killed: a failed boot |
//! | ready, within its lease | serves | gone; a failed boot if its first lease was its last | serves |
//! | ready, lost to the gateway | drained: it costs and serves nobody | gone | |
//! | ready, its lease ended | drained: its runner is ending it | gone | drained |
//! | ready, past the tail | killed | gone | killed |
//! | draining | terminated again, now stopping | gone | terminated again, now stopping |
//! | stopping | terminated again | gone | terminated again |
//! | draining or stopping, past the tail or its runner gone | killed | gone | killed |
//! | absent | killed: an orphan | nothing | nothing |
//!
//! An absent node is believed gone only if the listing is no older than its readiness, or, if it never was ready, than
//! the end of its boot. A node listed after its tail is an overrun: that time is posted whatever the balance, and an alarm
//! raised. A node that is killed keeps its state, so that its end is judged rightly, and its place until its tail is
//! over; one that is drained is replaced at once if free money covers it. A node leaves the gateway before it is ended.

use std::collections::BTreeMap;
use std::time::Duration;

use sliderule_api::NodeId;

use crate::change::Change;
use crate::cluster::Cluster;
use crate::size::{may_launch, size};
use crate::step::{Policy, Step};
use crate::time::Moment;
use crate::{allowance, shorten, warnings};

use draft::Draft;

mod draft;
mod judge;
mod launch;
mod renew;
mod roll;
mod wake;

/// How soon to look again at what is on its way down, or was just done.
pub const WATCH: Duration = Duration::from_millis(500);

/// What an engine's listing says of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Nothing that changed before this instant is missing from the listing; some of what came later may be.
    pub as_of: Moment,
    /// The nodes listed.
    pub nodes: BTreeMap<NodeId, Seen>,
}

/// What is seen of a node that the engine lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A runner looks after it.
    Leased,
    /// Its runner is gone.
    Unleased,
    /// A runner looks after it, and for too long the gateway has not had it, although it is ready.
    Lost,
}

/// Looks at `cluster`, of which the engine listed `sight` before it was read. `draw` makes a node id that never was.
#[must_use]
pub fn look(
    cluster: &Cluster,
    sight: &Sight,
    now: Moment,
    policy: &Policy,
    draw: &mut dyn FnMut() -> NodeId,
) -> Step {
    let mut draft = Draft::of(cluster, now, policy);
    draft.make_all(allowance::due(cluster, now));
    let occupied = judge::judge_all(&mut draft, sight);
    renew::reprice(&mut draft);
    let shortened = shorten::shorten(&draft.cluster, now, policy.terms);
    draft.make_all(shortened);

    let sizing = size(&draft.cluster, now, policy.terms);
    let whole = |nodes: u32| usize::try_from(nodes).unwrap_or(usize::MAX);
    let (target, demand) = (whole(sizing.target), whole(sizing.demand));
    roll::give_up(&mut draft, target);
    renew::renew(&mut draft, false);
    if target > 0 && may_launch(draft.cluster.failed_boots) {
        let missing = target.saturating_sub(draft.serving.len() + occupied);
        let launched =
            launch::launch(&mut draft, missing, draw) || roll::roll(&mut draft, target, demand, draw);
        renew::renew(&mut draft, launched);
    }
    draft.reserve();
    let warned = warnings::due(&draft.cluster, now, policy);
    draft.make_all(warned);
    close_expired(&mut draft);

    let sizing = size(&draft.cluster, now, policy.terms);
    let next_wake = wake::next(&draft, &sizing);
    let (changes, effects) = draft.into_parts();
    Step { changes, effects, next_wake, answer: () }
}

/// Closes requests that have ended, when something is written anyway or no node keeps the cluster busy.
fn close_expired(draft: &mut Draft<'_>) {
    if !draft.has_changes() && !draft.cluster.nodes.is_empty() {
        return;
    }
    for request in draft.cluster.requests.clone() {
        if request.expires_at <= draft.now {
            draft.make(Change::Close { id: request.id, at: request.expires_at });
        }
    }
}

#[cfg(test)]
mod tests;
