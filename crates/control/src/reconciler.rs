//! Brings every cluster to the size it shall have, and keeps it there.
//!
//! One pass over an organization: list what exists, read what is wanted, plan, act. The order of a step is
//! always intent first (the store), then the act (the engine); what came of it is observed by a later pass.
//! So the reconciler may be killed between any two steps and its successor carries on. Passes never overlap, and
//! nothing they meet stops the others: a failure is logged and the next pass tries again.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sliderule_api::{NodeId, OrganizationName};
use sliderule_engines::{ClusterEngine, EngineError, ListedNode};
use sliderule_provisioning::cluster::{Cluster, Moment, NodeState};
use sliderule_provisioning::plan::{Seen, plan};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::carry_out::CarryOut;
use crate::memory::Memory;
use crate::{Clock, Store, StoreError, Traffic};

mod stop;

/// How long a lost wake-up can go unnoticed.
pub const PERIOD: Duration = Duration::from_secs(10);

/// Why a pass could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Runs the domain's plans over store, engine and traffic.
pub struct Reconciler {
    store: Arc<dyn Store>,
    engine: Arc<dyn ClusterEngine>,
    clock: Arc<dyn Clock>,
    traffic: Arc<dyn Traffic>,
    woken: Mutex<BTreeSet<OrganizationName>>,
    notify: Notify,
    /// Held during a pass: two at once would both launch what is missing.
    memory: tokio::sync::Mutex<Memory>,
}

/// What the cluster is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Whatever its requests say.
    AsAsked,
    /// Nothing: the system stops.
    Nothing,
}

