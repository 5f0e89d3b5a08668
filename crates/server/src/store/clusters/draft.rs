//! A decision on its way into the database: checked against the domain's own rules, then turned into rows.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use sliderule_api::{MicroUsd, NodeId, RequestId, UserName};
use sliderule_provisioning::account::{Account, Entry, Posting};
use sliderule_provisioning::change::{Breach, Change, Notice};
use sliderule_provisioning::cluster::{Cluster, Node, Request};
use sliderule_provisioning::time::Moment;

use super::read::Kept;
use crate::store::AuditLine;

/// A decision that breaks no rule the domain knows. What it says of a row more than once is one change of that row.
#[derive(Clone, Debug)]
pub(in crate::store) struct Draft {
    /// The cluster before.
    pub(in crate::store) kept: Kept,
    /// The cluster afterwards.
    pub(in crate::store) after: Arc<Cluster>,
    /// New lines of the ledger, each with the money after it.
    pub(super) entries: Vec<(Entry, Account)>,
    /// New requests, and what they may cost at most.
    pub(super) placed: BTreeMap<RequestId, MicroUsd>,
    /// Requests that changed and are open.
    pub(super) altered: BTreeSet<RequestId>,
    /// Requests that were closed, as they were last, and when.
    pub(super) closed: Vec<(Request, Moment)>,
    /// Keys of orders.
    pub(in crate::store) keyed: Vec<Keyed>,
    /// New nodes.
    pub(super) begun: BTreeSet<NodeId>,
    /// Nodes that are somewhere else in their life.
    pub(super) moved: BTreeSet<NodeId>,
    /// Nodes whose time was read or renewed.
    pub(super) metered: BTreeSet<NodeId>,
    /// Nodes that are gone, as they were last, when, and whether that is a failed boot.
    pub(super) ended: Vec<(Node, Moment, bool)>,
    /// What people are told.
    pub(super) notices: Vec<Notice>,
    /// What the audit log is told.
    pub(super) lines: Vec<AuditLine>,
}

/// A key of an order, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Keyed {
    /// Whose.
    pub(super) user: UserName,
    /// The key.
    pub(super) key: String,
    /// The order.
    pub(super) order: String,
    /// The request it led to.
    pub(super) request: RequestId,
}

impl Keyed {
    /// Whether it is the same user's key. Names that differ in case only are one user's.
    pub(in crate::store) fn is_the_key_of(&self, other: &Self) -> bool {
        self.user.as_str().eq_ignore_ascii_case(other.user.as_str()) && self.key == other.key
    }

    /// Whether it stands for the same.
    pub(in crate::store) fn stands_for_that_of(&self, other: &Self) -> bool {
        (&self.order, &self.request) == (&other.order, &other.request)
    }
}

impl Draft {
    /// Makes the changes in memory.
    ///
    /// # Errors
    /// The rule that one of them would break.
    pub(super) fn of(kept: Kept, changes: Vec<Change>) -> Result<Self, Breach> {
        let mut draft = Self {
            after: kept.cluster.clone(),
            kept,
            entries: Vec::new(),
            placed: BTreeMap::new(),
            altered: BTreeSet::new(),
            closed: Vec::new(),
            keyed: Vec::new(),
            begun: BTreeSet::new(),
            moved: BTreeSet::new(),
            metered: BTreeSet::new(),
            ended: Vec::new(),
            notices: Vec::new(),
            lines: Vec::new(),
        };
        let mut keys = HashSet::new();
        for change in changes {
            if let Change::Enter(Entry { key, .. }) = &change
                && !keys.insert(key.clone())
            {
                return Err(Breach::KeyTaken(key.clone()));
            }
            draft.make(change)?;
        }
        Ok(draft)
    }

