//! Decisions about clusters that are told to the audit log, in the transaction of what was decided.
//!
//! A decision that changes nothing, or is refused, leaves no line.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

use super::{AuditEntry, Database};

/// A line about a decision; whose business it was is known from the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// What to tell.
    pub entry: AuditEntry,
    /// When it was decided.
    pub at: Moment,
}

/// The database, for decisions of one caller that are told to the audit log: whoever decides leaves the line here while
/// they do.
#[derive(Clone, Debug)]
pub struct Audited {
    db: Database,
    line: Arc<Mutex<Option<AuditLine>>>,
}

impl Audited {
    /// For one decision.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self { db, line: Arc::default() }
    }

    /// What to tell of what is being decided, if it changes anything.
    pub fn tell(&self, line: Option<AuditLine>) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    fn take(&self) -> Option<AuditLine> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl Store for Audited {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        self.db.begin_epoch().await
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        self.db.organizations().await
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        self.db.busy(now).await
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        self.db.cluster(organization).await
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        let decide = &mut |cluster: &Cluster| (decide(cluster), self.take());
        self.db.change_audited(writer, organizations, decide).await
    }
}
