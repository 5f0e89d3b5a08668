//! Decisions about clusters that are told to the audit log, in the transaction of what was decided.
//!
//! A decision that changes nothing, or is refused, leaves no line.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;
use sliderule_api::OrganizationName;
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

use super::{AuditEntry, Database, Tx, run_over};

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

/// A line to be written.
#[derive(Debug, Serialize)]
pub(super) struct Row(
    i64,            // at_ms
    Option<i64>,    // user_id
    String,         // address
    Option<String>, // request_id
    Option<String>, // session_id
    i64,            // organization_id
    &'static str,   // action
    String,         // subject
    String,         // detail
);

impl Row {
    /// Of a line about that organization.
    pub(super) fn of(organization: i64, line: &AuditLine) -> Self {
        let AuditLine { entry: AuditEntry { actor, action, subject, detail, .. }, at } = line;
        Self(
            at.0,
            actor.user,
            actor.address.clone(),
            actor.request.clone(),
            actor.session.clone(),
            organization,
            action,
            subject.clone(),
            detail.clone(),
        )
    }
}

/// Adds lines in the order given.
pub(super) async fn insert(tx: &mut Tx, rows: &[Row], doing: &'static str) -> Result<(), StoreError> {
    run_over(
        tx,
        "INSERT INTO audit (at_ms, user_id, address, request_id, session_id, organization_id, action, subject, detail)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
             value ->> 8 FROM json_each(?)",
        rows,
        doing,
    )
    .await
}
