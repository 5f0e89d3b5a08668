//! The registries of all clusters, behind one lock, with the clock and the dice they need.
//!
//! The lock is never held across an await, and nothing under it allocates more than a cluster's handful
//! of nodes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sliderule_api::OrganizationName;

use crate::NodeAddress;
use crate::discovery::Registry;

/// The registries of all clusters.
#[derive(Debug, Default)]
pub(crate) struct Members {
    registries: Mutex<BTreeMap<OrganizationName, Registry>>,
}

impl Members {
    /// Does something with a cluster's registry, which is made if it is new. Only for organizations that
    /// are known to exist.
    pub(crate) fn with<T>(
        &self,
        organization: &OrganizationName,
        act: impl FnOnce(&mut Registry, Instant) -> T,
    ) -> T {
        let mut registries = self.lock();
        let fresh = || Registry::new(rand::random());
        act(registries.entry(organization.clone()).or_insert_with(fresh), Instant::now())
    }

    /// Reads a cluster's registry; the default where the cluster has none yet.
    pub(crate) fn read<T: Default>(
        &self,
        organization: &OrganizationName,
        act: impl FnOnce(&mut Registry, Instant) -> T,
    ) -> T {
        self.lock().get_mut(organization).map(|registry| act(registry, Instant::now())).unwrap_or_default()
    }

    /// Chooses a node for a request and counts the request on it until the claim is dropped.
    pub(crate) fn claim(
        self: &Arc<Self>,
        organization: &OrganizationName,
        tried: &[NodeAddress],
    ) -> Option<Claim> {
        let address = self.read(organization, |registry, now| registry.begin(tried, rand::random(), now))?;
        Some(Claim { members: Arc::clone(self), organization: organization.clone(), address })
    }

    /// A panic elsewhere cannot leave a registry half changed in a way that matters: go on.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<OrganizationName, Registry>> {
        self.registries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that runs on a node. Dropping it says that the request has ended.
#[derive(Debug)]
pub(crate) struct Claim {
    members: Arc<Members>,
    organization: OrganizationName,
    /// The node that was chosen.
    pub(crate) address: NodeAddress,
}

impl Claim {
    /// Nothing listens at the node's address: leave it out until it registers again.
    pub(crate) fn forget_node(&self) {
        self.members.read(&self.organization, |registry, _| registry.forget(self.address));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.members.read(&self.organization, |registry, _| registry.finish(self.address));
    }
}
