//! Clusters as they are now: remembered, or read and remembered from then on.

use std::collections::HashMap;
use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::store::{Epoch, StoreError};
use sliderule_provisioning::cluster::Cluster;

use super::read::{self, Kept};
use crate::store::Database;
use crate::store::remembered::{Newest, Remembered};

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

    /// The clusters of those organizations as they are, in that order; unknown ones are left out.
    async fn present(
        &self,
        organizations: &[OrganizationName],
        doing: &'static str,
    ) -> Result<Vec<Kept>, StoreError> {
        let found = self.looked_up(organizations, doing, |known, name| known.cluster(name).cloned()).await?;
        match found {
            Some(found) => Ok(found),
            None => read::clusters(&mut self.read(doing).await?, organizations, doing).await,
        }
    }

    /// The clusters of those organizations as they will be once everything is written that waits, in that order; unknown
    /// ones are left out. `None` if nothing can be remembered.
    pub(super) async fn newest(
        &self,
        organizations: &[OrganizationName],
        doing: &'static str,
    ) -> Result<Option<Vec<Newest>>, StoreError> {
        self.looked_up(organizations, doing, Remembered::newest).await
    }

    /// What `look` finds of each organization in what is remembered, once all of it is there that the database has.
    async fn looked_up<T: From<Kept> + Send>(
        &self,
        organizations: &[OrganizationName],
        doing: &'static str,
        look: impl Fn(&Remembered, &OrganizationName) -> Option<T> + Send + Sync,
    ) -> Result<Option<Vec<T>>, StoreError> {
        let remembered = self.memory.fresh(|known| {
            let found = organizations.iter().map(|organization| look(known, organization));
            (known.era(), found.collect::<Vec<_>>())
        });
        let Some((era, mut found)) = remembered.await else { return Ok(None) };
        let missing = organizations.iter().zip(&found).filter(|(_, found)| found.is_none());
        let missing: Vec<OrganizationName> = missing.map(|(organization, _)| organization.clone()).collect();
        if !missing.is_empty() {
            let read = read::clusters(&mut self.read(doing).await?, &missing, doing).await?;
            let learn = |known: &mut Remembered, kept: Kept| {
                let organization = kept.cluster.organization.clone();
                let learned = known.learn(era, kept);
                let found = look(known, &organization).unwrap_or_else(|| learned.into());
                (organization, found)
            };
            let learned =
                self.memory.fresh(|known| read.into_iter().map(|kept| learn(known, kept)).collect());
            let Some::<HashMap<_, _>>(mut learned) = learned.await else { return Ok(None) };
            for (found, organization) in
                found.iter_mut().zip(organizations).filter(|(found, _)| found.is_none())
            {
                *found = learned.remove(organization);
            }
        }
        Ok(Some(found.into_iter().flatten().collect()))
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
