//! The model store, which fails for some organizations when it is told to.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_control::{Changed, Decide, Epoch, ModelStore, Store, StoreError, Writer};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

#[derive(Default)]
pub(crate) struct Flaky {
    pub(crate) model: ModelStore,
    failing: Mutex<BTreeSet<OrganizationName>>,
    /// How many transactions there were.
    pub(crate) transactions: std::sync::atomic::AtomicUsize,
}

impl Flaky {
    /// Whatever touches this organization fails from now on.
    pub(crate) fn fail_for(&self, organization: &str) {
        self.failing.lock().unwrap().insert(organization.parse().unwrap());
    }

    pub(crate) fn recover(&self) {
        self.failing.lock().unwrap().clear();
    }

    fn check(&self, organizations: &[OrganizationName]) -> Result<(), StoreError> {
        let failing = self.failing.lock().unwrap();
        match organizations.iter().any(|organization| failing.contains(organization)) {
            true => {
                Err(StoreError::Failed { doing: "read a cluster", source: "as the test wants it".into() })
            }
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Flaky {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        self.model.begin_epoch().await
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        self.model.organizations().await
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        self.model.busy(now).await
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        self.check(std::slice::from_ref(organization))?;
        self.model.cluster(organization).await
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        self.transactions.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.check(organizations)?;
        self.model.change(writer, organizations, decide).await
    }
}
