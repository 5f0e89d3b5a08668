//! The store as a model: in memory, deterministic, and every future ready at once.
//!
//! It says what every other store must do: clusters are changed by `Cluster::apply` and nothing else, and beyond
//! that only keys are kept unique. The simulator runs over it and audits what was made.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sliderule_api::{MicroUsd, NodeId, OrganizationName, RequestId, UserName};
use sliderule_provisioning::account::Month;
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

use crate::store::{Changed, Decide, Epoch, Store, StoreError, Writer};

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The decision it belongs to, numbered from 0 in the order in which they were made.
    pub decision: u64,
    /// Whose cluster changed.
    pub organization: OrganizationName,
    /// What changed.
    pub change: Change,
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct ModelStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clusters: BTreeMap<OrganizationName, Kept>,
    /// Every node there ever was: ids are unique over all organizations and for all time.
    nodes: BTreeSet<NodeId>,
    /// Every request there ever was.
    requests: BTreeSet<RequestId>,
    epoch: u64,
    decisions: u64,
    made: Vec<Made>,
}

/// A cluster, and the keys of its organization that are taken.
#[derive(Debug)]
struct Kept {
    cluster: Cluster,
    keys: Keys,
}

/// Keys that are taken.
#[derive(Debug, Default)]
struct Keys {
    entries: HashSet<String>,
    notices: HashSet<String>,
    orders: BTreeMap<(UserName, String), (String, RequestId)>,
}

impl ModelStore {
    /// Without any organization.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an organization, or puts `cluster` in place of what it was.
    pub fn add(&self, cluster: Cluster) {
        let mut state = self.state();
        state.nodes.extend(cluster.nodes.iter().map(|node| node.id.clone()));
        state.requests.extend(cluster.requests.iter().map(|request| request.id.clone()));
        let organization = cluster.organization.clone();
        let kept = Kept { cluster, keys: Keys::default() };
        state.clusters.insert(organization, kept);
    }

    /// The organization's cluster as it is now.
    #[must_use]
    pub fn read(&self, organization: &OrganizationName) -> Option<Cluster> {
        self.state().clusters.get(organization).map(|kept| kept.cluster.clone())
    }

    /// All that was made since it was last taken, in order.
    #[must_use]
    pub fn take_made(&self) -> Vec<Made> {
        std::mem::take(&mut self.state().made)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes all of the changes to one cluster, or none.
    fn make(&mut self, organization: &OrganizationName, changes: Vec<Change>) -> Result<(), Breach> {
        let Some(kept) = self.clusters.get(organization).filter(|_| !changes.is_empty()) else {
            return Ok(());
        };
        let (mut cluster, mut keys) = (kept.cluster.clone(), Keys::default());
        let (mut nodes, mut requests, mut made) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            match &change {
                Change::Begin(node) if self.nodes.contains(&node.id) => {
                    return Err(Breach::Node(node.id.clone()));
                }
                Change::Place { request, .. } if self.requests.contains(&request.id) => {
                    return Err(Breach::Request(request.id.clone()));
                }
                Change::Begin(node) => nodes.push(node.id.clone()),
                Change::Place { request, .. } => requests.push(request.id.clone()),
                _ => {}
            }
            if keys.take(&change, &kept.keys)? {
                cluster.apply(&change)?;
                made.push(change);
            }
        }
        if let Some(kept) = self.clusters.get_mut(organization) {
            kept.cluster = cluster;
            kept.keys.add(keys);
        }
        self.nodes.extend(nodes);
        self.requests.extend(requests);
        let decision = self.decisions;
        self.decisions += 1;
        let of_this = |change| Made { decision, organization: organization.clone(), change };
        self.made.extend(made.into_iter().map(of_this));
        Ok(())
    }
}

impl Keys {
    /// Takes the key of a change that has one, unless it is among these or those that were `taken` before. Returns
    /// whether the change is to be made: what people were told is not told again, nor an order kept twice, and
    /// neither is a reason to refuse the rest.
    fn take(&mut self, change: &Change, taken: &Self) -> Result<bool, Breach> {
        match change {
            Change::Enter(entry) => {
                let is_free = !taken.entries.contains(&entry.key) && self.entries.insert(entry.key.clone());
                return if is_free { Ok(true) } else { Err(Breach::KeyTaken(entry.key.clone())) };
            }
            Change::Notify(notice) => {
                return Ok(!taken.notices.contains(&notice.key) && self.notices.insert(notice.key.clone()));
            }
            Change::Keyed { user, key, order, request } => {
                let (slot, meaning) = ((user.clone(), key.clone()), (order.clone(), request.clone()));
                match taken.orders.get(&slot).or_else(|| self.orders.get(&slot)) {
                    Some(known) if *known == meaning => return Ok(false),
                    Some(_) => return Err(Breach::OrderKeyTaken),
                    None => self.orders.insert(slot, meaning),
                };
            }
            _ => {}
        }
        Ok(true)
    }

    fn add(&mut self, more: Self) {
        self.entries.extend(more.entries);
        self.notices.extend(more.notices);
        self.orders.extend(more.orders);
    }
}

#[async_trait]
impl Store for ModelStore {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        let mut state = self.state();
        state.epoch += 1;
        Ok(Epoch(state.epoch))
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        Ok(self.state().clusters.keys().cloned().collect())
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        let state = self.state();
        let busy = state.clusters.iter().filter(|(_, kept)| is_busy(&kept.cluster, now));
        Ok(busy.map(|(organization, _)| organization.clone()).collect())
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        Ok(self.read(organization))
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        let mut state = self.state();
        if matches!(writer, Writer::Server(Epoch(epoch)) if epoch < state.epoch) {
            return Err(StoreError::Fenced);
        }
        let mut changed = Vec::new();
        for organization in organizations {
            let Some(kept) = state.clusters.get(organization) else { continue };
            let changes = decide(&kept.cluster);
            let outcome = state.make(organization, changes);
            changed.push(Changed { organization: organization.clone(), outcome });
        }
        Ok(changed)
    }
}

/// Whether time alone may bring something to do for the cluster.
fn is_busy(cluster: &Cluster, now: Moment) -> bool {
    let allowance = cluster.account.allowance;
    !cluster.nodes.is_empty()
        || !cluster.requests.is_empty()
        || cluster.limits.min_nodes > 0
        || cluster.account.reservation.is_some()
        || (allowance.monthly > MicroUsd::ZERO && allowance.credited_through < Month::of(now))
}
