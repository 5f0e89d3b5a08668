//! A decision while it is made: every change is applied to a copy of the cluster at once, so that what is decided
//! later sees what was decided earlier; and money is settled once.
//!
//! Always holds: what has been recorded applies to the cluster as it was, in this order, without breaking a rule.

use std::collections::BTreeSet;
use std::mem;

use sliderule_api::{MicroUsd, NodeId};

use crate::account::{Entry, Posting, Reservation};
use crate::change::{Change, Notice, NoticeKind};
use crate::cluster::{Cluster, Node, NodeState};
use crate::grains::Grains;
use crate::payers;
use crate::promise::{books, held};
use crate::size::size;
use crate::step::{Effect, Policy};
use crate::time::Moment;

/// A decision while it is made.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    /// The cluster with all changes made so far.
    pub(super) cluster: Cluster,
    /// The nodes that serve, or will once they have booted, and shall go on.
    pub(super) serving: BTreeSet<NodeId>,
    /// Up to when any of its nodes was seen alive, if one is listed.
    pub(super) alive_until: Option<Moment>,
    pub(super) now: Moment,
    pub(super) policy: &'a Policy,
    changes: Vec<Change>,
    settled: bool,
    withdrawals: Vec<Effect>,
    endings: Vec<Effect>,
    launches: Vec<Effect>,
}

impl<'a> Draft<'a> {
    pub(super) fn of(cluster: &Cluster, now: Moment, policy: &'a Policy) -> Self {
        Self {
            cluster: cluster.clone(),
            serving: BTreeSet::new(),
            alive_until: None,
            now,
            policy,
            changes: Vec::new(),
            settled: false,
            withdrawals: Vec::new(),
            endings: Vec::new(),
            launches: Vec::new(),
        }
    }

    /// Records a change, unless it would break a rule.
    pub(super) fn make(&mut self, change: Change) {
        let made = self.cluster.apply(&change);
        debug_assert_eq!(made, Ok(()), "{change:?}");
        if made.is_ok() {
            self.changes.push(change);
        }
    }

    pub(super) fn make_all(&mut self, changes: Vec<Change>) {
        changes.into_iter().for_each(|change| self.make(change));
    }

    pub(super) fn tell(&mut self, key: String, kind: NoticeKind, message: String) {
        self.make(Change::Notify(Notice { at: self.now, key, kind, user: None, message }));
    }

