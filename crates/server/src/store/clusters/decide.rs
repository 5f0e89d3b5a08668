//! Deciding, and having written what is decided.
//!
//! Decisions are made in memory, on the newest state there is: what others decided before, whether it is durable already
//! or waits to be. What comes of it waits with the rest (see `commit`), and is written only on the very state that it was
//! made on. Otherwise it is made again: somebody else was quicker, in this process or another one, or what it was made on
//! could not be written. Who decides against changing anything waits, too, if what that rests on is not
//! durable yet.
//!
//! Whoever is outrun again and again decides alone, with everybody else kept waiting.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::store::{Changed, StoreError, Writer};
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::Cluster;

use super::draft::Draft;
use super::read::{self, Kept};
use super::{make, refuse_former};
use crate::store::audited::AuditLine;
use crate::store::commit::{Answer, Decision};
use crate::store::remembered::{Newest, leave_a_mark};
use crate::store::{Database, failed};

/// How often somebody is outrun before they decide alone.
const ATTEMPTS: usize = 8;

const DOING: &str = "changed clusters";

/// Decides what to change about a cluster, and what to tell the audit log if that changes anything. It may be asked more
/// than once about the same cluster; the last answer counts.
type DecideAudited<'a> = dyn FnMut(&Cluster) -> (Vec<Change>, Option<AuditLine>) + Send + 'a;

/// What was decided about one cluster.
struct Decided {
    kept: Kept,
    outcome: Outcome,
}

enum Outcome {
    Nothing,
    Draft(Arc<Draft>),
    Breach(Breach),
}

impl Decided {
    fn on(kept: Kept, decide: &mut DecideAudited<'_>) -> Self {
        let (changes, line) = decide(&kept.cluster);
        let outcome = match changes.is_empty() {
            true => Outcome::Nothing,
            false => match Draft::of(kept.clone(), changes) {
                Ok(draft) => Outcome::Draft(Arc::new(draft.told(line))),
                Err(breach) => Outcome::Breach(breach),
            },
        };
        Self { kept, outcome }
    }
}

impl Database {
    /// Like the trait's `change`, with lines for the audit log in the same transaction.
    ///
    /// # Errors
    /// The database failed, or belongs to a later server. Nothing was changed.
    pub(in crate::store) async fn change_audited(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut DecideAudited<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        let mut once = HashSet::new();
        let organizations: Vec<_> = organizations.iter().filter(|name| once.insert(*name)).cloned().collect();
        let mut before: HashMap<OrganizationName, Decided> = HashMap::new();
        for _ in 0..ATTEMPTS {
            let Some(newest) = self.newest(&organizations, DOING).await? else { break };
            refuse_former(writer, self.latest_epoch(DOING).await?)?;
            let mut decision = Decision { writer, drafts: Vec::new(), rests_on: Vec::new() };
            let mut decided = Vec::with_capacity(newest.len());
            for Newest { kept, is_durable } in newest {
                // What was decided on the same state stays decided.
                let known = before.remove(&kept.cluster.organization).filter(|known| known.kept.is(&kept));
                let known = known.unwrap_or_else(|| Decided::on(kept, decide));
                match &known.outcome {
                    Outcome::Draft(draft) => decision.drafts.push(draft.clone()),
                    Outcome::Nothing | Outcome::Breach(_) if !is_durable => {
                        decision.rests_on.push(known.kept.clone())
                    }
                    Outcome::Nothing | Outcome::Breach(_) => {}
                }
                decided.push(known);
            }
            if decision.drafts.is_empty() && decision.rests_on.is_empty() {
                return Ok(changed(decided, HashMap::new()));
            }
            match self.submit(DOING, decision).await {
                Some(Answer::Made(breaches)) => return Ok(changed(decided, breaches)),
                Some(Answer::Failed(error)) => return Err(error),
                Some(Answer::Outdated) | None => {
                    let by_name = |known: Decided| (known.kept.cluster.organization.clone(), known);
                    before = decided.into_iter().map(by_name).collect();
                }
            }
        }
        self.change_alone(writer, &organizations, decide).await
    }

    /// Decides inside a transaction that keeps all other writers out.
    async fn change_alone(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut DecideAudited<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        let mut tx = self.write(DOING).await?;
        let commit = self.memory.begin_commit();
        refuse_former(writer, read::epoch(&mut tx, DOING).await?)?;
        let kept = read::clusters(&mut tx, organizations, DOING).await?;
        let decided: Vec<_> = kept.into_iter().map(|kept| Decided::on(kept, decide)).collect();
        let drafts = decided.iter().filter_map(|known| match &known.outcome {
            Outcome::Draft(draft) => Some(draft.clone()),
            Outcome::Nothing | Outcome::Breach(_) => None,
        });
        leave_a_mark(&mut tx, DOING).await?;
        let (made, breaches) = make::write_each(&mut tx, drafts.collect(), DOING).await?;
        tx.commit().await.map_err(failed(DOING))?;
        if let Some(commit) = commit {
            commit.made(|known| {
                known.made(made);
                known.pending.drop_tips();
            });
        }
        Ok(changed(decided, breaches))
    }
}

/// What became of each cluster.
fn changed(decided: Vec<Decided>, mut breaches: HashMap<OrganizationName, Breach>) -> Vec<Changed> {
    let changed = |Decided { kept, outcome }: Decided| {
        let organization = kept.cluster.organization.clone();
        let breach = match outcome {
            Outcome::Breach(breach) => Some(breach),
            Outcome::Nothing | Outcome::Draft(_) => breaches.remove(&organization),
        };
        Changed { organization, outcome: breach.map_or(Ok(()), Err) }
    };
    decided.into_iter().map(changed).collect()
}
