//! What every endpoint needs.

use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::{Clock, Reconciler, Store};
use sliderule_provisioning::cluster::Cluster;

use crate::auth::{GitHub, Hasher, TokenMint};
use crate::config::Config;
use crate::http::Refusal;
use crate::instants;
use crate::store::Database;

/// What every endpoint needs, shared.
pub type Shared = Arc<App>;

/// What every endpoint needs.
pub struct App {
    /// What the operator set; `listen` is the address that was really taken.
    pub config: Config,
    /// Where everything is kept.
    pub db: Database,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Issues and verifies tokens.
    pub mint: Arc<TokenMint>,
    /// Checks passwords.
    pub hasher: Hasher,
    /// Whom to ask whose GitHub token it is, where the operator allows that.
    pub github: Option<GitHub>,
    /// What brings clusters to their size.
    pub reconciler: Arc<Reconciler>,
}

impl App {
    /// Seconds since 1970, for tokens.
    #[must_use]
    pub fn now_seconds(&self) -> u64 {
        instants::seconds(self.clock.now())
    }

    /// A cluster that is known to exist, since the caller is a member of its organization.
    ///
    /// # Errors
    /// The database failed.
    pub async fn cluster(&self, organization: &OrganizationName) -> Result<Cluster, Refusal> {
        self.db.cluster(organization).await?.ok_or_else(Refusal::internal)
    }

    /// Something about the cluster changed: look at it now.
    pub fn wake(&self, organization: &OrganizationName) {
        self.reconciler.wake(organization);
    }
}
