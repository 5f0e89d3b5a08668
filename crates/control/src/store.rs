//! What the control plane asks of a database.
//!
//! There is one way to change anything: [`Store::change`] reads clusters, lets the domain decide, and makes all that
//! was decided in the same transaction. So no decision is ever made on a state that another writer has changed, and
//! all rules of the domain are in one place; what a store adds are the guards that no code can go round: keys that
//! are unique, reservations that money covers, charges that a reservation covers.

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

/// Why the store could not do something. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It failed.
    #[error("the store failed while it {doing}: {source}")]
    Failed {
        /// What it was doing.
        doing: &'static str,
        /// Why it failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A later server has taken over, and this one must not write any more.
    #[error("another server has taken over; this one changes nothing any more")]
    Fenced,
}

/// A server's term of office: a later one ends all earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// Who changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// A server: refused once a later one has begun.
    Server(Epoch),
    /// An operator's command, which decides on nothing it read before.
    Operator,
}

/// Decides what to change about a cluster. It may be asked more than once about the same one; the last answer counts.
pub type Decide<'a> = dyn FnMut(&Cluster) -> Vec<Change> + Send + 'a;

/// What became of the changes to one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Whose.
    pub organization: OrganizationName,
    /// All were made (there may have been none), or none, since one would break a rule.
    pub outcome: Result<(), Breach>,
}

/// The clusters' part of the database.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Begins a server's term of office: from now on changes of earlier ones are refused.
    async fn begin_epoch(&self) -> Result<Epoch, StoreError>;

    /// Every organization.
    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError>;

    /// The organizations for which time alone may bring something to do: with nodes that are not gone, open requests,
    /// a minimum, a reservation, or an allowance that is due at `now`.
    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError>;

    /// One cluster, whole; `None` for an unknown organization.
    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError>;

    /// Reads each of the clusters, lets `decide` say what changes, and makes the changes; of each cluster all or
    /// none, and one that breaks a rule keeps no other from changing. Unknown organizations are left out. When this
    /// returns, what was changed survives a crash.
    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError>;
}
