//! What waits to be written, and what clusters will be like once it is.
//!
//! A decision that is made while others about the same cluster wait is made on what they lead to: the tip. So any
//! number of them can share a transaction. They are written in the order in which they were left here, and one that is
//! not written takes all with it that were made on what it would have led to.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::store::{StoreError, Writer};
use sliderule_provisioning::change::Breach;
use tokio::sync::oneshot::Sender;

use super::{Answer, Decision, Entry};
use crate::store::clusters::{Draft, Kept, Keyed};
use crate::store::remembered::{Newest, Remembered};

/// How much is written in one transaction at most.
const TOGETHER: usize = 512;

/// What waits.
#[derive(Debug, Default)]
pub(in crate::store) struct Pending {
    queue: VecDeque<Entry>,
    tips: HashMap<OrganizationName, Tip>,
    /// Entries that were ever taken to be written.
    taken: u64,
    is_led: bool,
}

/// What a cluster will be like.
#[derive(Debug)]
struct Tip {
    kept: Kept,
    /// Keys of orders that will stand for something by then, each with the number of the entry that says so.
    keys: Vec<(u64, Keyed)>,
}

/// A decision that was left to be written.
pub(in crate::store) struct Offer {
    /// Somebody must begin to lead.
    pub(super) nobody_leads: bool,
    /// Drafts that are not written, since a key of theirs will stand for another order.
    pub(super) breaches: Vec<(OrganizationName, Breach)>,
}

impl Pending {
    /// Leaves something to be written; the answer is whether somebody must begin to lead.
    pub(super) fn push(&mut self, entry: Entry) -> bool {
        self.queue.push_back(entry);
        !std::mem::replace(&mut self.is_led, true)
    }

    /// What is written next.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        let number = self.queue.len().min(TOGETHER);
        self.taken += number as u64;
        self.queue.drain(..number).collect()
    }

    /// Whether nothing waits; then nobody leads from now on.
    pub(super) fn is_done(&mut self) -> bool {
        self.is_led = !self.queue.is_empty();
        !self.is_led
    }

    /// Nobody will write what waits; who waits for it learns that by losing it.
    pub(super) fn abandon(&mut self) {
        *self = Self::default();
    }

    /// What clusters would be like is not known any more.
    pub(in crate::store) fn drop_tips(&mut self) {
        self.tips.clear();
    }

    /// A cluster is as it is here, durably, and everything that was taken is written.
    pub(in crate::store) fn written(&mut self, kept: &Kept) {
        let organization = &kept.cluster.organization;
        let Some(tip) = self.tips.get_mut(organization) else { return };
        if tip.kept.is(kept) {
            self.tips.remove(organization);
        } else {
            let taken = self.taken;
            tip.keys.retain(|(number, _)| *number > taken);
        }
    }
}

impl Remembered {
    /// What a cluster will be like once everything is written that waits.
    pub(in crate::store) fn newest(&self, organization: &OrganizationName) -> Option<Newest> {
        let tip = self.pending.tips.get(organization);
        let tip = tip.map(|tip| Newest { kept: tip.kept.clone(), is_durable: false });
        tip.or_else(|| self.cluster(organization).cloned().map(Newest::from))
    }

    /// Leaves a decision to be written, if all that it was made on is still the newest.
    pub(super) fn offer(
        &mut self,
        mut decision: Decision,
        entry: impl FnOnce(Decision) -> Entry,
    ) -> Option<Offer> {
        let is_newest =
            |kept: &Kept| self.newest(&kept.cluster.organization).is_some_and(|newest| newest.kept.is(kept));
        if !decision.bases().all(is_newest) {
            return None;
        }
        let mut breaches = Vec::new();
        let mut drafts = Vec::new();
        for mut draft in std::mem::take(&mut decision.drafts) {
            match self.settle_keys(&mut draft) {
                Ok(()) => drafts.push(draft),
                Err(breach) => {
                    breaches.push((draft.after.organization.clone(), breach));
                    decision.rests_on.push(draft.kept.clone());
                }
            }
        }
        let number = self.pending.taken + self.pending.queue.len() as u64 + 1;
        for draft in &drafts {
            let kept = draft.made();
            let organization = kept.cluster.organization.clone();
            let keys = draft.keyed.iter().map(|keyed| (number, keyed.clone()));
            let tip = self.pending.tips.entry(organization);
            let tip = tip.or_insert_with(|| Tip { kept: kept.clone(), keys: Vec::new() });
            tip.keys.extend(keys);
            tip.kept = kept;
        }
        decision.drafts = drafts;
        let nobody_leads = self.pending.push(entry(decision));
        Some(Offer { nobody_leads, breaches })
    }

    /// Leaves out the decisions that were made on another state than they would be written on, or by a server that is
    /// over; who waits for those, and what to tell them, is the second part of the answer.
    pub(super) fn sort_out(&mut self, entries: Vec<Entry>) -> (Vec<Entry>, Vec<(Sender<Answer>, Answer)>) {
        let (mut good, mut bad) = (Vec::with_capacity(entries.len()), Vec::new());
        let mut after: HashMap<OrganizationName, Kept> = HashMap::new();
        for entry in entries {
            match entry.decision().and_then(|decision| self.objection(decision, &after)) {
                Some(objection) => bad.push((entry.answer, objection)),
                None => {
                    let drafts = entry.decision().map(|decision| decision.drafts.as_slice());
                    let made = drafts.unwrap_or_default().iter().map(|draft| draft.made());
                    after.extend(made.map(|kept| (kept.cluster.organization.clone(), kept)));
                    good.push(entry);
                }
            }
        }
        if !bad.is_empty() {
            self.pending.drop_tips();
        }
        (good, bad)
    }

    /// Why a decision cannot be written after others that lead to those clusters.
    fn objection(&self, decision: &Decision, after: &HashMap<OrganizationName, Kept>) -> Option<Answer> {
        match (decision.writer, self.epoch()) {
            (Writer::Server(epoch), Some(latest)) if epoch < latest => {
                return Some(Answer::Failed(StoreError::Fenced));
            }
            (Writer::Server(_), None) => return Some(Answer::Outdated),
            (Writer::Server(_), Some(_)) | (Writer::Operator, _) => {}
        }
        let is_present = |kept: &Kept| {
            let organization = &kept.cluster.organization;
            let present = after.get(organization).or_else(|| self.cluster(organization));
            present.is_some_and(|present| present.is(kept))
        };
        (!decision.bases().all(is_present)).then_some(Answer::Outdated)
    }

    /// Leaves out the keys that will stand for the same order and request already.
    fn settle_keys(&self, draft: &mut Arc<Draft>) -> Result<(), Breach> {
        let Some(tip) = self.pending.tips.get(&draft.after.organization) else { return Ok(()) };
        for keyed in draft.keyed.clone() {
            match tip.keys.iter().find(|(_, known)| known.is_the_key_of(&keyed)) {
                Some((_, known)) if known.stands_for_that_of(&keyed) => {
                    Arc::make_mut(draft).keyed.retain(|other| *other != keyed);
                }
                Some(_) => return Err(Breach::OrderKeyTaken),
                None => {}
            }
        }
        Ok(())
    }
}