    pub(super) fn enter(&mut self, key: String, note: &str, posting: Posting) {
        self.make(Change::Enter(Entry { at: self.now, key, note: note.to_owned(), posting }));
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether anything was told to begin or to end.
    pub(super) fn has_effects(&self) -> bool {
        !(self.endings.is_empty() && self.launches.is_empty())
    }

    /// The node gets no new requests, wherever it is in its life.
    pub(super) fn withdraw(&mut self, node: &Node) {
        self.withdrawals.extend(node.address.clone().map(|address| Effect::Withdraw { address }));
    }

    pub(super) fn terminate(&mut self, node: &Node) {
        self.withdraw(node);
        self.endings.push(Effect::Terminate { node: node.id.clone() });
    }

    pub(super) fn kill(&mut self, node: &NodeId) {
        self.endings.push(Effect::Kill { node: node.clone() });
    }

    pub(super) fn launch(&mut self, node: &Node) {
        self.launches.push(Effect::Launch { node: node.id.clone(), version: node.version });
    }

    /// Sends the node no new requests, and tells it to end.
    pub(super) fn drain(&mut self, node: &Node) {
        self.serving.remove(&node.id);
        self.move_to(node, NodeState::Draining);
        self.terminate(node);
    }

    pub(super) fn move_to(&mut self, node: &Node, state: NodeState) {
        let Node { id, address, ready_at, .. } = node.clone();
        self.make(Change::Move { node: id, state, address, ready_at });
    }

    /// The serving nodes in keep order, those to keep longest first: ready before booting, the pinned release before
    /// others; older first, but among outdated ones newer first, so that the oldest is replaced first.
    pub(super) fn kept(&self) -> Vec<&Node> {
        let mut nodes: Vec<&Node> =
            self.cluster.nodes.iter().filter(|node| self.serving.contains(&node.id)).collect();
        nodes.sort_by(|a, b| {
            let class = |node: &Node| (node.state == NodeState::Booting, self.is_outdated(node));
            let age = (a.meter.began_at, &a.id).cmp(&(b.meter.began_at, &b.id));
            class(a).cmp(&class(b)).then(if self.is_outdated(a) { age.reverse() } else { age })
        });
        nodes
    }

    pub(super) fn is_outdated(&self, node: &Node) -> bool {
        node.version != self.cluster.version
    }

    /// What can be paid for beyond what is held and promised.
    pub(super) fn free(&self) -> Grains {
        books(&self.cluster, self.now, self.policy.terms).free()
    }

    pub(super) fn is_covered(&self) -> bool {
        self.free() >= Grains::ZERO
    }

    /// Charges all time that has run to the pending reservation, once in a decision. What is held from now on is
    /// reserved by [`Draft::reserve`].
    pub(super) fn settle(&mut self) {
        if mem::replace(&mut self.settled, true) {
            return;
        }
        let (now, tail) = (self.now, self.policy.terms.tail);
        let mut charged = MicroUsd::ZERO;
        for Node { id, meter, .. } in self.cluster.nodes.clone() {
            let (read, charge) = meter.charge(now, tail);
            charged = charged + charge;
            if read != meter {
                self.make(Change::Meter { node: id, meter: read });
            }
        }
        if let Some(meter) = self.cluster.fixed {
            let (read, charge) = meter.charge(now, tail);
            charged = charged + charge;
            self.make(Change::Fixed(Some(read)));
        }
        self.post(charged);
    }

    fn post(&mut self, charged: MicroUsd) {
        let Some(Reservation { number, amount, payers }) = self.cluster.account.reservation.clone() else {
            return;
        };
        for (payer, amount) in payers::split(charged.min(amount), &payers) {
            if amount > MicroUsd::ZERO {
                let mut key = format!("charge:{number}:{}", self.now.0);
                if let Some(user) = &payer {
                    key.extend([":", user.as_str()]);
                }
                self.enter(key, "nodes' time", Posting::Charge { reservation: number, payer, amount });
            }
        }
    }

    /// Ends the pending reservation if its time was charged, and makes the next one for what is held.
    ///
    /// After a correction the balance may be less than what is held. Then the pending reservation stands until its last
    /// meter has ended: it holds enough, and nothing was renewed.
    pub(super) fn reserve(&mut self) {
        if !self.settled {
            return;
        }
        let pending = self.cluster.account.reservation.clone();
        let is_held = !self.cluster.nodes.is_empty() || self.cluster.fixed.is_some();
        let amount = held(&self.cluster, self.policy.terms).ceil();
        if is_held && amount > self.cluster.account.balance {
            return;
        }
        if let Some(Reservation { number, .. }) = &pending {
            let posting = Posting::Settle { reservation: *number };
            self.enter(format!("settle:{number}"), "the rest is available again", posting);
        }
        if is_held {
            let sizing = size(&self.cluster, self.now, self.policy.terms);
            let so_far = pending.map(|pending| pending.payers).unwrap_or_default();
            let payers = payers::payers(&self.cluster, sizing.target, sizing.demand, self.now, &so_far);
            let number = self.cluster.account.reservations_made;
            let posting = Posting::Reserve(Reservation { number, amount, payers });
            self.enter(format!("reserve:{number}"), "time held by nodes", posting);
        }
    }

    /// What is recorded and what is done. Of the readings of a meter only the last is kept.
    pub(super) fn into_parts(self) -> (Vec<Change>, Vec<Effect>) {
        let mut read = BTreeSet::new();
        let mut changes: Vec<Change> = self.changes;
        changes.reverse();
        changes.retain(|change| match change {
            Change::Meter { node, .. } => read.insert(node.clone()),
            _ => true,
        });
        changes.reverse();
        let effects = self.withdrawals.into_iter().chain(self.endings).chain(self.launches).collect();
        (changes, effects)
    }
}
