//! `sliderule-ps org …`: one file per command.
//!
//! Every command decides as the server does, in one transaction, and may run beside it: the server notices within
//! ten seconds.

mod add;
mod by_hand;
mod money;
mod set;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sliderule_api::OrganizationName;
use sliderule_control::Clock;
use sliderule_control::clock::SteadyClock;
use sliderule_control::decide::{Undecided, decide};
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::change::Breach;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::step::Step;
use sliderule_provisioning::time::Moment;

use crate::Error;
use crate::config::{self, DATA_VARIABLE};
use crate::data::DataDir;
use crate::store::{Actor, AuditEntry, AuditLine, Audited, Database};

/// Nodes that a cluster may have at most.
const LARGEST_CLUSTER: i64 = config::LARGEST_CLUSTER as i64;

#[derive(Debug, Subcommand)]
pub(super) enum OrgCommand {
    /// Add an organization, with its owner as first member and its cluster asleep.
    Add(add::Add),
    /// Give money to an organization.
    Credit(money::Credit),
    /// Correct the balance of an organization, up or down.
    Adjust(money::Adjust),
    /// Set limits, release, prices, allowance, or whether the organization is suspended.
    Set(set::Set),
    /// Release all requests of a cluster, and keep it from running until it is deployed again.
    Destroy(by_hand::Destroy),
    /// Forgive failed boots, so that a protected cluster tries again.
    Refresh(by_hand::Refresh),
    /// Show what a cluster is doing, why, and its money.
    Show(show::Show),
}

/// Which organization, and where it is kept.
#[derive(Debug, Args)]
struct Which {
    /// The organization.
    name: OrganizationName,
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
}

impl OrgCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        match self {
            Self::Add(command) => command.run().await,
            Self::Credit(command) => command.run().await,
            Self::Adjust(command) => command.run().await,
            Self::Set(command) => command.run().await,
            Self::Destroy(command) => command.run().await,
            Self::Refresh(command) => command.run().await,
            Self::Show(command) => command.run().await,
        }
    }
}

impl Which {
    /// The directory's database and clock, while `act` runs.
    async fn open<T>(
        &self,
        act: impl AsyncFnOnce(&Database, &SteadyClock) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let data = DataDir::existing(&self.data)?;
        let clock = data.steady_clock()?;
        let db = data.database().await?;
        let done = act(&db, &clock).await;
        db.close().await;
        done
    }

    /// The organization's cluster.
    async fn read(&self, db: &Database) -> Result<Cluster, Error> {
        db.cluster(&self.name).await?.ok_or_else(|| self.unknown())
    }

    /// The organization's cluster as it is now.
    async fn cluster(&self) -> Result<Cluster, Error> {
        self.open(async |db, _| self.read(db).await).await
    }

    fn unknown(&self) -> Error {
        Error::Unknown(format!("organization {}; add it with `sliderule-ps org add`", self.name))
    }

    /// Decides something about the organization's cluster, and records it; the audit log is told, if that changes
    /// anything.
    async fn decide<A: Send>(
        &self,
        (action, detail): (&'static str, String),
        mut decision: impl FnMut(&Cluster, Moment) -> Result<Step<A>, Error> + Send,
    ) -> Result<A, Error> {
        self.open(async |db, clock| {
            let store = Audited::new(db.clone());
            let decision = |cluster: &Cluster| {
                let at = clock.now();
                let (actor, subject) = (Actor::command_line(), self.name.to_string());
                let entry = AuditEntry { actor, organization: None, action, subject, detail: detail.clone() };
                store.tell(Some(AuditLine { entry, at }));
                decision(cluster, at)
            };
            let decided = decide(&store, Writer::Operator, &self.name, decision).await;
            decided.map(|step| step.answer).map_err(|undecided| match undecided {
                Undecided::Refused(error) => error,
                Undecided::UnknownOrganization => self.unknown(),
                Undecided::Breach(Breach::KeyTaken(_)) => {
                    Error::Taken("an entry with that key, so nothing was changed".to_owned())
                }
                Undecided::Breach(breach) => Error::Failed(format!("nothing was changed: {breach}")),
                Undecided::Store(error) => error.into(),
            })
        })
        .await
    }
}