    fn make(&mut self, change: Change) -> Result<(), Breach> {
        // What is closed or gone is no longer part of the cluster once the change is made.
        let request = |id: &RequestId| self.after.requests.iter().find(|open| open.id == *id).cloned();
        let node = |id: &NodeId| self.after.nodes.iter().find(|node| node.id == *id).cloned();
        match &change {
            Change::Close { id, at } => self.closed.extend(request(id).map(|request| (request, *at))),
            Change::Gone { node: id, at, failed_boot } => {
                self.ended.extend(node(id).map(|node| (node, *at, *failed_boot)));
            }
            _ => {}
        }
        Arc::make_mut(&mut self.after).apply(&change)?;
        match change {
            Change::Place { request, cost } => {
                let earlier = self.placed.insert(request.id.clone(), cost);
                if earlier.is_some() {
                    return Err(Breach::Request(request.id));
                }
            }
            Change::Alter { id, .. } => drop(self.altered.insert(id)),
            Change::Keyed { user, key, order, request } => {
                self.key(Keyed { user, key, order, request })?;
            }
            Change::Begin(node) => {
                let is_new = self.begun.insert(node.id.clone());
                if !is_new {
                    return Err(Breach::Node(node.id));
                }
            }
            Change::Move { node, .. } => drop(self.moved.insert(node)),
            Change::Meter { node, .. } => drop(self.metered.insert(node)),
            Change::Enter(entry) => self.entries.push((entry, self.after.account.clone())),
            Change::Notify(notice) => self.notices.push(notice),
            _ => {}
        }
        Ok(())
    }

    fn key(&mut self, new: Keyed) -> Result<(), Breach> {
        match self.keyed.iter().find(|known| known.is_the_key_of(&new)) {
            Some(known) if known.stands_for_that_of(&new) => {}
            Some(_) => return Err(Breach::OrderKeyTaken),
            None => self.keyed.push(new),
        }
        Ok(())
    }

    /// The same, with what the audit log is told of it.
    pub(super) fn told(mut self, line: Option<AuditLine>) -> Self {
        self.lines.extend(line);
        self
    }

    /// Both become one: first this one, then `next`, which was made on what this one leads to.
    ///
    /// # Errors
    /// What one of them makes the other one makes, too.
    pub(in crate::store) fn followed_by(&mut self, next: &Self) -> Result<(), Breach> {
        for (id, cost) in &next.placed {
            if self.placed.insert(id.clone(), *cost).is_some() {
                return Err(Breach::Request(id.clone()));
            }
        }
        for id in &next.begun {
            if !self.begun.insert(id.clone()) {
                return Err(Breach::Node(id.clone()));
            }
        }
        for keyed in &next.keyed {
            self.key(keyed.clone())?;
        }
        self.entries.extend_from_slice(&next.entries);
        self.closed.extend_from_slice(&next.closed);
        self.ended.extend_from_slice(&next.ended);
        self.notices.extend_from_slice(&next.notices);
        self.lines.extend_from_slice(&next.lines);
        self.altered.extend(next.altered.iter().cloned());
        self.moved.extend(next.moved.iter().cloned());
        self.metered.extend(next.metered.iter().cloned());
        self.after = next.after.clone();
        Ok(())
    }

    /// The cluster as it stands in the database once this is made.
    pub(in crate::store) fn made(&self) -> Kept {
        let lines = i64::try_from(self.entries.len()).unwrap_or(i64::MAX);
        Kept { id: self.kept.id, line: self.kept.line.saturating_add(lines), cluster: self.after.clone() }
    }

    /// Everybody whom the rows name.
    pub(super) fn users(&self) -> impl Iterator<Item = &UserName> {
        let placed = self.after.requests.iter().chain(self.closed.iter().map(|(request, _)| request));
        let placed =
            placed.filter(|request| self.placed.contains_key(&request.id)).map(|request| &request.user);
        let payers = self.entries.iter().flat_map(|(entry, _)| {
            let (reserve, charge) = match &entry.posting {
                Posting::Reserve(new) => (new.payers.as_slice(), None),
                Posting::Charge { payer, .. } => (Default::default(), payer.as_ref()),
                _ => Default::default(),
            };
            reserve.iter().filter_map(|payer| payer.user.as_ref()).chain(charge)
        });
        let told = self.notices.iter().filter_map(|notice| notice.user.as_ref());
        placed.chain(payers).chain(told).chain(self.keyed.iter().map(|keyed| &keyed.user))
    }
}
