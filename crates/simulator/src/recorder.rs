//! A store that tells the book what was made: directly around the store that is simulated with.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

use crate::book::Shared;

/// Tells the book what the store beneath it made.
pub struct Recorder {
    store: Arc<dyn Store>,
    shared: Shared,
}

impl Recorder {
    /// Around `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, shared: Shared) -> Self {
        Self { store, shared }
    }
}

#[async_trait]
impl Store for Recorder {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        self.store.begin_epoch().await
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        self.store.organizations().await
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        self.store.busy(now).await
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        self.store.cluster(organization).await
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        let mut decided: BTreeMap<OrganizationName, Vec<Change>> = BTreeMap::new();
        let mut listen = |cluster: &Cluster| {
            let changes = decide(cluster);
            if changes.is_empty() {
                decided.remove(&cluster.organization);
            } else {
                decided.insert(cluster.organization.clone(), changes.clone());
            }
            changes
        };
        let changed = self.store.change(writer, organizations, &mut listen).await?;
        for Changed { organization, outcome } in &changed {
            let changes = decided.remove(organization).unwrap_or_default();
            let mut book = self.shared.book();
            match outcome {
                Ok(()) => book.made(organization, changes),
                Err(breach) => {
                    book.said(organization, || format!("the store refused, since {breach}: {changes:?}"))
                }
            }
        }
        Ok(changed)
    }
}
