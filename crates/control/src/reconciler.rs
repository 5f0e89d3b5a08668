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
use sliderule_provisioning::plan::{WATCH, plan};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::carry_out::CarryOut;
use crate::{Clock, Store, StoreError, Traffic};

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
    /// Held during a pass: two at once would both launch what is missing. Holds the organizations whose
    /// ready nodes this process has admitted to the traffic.
    adopted: tokio::sync::Mutex<BTreeSet<OrganizationName>>,
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
            adopted: tokio::sync::Mutex::default(),
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
        let mut adopted = self.adopted.lock().await;
        let listed = self.engine.list().await?;
        self.pass(organization, &listed, Wanted::AsAsked, &mut adopted).await
    }

    /// Ends every node of every organization: no new requests, then the tail to finish, then the end. Returns
    /// once none is listed and all are recorded as gone, or when `patience` is over; then says how many are left.
    /// Call it after [`run`](Self::run) has returned.
    pub async fn stop_all(&self, patience: Duration) -> usize {
        let mut adopted = self.adopted.lock().await;
        let begun = Instant::now();
        let mut pause = Duration::from_millis(50);
        loop {
            let left = self.stop_round(begun, &mut adopted).await;
            if left == Some(0) || begun.elapsed() >= patience {
                return left.unwrap_or(usize::MAX);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(WATCH);
        }
    }

    /// One round of stopping: how many nodes are left, if that could be found out.
    async fn stop_round(&self, begun: Instant, adopted: &mut BTreeSet<OrganizationName>) -> Option<usize> {
        let listed = logged("listing the nodes", self.engine.list().await)?;
        let organizations = logged("listing the organizations", self.organizations(&listed).await)?;
        let mut stored = 0;
        for organization in &organizations {
            let passed = self.pass(organization, &listed, Wanted::Nothing, adopted).await;
            logged("stopping a cluster", passed.map_err(|error| named(organization, error)));
            let cluster = self.store.cluster(organization).await;
            let cluster = logged("reading a cluster", cluster.map_err(|error| named(organization, error)))?;
            stored += cluster.map_or(0, |cluster| cluster.nodes.len());
        }
        if begun.elapsed() >= self.engine.terms().tail {
            for node in &listed {
                logged("killing a node", self.engine.kill(&node.id).await);
            }
        }
        Some(stored.max(listed.len()))
    }

    /// One listing, and a pass over each organization: those `woken`, or all of them.
    async fn round(
        &self,
        woken: BTreeSet<OrganizationName>,
        all: bool,
    ) -> BTreeMap<OrganizationName, Instant> {
        let mut due = BTreeMap::new();
        let retry = Instant::now() + Duration::from_secs(1);
        let mut adopted = self.adopted.lock().await;
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
            match self.pass(&organization, &listed, Wanted::AsAsked, &mut adopted).await {
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
        organizations.extend(listed.iter().map(|node| node.organization.clone()));
        Ok(organizations)
    }

    /// Reads, plans and acts. `listed` was taken before, by whoever holds the lock on `adopted`.
    async fn pass(
        &self,
        organization: &OrganizationName,
        listed: &[ListedNode],
        wanted: Wanted,
        adopted: &mut BTreeSet<OrganizationName>,
    ) -> Result<Option<Moment>, ReconcileError> {
        let listed: BTreeSet<NodeId> = listed
            .iter()
            .filter(|node| node.organization == *organization)
            .map(|node| node.id.clone())
            .collect();
        let Some(mut cluster) = self.store.cluster(organization).await? else {
            for node in &listed {
                tracing::warn!(%organization, %node, "killing a node of an organization that does not exist");
                self.engine.kill(node).await?;
            }
            return Ok(None);
        };
        if adopted.insert(organization.clone()) {
            self.adopt(&cluster, &listed);
        }
        if wanted == Wanted::Nothing {
            // In this copy only: nothing is wanted of a suspended cluster, whatever is asked of it.
            cluster.suspended = true;
        }
        let plan = plan(&cluster, &listed, self.clock.now(), self.engine.terms());
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
    fn adopt(&self, cluster: &Cluster, listed: &BTreeSet<NodeId>) {
        for node in &cluster.nodes {
            if let (NodeState::Ready, Some(address), true) =
                (node.state, &node.address, listed.contains(&node.id))
            {
                tracing::info!(organization = %cluster.organization, node = %node.id, "adopted a running node");
                self.traffic.admit(&cluster.organization, address);
            }
        }
    }
}

/// The value, or `None` and a line in the log: the next pass tries again.
fn logged<T, E: std::fmt::Display>(doing: &str, outcome: Result<T, E>) -> Option<T> {
    outcome.map_err(|error| tracing::error!(%error, "{doing} failed; it is tried again")).ok()
}

fn named(organization: &OrganizationName, error: impl std::fmt::Display) -> String {
    format!("{organization}: {error}")
}
