//! What the reconciler asks of a database.
//!
//! Each method is one transaction. Money and the intent it pays for change together or not at all.

use std::time::Duration;

use async_trait::async_trait;
use sliderule_api::{MicroUsd, NodeId, OrganizationName, ReleaseVersion};
use sliderule_provisioning::cluster::{Cluster, Moment, Terms};

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
#[error("the store failed while it {doing}: {source}")]
pub struct StoreError {
    /// What it was doing.
    pub doing: &'static str,
    /// Why it failed.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A node about to be launched, with what pays for it.
#[derive(Clone, Debug)]
pub struct NewNode {
    /// Names the node.
    pub id: NodeId,
    /// Whose cluster it joins.
    pub organization: OrganizationName,
    /// The release it shall run.
    pub version: ReleaseVersion,
    /// SHA-256 of the secret its runner pulls leases with, in hexadecimal.
    pub secret_hash: String,
    /// When it is recorded.
    pub created_at: Moment,
    /// Up to when its first lease runs.
    pub paid_until: Moment,
    /// What first lease and tail cost; charged with the recording.
    pub price: MicroUsd,
}

/// What became of a lease pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The node may run on, paid up to the instant given. A pull long before the end of what is paid
    /// costs nothing and gives the same end.
    Granted {
        /// End of the paid time.
        paid_until: Moment,
    },
    /// No such node, a wrong secret, a node that shall end, or no money.
    Refused,
}

/// The clusters' part of the database.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Every organization.
    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError>;

    /// One cluster, whole; `None` for an unknown organization.
    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError>;

    /// Records a node as booting and charges its first lease and tail, if the balance covers them.
    /// Returns whether it did.
    async fn begin_node(&self, node: &NewNode) -> Result<bool, StoreError>;

    /// The node registered with the gateway (or is seen registered again): it is ready. Nodes that shall end
    /// stay as they are.
    async fn node_ready(&self, node: &NodeId, address: &str) -> Result<(), StoreError>;

    /// The node gets no new requests and shall end.
    async fn node_draining(&self, node: &NodeId) -> Result<(), StoreError>;

    /// The node was told to end.
    async fn node_stopping(&self, node: &NodeId) -> Result<(), StoreError>;

    /// The node is seen gone: records when, gives back what `money::refund` says of the row as it is then, and
    /// counts a failed boot if `failed_boot`, once for all nodes recorded at the same instant. Repeating it
    /// changes nothing.
    async fn node_gone(
        &self,
        node: &NodeId,
        at: Moment,
        terms: Terms,
        failed_boot: bool,
    ) -> Result<(), StoreError>;

    /// A runner pulls its node's lease of the given length: if the node is booting or ready and `secret_hash` is its
    /// own, charges what `money::extension` says at the organization's list price. Records the address. The first
    /// renewal of a ready node lets the organization's count of failed boots start over.
    async fn renew_lease(
        &self,
        node: &NodeId,
        secret_hash: &str,
        address: &str,
        now: Moment,
        lease: Duration,
    ) -> Result<Renewal, StoreError>;
}