impl Reconciler {
    /// A reconciler that does nothing until [`run`](Self::run).
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        engine: Arc<dyn ClusterEngine>,
        clock: Arc<dyn Clock>,
        traffic: Arc<dyn Traffic>,
    ) -> Self {
        Self {
            store,
            engine,
            clock,
            traffic,
            woken: Mutex::default(),
            notify: Notify::new(),
            memory: tokio::sync::Mutex::default(),
        }
    }

    /// Something about the organization changed: look at it now. Returns at once.
    pub fn wake(&self, organization: &OrganizationName) {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner).insert(organization.clone());
        self.notify.notify_one();
    }

    /// Reconciles until `shutdown`: everything now and every [`PERIOD`], an organization when it is woken and
    /// when its plan said. Nodes are left as they are; see [`stop_all`](Self::stop_all).
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut next_round = Instant::now();
        let mut due: BTreeMap<OrganizationName, Instant> = BTreeMap::new();
        loop {
            let wake_at = due.values().copied().fold(next_round, Instant::min);
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                () = self.notify.notified() => {}
                () = sleep_until(wake_at) => {}
            }
            let now = Instant::now();
            let mut woken = std::mem::take(&mut *self.woken.lock().unwrap_or_else(PoisonError::into_inner));
            due.retain(|organization, at| {
                let is_due = *at <= now;
                if is_due {
                    woken.insert(organization.clone());
                }
                !is_due
            });
            let whole_round = next_round <= now;
            if whole_round {
                next_round = now + PERIOD;
            }
            // A pass is never abandoned half-way for a shutdown: it is short.
            due.extend(self.round(woken, whole_round).await);
        }
    }

    /// One pass over one organization. Returns when its cluster is to be looked at again.
    ///
    /// # Errors
    /// The engine could not list or the store could not be read; nothing was done then.
    pub async fn reconcile(&self, organization: &OrganizationName) -> Result<Option<Moment>, ReconcileError> {
        let mut memory = self.memory.lock().await;
        let listed = self.engine.list().await?;
        self.pass(organization, &listed, Wanted::AsAsked, &mut memory).await
    }

    /// One listing, and a pass over each organization: those `woken`, or all of them.
    async fn round(
        &self,
        woken: BTreeSet<OrganizationName>,
        all: bool,
    ) -> BTreeMap<OrganizationName, Instant> {
        let mut due = BTreeMap::new();
        let retry = Instant::now() + Duration::from_secs(1);
        let mut memory = self.memory.lock().await;
        let Some(listed) = logged("listing the nodes", self.engine.list().await) else {
            due.extend(woken.into_iter().map(|organization| (organization, retry)));
            return due;
        };
        let mut organizations = woken;
        if all {
            let known = logged("listing the organizations", self.organizations(&listed).await);
            organizations.extend(known.unwrap_or_default());
        }
        for organization in organizations {
            match self.pass(&organization, &listed, Wanted::AsAsked, &mut memory).await {
                Ok(Some(wake)) => {
                    due.insert(organization, Instant::now() + wake.since(self.clock.now()));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%organization, %error, "a cluster could not be reconciled");
                    due.insert(organization, retry);
                }
            }
        }
        due
    }

    /// Every organization of the store, and every one that a listed node names.
    async fn organizations(&self, listed: &[ListedNode]) -> Result<BTreeSet<OrganizationName>, StoreError> {
        let mut organizations: BTreeSet<_> = self.store.organizations().await?.into_iter().collect();
        organizations.extend(listed.iter().filter_map(|node| node.organization.clone()));
        Ok(organizations)
    }

    /// Reads, plans and acts. `listed` was taken before, by whoever holds the lock on the memory.
    async fn pass(
        &self,
        organization: &OrganizationName,
        listed: &[ListedNode],
        wanted: Wanted,
        memory: &mut Memory,
    ) -> Result<Option<Moment>, ReconcileError> {
        let Some(mut cluster) = self.store.cluster(organization).await? else {
            for ListedNode { id, .. } in
                listed.iter().filter(|node| node.organization.as_ref() == Some(organization))
            {
                tracing::warn!(%organization, node = %id, "killing a node of an organization that does not exist");
                self.engine.kill(id).await?;
            }
            return Ok(None);
        };
        let mut seen = seen(&cluster, listed);
        if memory.is_first_look(organization) {
            self.adopt(&cluster, &seen);
        }
        let missing =
            ready(&cluster, &seen).filter(|(_, address)| !self.traffic.is_member(organization, address));
        for lost in memory.lost(organization, missing.map(|(id, _)| id.clone()), self.engine.terms()) {
            tracing::warn!(%organization, node = %lost, "a ready node does not register any more; it is replaced");
            // Whose runner is gone is not waited for.
            seen.entry(lost).and_modify(|seen| {
                if *seen == Seen::Leased {
                    *seen = Seen::Lost
                }
            });
        }
        if wanted == Wanted::Nothing {
            // In this copy only: nothing is wanted of a suspended cluster, whatever is asked of it.
            cluster.suspended = true;
        }
        let plan = plan(&cluster, &seen, self.clock.now(), self.engine.terms());
        let carry_out = CarryOut {
            store: &*self.store,
            engine: &*self.engine,
            clock: &*self.clock,
            traffic: &*self.traffic,
            cluster: &cluster,
        };
        for action in &plan.actions {
            carry_out.action(action).await;
        }
        Ok(plan.next_wake)
    }

    /// Nodes that an earlier process left ready serve at once, before they register anew.
    fn adopt(&self, cluster: &Cluster, seen: &BTreeMap<NodeId, Seen>) {
        for (id, address) in ready(cluster, seen) {
            tracing::info!(organization = %cluster.organization, node = %id, "adopted a running node");
            self.traffic.admit(&cluster.organization, address);
        }
    }
}

/// The cluster's part of the listing. A node of which the engine cannot say whose it is belongs to whoever
/// has a record of it.
fn seen(cluster: &Cluster, listed: &[ListedNode]) -> BTreeMap<NodeId, Seen> {
    let is_ours = |node: &&ListedNode| match &node.organization {
        Some(organization) => *organization == cluster.organization,
        None => cluster.nodes.iter().any(|stored| stored.id == node.id),
    };
    let seen = |node: &ListedNode| if node.has_runner { Seen::Leased } else { Seen::Unleased };
    listed.iter().filter(is_ours).map(|node| (node.id.clone(), seen(node))).collect()
}

/// The cluster's nodes that are recorded as ready and exist, and where.
fn ready<'a>(
    cluster: &'a Cluster,
    seen: &BTreeMap<NodeId, Seen>,
) -> impl Iterator<Item = (&'a NodeId, &'a str)> {
    let ready =
        cluster.nodes.iter().filter(|node| node.state == NodeState::Ready && seen.contains_key(&node.id));
    ready.filter_map(|node| Some((&node.id, node.address.as_deref()?)))
}

/// The value, or `None` and a line in the log: the next pass tries again.
fn logged<T, E: std::fmt::Display>(doing: &str, outcome: Result<T, E>) -> Option<T> {
    outcome.map_err(|error| tracing::error!(%error, "{doing} failed; it is tried again")).ok()
}

fn named(organization: &OrganizationName, error: impl std::fmt::Display) -> String {
    format!("{organization}: {error}")
}
