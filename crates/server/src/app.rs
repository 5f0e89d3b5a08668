//! What every endpoint needs.

use std::sync::{Arc, Mutex};

use sliderule_api::{OrganizationName, UtcTime};
use sliderule_control::decide::Undecided;
use sliderule_control::{Clock, Reconciler};
use sliderule_provisioning::change::Breach;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::step::{Policy, Step};
use sliderule_provisioning::time::Moment;

use crate::auth::{Flows, GitHub, Hasher, TokenMint};
use crate::boots::Boots;
use crate::config::Config;
use crate::events::Events;
use crate::health::Health;
use crate::http::caller::inactive;
use crate::http::{Refusal, Throttles};
use crate::instants;
use crate::metrics::Exposition;
use crate::store::{AuditEntry, AuditLine, Audited, Database};

/// What every endpoint needs, shared.
pub type Shared = Arc<App>;

/// What every endpoint needs.
pub struct App {
    /// What the operator set; `listen` is the address that was really taken.
    pub config: Config,
    /// Where everything is kept.
    pub db: Database,
    /// What brings clusters to their size, and makes every decision about them.
    pub reconciler: Arc<Reconciler>,
    /// What decisions depend on besides the cluster.
    pub policy: Policy,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Issues and verifies tokens.
    pub mint: Arc<TokenMint>,
    /// Checks passwords.
    pub hasher: Hasher,
    /// What was tried lately.
    pub throttles: Throttles,
    /// GitHub, where the operator lets people sign in with it.
    pub github: Option<GitHub>,
    /// Browsers that are on their way to GitHub and back.
    pub github_flows: Mutex<Flows>,
    /// Everybody who listens to what happens.
    pub events: Events,
    /// How long nodes usually take.
    pub boots: Boots,
    /// Whether all of this works.
    pub health: Health,
    /// What is told to Prometheus.
    pub exposition: Arc<Exposition>,
}

impl App {
    /// Seconds since 1970 on the wall, for tokens, which others read too.
    #[must_use]
    pub fn now_seconds(&self) -> u64 {
        instants::seconds(self.clock.wall(self.clock.now()))
    }

    /// An instant as clients see it: on the wall, in UTC.
    #[must_use]
    pub fn utc(&self, moment: Moment) -> UtcTime {
        instants::on_the_wall(&*self.clock, moment)
    }

    /// A cluster that is known to exist, since the caller is a member of its organization.
    ///
    /// # Errors
    /// The database failed.
    pub async fn cluster(&self, organization: &OrganizationName) -> Result<Arc<Cluster>, Refusal> {
        self.db.shared_cluster(organization).await?.ok_or_else(Refusal::internal)
    }

    /// Decides something about a cluster that is known to exist, and records it. Whatever changed, the reconciler
    /// looks at the cluster at once.
    ///
    /// # Errors
    /// Why it was refused; or the database failed.
    pub async fn decide<A: Send>(
        &self,
        organization: &OrganizationName,
        mut decide: impl FnMut(&Cluster, Moment) -> Result<Step<A>, Refusal> + Send,
    ) -> Result<A, Refusal> {
        let decided = self.reconciler.decide(organization, |cluster| decide(cluster, self.clock.now())).await;
        decided.map_err(|undecided| refuse(organization, undecided))
    }

    /// Like [`Self::decide`]. What `tell` makes of the answer is told to the audit log, in the transaction of what was
    /// decided, if that changes anything; whose business it was is filled in.
    ///
    /// # Errors
    /// Why it was refused; or the database failed.
    pub async fn decide_audited<A: Send>(
        &self,
        organization: &OrganizationName,
        mut decide: impl FnMut(&Cluster, Moment) -> Result<Step<A>, Refusal> + Send,
        tell: impl Fn(&A) -> AuditEntry + Send + Sync,
    ) -> Result<A, Refusal> {
        let store = Audited::new(self.db.clone());
        let decision = |cluster: &Cluster| {
            let at = self.clock.now();
            let decided = decide(cluster, at);
            store.tell(decided.as_ref().ok().map(|step| AuditLine { entry: tell(&step.answer), at }));
            decided
        };
        let decided = self.reconciler.decide_through(&store, organization, decision).await;
        decided.map_err(|undecided| refuse(organization, undecided))
    }

    /// Like [`Self::decide`], for what is never refused.
    ///
    /// # Errors
    /// The database failed.
    pub async fn carry<A: Send>(
        &self,
        organization: &OrganizationName,
        mut decide: impl FnMut(&Cluster, Moment) -> Step<A> + Send,
    ) -> Result<A, Refusal> {
        self.decide(organization, |cluster, now| Ok(decide(cluster, now))).await
    }
}

/// Why nothing was decided, as an answer.
fn refuse(organization: &OrganizationName, undecided: Undecided<Refusal>) -> Refusal {
    match undecided {
        Undecided::Refused(refusal) => refusal,
        Undecided::Breach(Breach::OrderKeyTaken) => {
            Refusal::throttled("an order with this Idempotency-Key is under way; ask again", 1)
        }
        // The membership ended between the look at it and the decision.
        Undecided::Breach(Breach::NotAMember(user)) => inactive(user.as_str(), organization.as_str()),
        Undecided::Breach(breach) => {
            tracing::error!(%organization, %breach, "a decision breaks a rule of the store");
            Refusal::internal()
        }
        Undecided::Store(error) => error.into(),
        Undecided::UnknownOrganization => Refusal::internal(),
    }
}
