//! Clusters as they are now: remembered, or read and remembered from then on.

use std::collections::HashMap;
use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::store::{Epoch, StoreError};
use sliderule_provisioning::cluster::Cluster;

use super::read::{self, Kept};
use crate::store::Database;

impl Database {
    /// One cluster, whole, as the trait's `cluster` has it, without a copy of it; `None` for an unknown organization.
    ///
    /// # Errors
    /// The database failed.
    pub async fn shared_cluster(
        &self,
        organization: &OrganizationName,
    ) -> Result<Option<Arc<Cluster>>, StoreError> {
        let found = self.present(std::slice::from_ref(organization), "read a cluster").await?;
        Ok(found.into_iter().next().map(|kept| kept.cluster))
    }

    /// The clusters of those organizations, in that order; unknown ones are left out.
    pub(super) async fn present(
        &self,
        organizations: &[OrganizationName],
        doing: &'static str,
    ) -> Result<Vec<Kept>, StoreError> {
        let remembered = self.memory.fresh(|known| {
            let found = organizations.iter().map(|organization| known.cluster(organization).cloned());
            (known.era(), found.collect::<Vec<_>>())
        });
        let Some((era, mut found)) = remembered.await else {
            return read::clusters(&mut self.read(doing).await?, organizations, doing).await;
        };
        let missing = organizations.iter().zip(&found).filter(|(_, found)| found.is_none());
        let missing: Vec<OrganizationName> = missing.map(|(organization, _)| organization.clone()).collect();
        if !missing.is_empty() {
            let read = read::clusters(&mut self.read(doing).await?, &missing, doing).await?;
            let learned =
                self.memory.fresh(|known| read.iter().cloned().map(|kept| known.learn(era, kept)).collect());
            let learned: Vec<Kept> = learned.await.unwrap_or(read);
            let mut learned: HashMap<OrganizationName, Kept> =
                learned.into_iter().map(|kept| (kept.cluster.organization.clone(), kept)).collect();
            for (found, organization) in
                found.iter_mut().zip(organizations).filter(|(found, _)| found.is_none())
            {
                *found = learned.remove(organization);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The latest server's term of office.
    pub(super) async fn latest_epoch(&self, doing: &'static str) -> Result<Epoch, StoreError> {
        let remembered = self.memory.fresh(|known| (known.era(), known.epoch())).await;
        if let Some((_, Some(epoch))) = remembered {
            return Ok(epoch);
        }
        let epoch = read::epoch(&mut self.read(doing).await?, doing).await?;
        if let Some((era, None)) = remembered {
            self.memory.fresh(|known| known.learn_epoch(era, epoch)).await;
        }
        Ok(epoch)
    }
}
