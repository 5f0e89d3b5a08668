//! What every store must do, as a suite that the tests of each store call.
//!
//! It needs a real store and somebody who adds organizations; see [`Stage`]. A violation is a sentence.
//!
//! | module | what it holds |
//! |---|---|
//! | `rules` | each rule that a store guards, broken on purpose |
//! | `random` | random decisions, which must do what `Cluster::apply` does |
//! | `order` | who may write, who sees what, who is busy |

mod order;
mod random;
mod rules;

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sliderule_api::{MicroUsd, OrganizationName, UserName};
use sliderule_provisioning::account::{Account, Prices};
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::time::Moment;

use crate::store::{Changed, Store, StoreError, Writer};

/// What the suite runs on.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The store.
    fn store(&self) -> &dyn Store;

    /// Adds an organization whose cluster is this one, which has no request, no node and no money, and these users
    /// where they are not there yet. Whatever keeps it from that is for the test to say.
    async fn add(&self, cluster: &Cluster, users: &[UserName]);
}

/// What a store did that it must not do.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// The rule that was broken.
    #[error("{0}")]
    Broken(String),
    /// An operation failed.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Runs the whole suite. The same seed decides the same things. May be run again on the same store.
///
/// # Errors
/// The first violation.
pub async fn check(stage: &dyn Stage, seed: u64) -> Result<(), Violation> {
    let suite =
        Suite { stage, added: AtomicU64::new(0), name: format!("{:x}", uuid::Uuid::new_v4().as_u128()) };
    order::check(&suite).await?;
    rules::check(&suite).await?;
    random::check(&suite, seed).await
}

/// The instant at which most of it happens.
const NOW: Moment = Moment(1_800_000_000_000);

/// A stage, and names that were never used on it.
struct Suite<'a> {
    stage: &'a dyn Stage,
    added: AtomicU64,
    name: String,
}

impl Suite<'_> {
    fn store(&self) -> &dyn Store {
        self.stage.store()
    }

    /// An organization that nothing has happened to.
    async fn organization(&self) -> Result<OrganizationName, Violation> {
        let organization: OrganizationName = self.id("org")?;
        self.stage.add(&blank(&organization), &[user("ada")?, user("bob")?]).await;
        Ok(organization)
    }

    /// A name, or an id, that was never used.
    fn id<T: std::str::FromStr>(&self, kind: &str) -> Result<T, Violation> {
        let number = self.added.fetch_add(1, Ordering::Relaxed);
        format!("{kind}-{number}-{}", self.name).parse().map_err(|_| broken("an id could not be made"))
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Cluster, Violation> {
        let cluster = self.store().cluster(organization).await?;
        cluster.ok_or_else(|| broken("an organization that was added was not found"))
    }

    /// Makes these changes to one cluster, as an operator. Returns what became of them.
    async fn change(
        &self,
        organization: &OrganizationName,
        changes: &[Change],
    ) -> Result<Result<(), Breach>, Violation> {
        let only = std::slice::from_ref(organization);
        let changed = self.store().change(Writer::Operator, only, &mut |_| changes.to_vec()).await?;
        match changed.as_slice() {
            [Changed { organization: whose, outcome }] if whose == organization => Ok(outcome.clone()),
            other => Err(broken(format!("changing {organization} answered {other:?}"))),
        }
    }

    /// The same, where it must succeed.
    async fn make(&self, organization: &OrganizationName, changes: &[Change]) -> Result<(), Violation> {
        let outcome = self.change(organization, changes).await?;
        require(outcome.is_ok(), || format!("{changes:?} was refused: {outcome:?}"))
    }
}

/// A cluster that nothing has happened to.
pub(crate) fn blank(organization: &OrganizationName) -> Cluster {
    Cluster {
        organization: organization.clone(),
        limits: Limits { min_nodes: 0, max_nodes: 10, per_user: None },
        node_cap: 10,
        version: sliderule_api::ReleaseVersion { major: 4, minor: 0, patch: 4 },
        is_public: false,
        suspended: false,
        paused: false,
        failed_boots: 0,
        failed_round: None,
        trouble: None,
        prices: Prices { node_hour: MicroUsd(226_000), fixed_hour: MicroUsd(153_000) },
        requests: Vec::new(),
        nodes: Vec::new(),
        fixed: None,
        account: Account::default(),
    }
}

fn user(name: &str) -> Result<UserName, Violation> {
    name.parse().map_err(|_| broken("a user could not be named"))
}

fn broken(rule: impl Into<String>) -> Violation {
    Violation::Broken(rule.into())
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(broken(otherwise())) }
}
