//! The control plane's `Store`: clusters, and what is decided about them.
//!
//! A call that decides nothing writes nothing. What is decided is checked against the domain's own rules in memory,
//! then written for all clusters together, and with what others decide at the same time; only if the schema itself
//! refuses a row is each decision written for itself, so that a refusal stops no other.
//!
//! | module | what it holds |
//! |---|---|
//! | `present` | clusters as they are now, remembered or read |
//! | `decide` | deciding, and having written what is decided |
//! | `draft` | a decision that is checked, as rows |
//! | `make` | writing drafts inside a transaction |
//! | `read`, `write` | the statements |
//! | `refusal` | which rule a row breaks that the schema refuses |

mod decide;
mod draft;
mod make;
mod present;
mod read;
mod refusal;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_provisioning::account::Month;
use sliderule_provisioning::change::Breach;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::order;
use sliderule_provisioning::time::Moment;

pub(super) use self::draft::{Draft, Keyed};
pub(super) use self::make::{Made, write_each, write_together};
pub(super) use self::read::{Kept, clusters as read};
use super::{Database, Tx, failed};

#[async_trait]
impl Store for Database {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        let doing = "began a server's term of office";
        let mut tx = self.write(doing).await?;
        sqlx::query("UPDATE epoch SET number = number + 1").execute(&mut *tx).await.map_err(failed(doing))?;
        let epoch = read::epoch(&mut tx, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(epoch)
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        let doing = "listed the organizations";
        let names: Vec<String> = sqlx::query_scalar("SELECT name FROM organizations ORDER BY name")
            .fetch_all(&self.readers)
            .await
            .map_err(failed(doing))?;
        parse(names, doing)
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        let doing = "looked for clusters with something to do";
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM organizations
             WHERE min_nodes > 0 OR (allowance_micro_usd > 0 AND credited_through < ?) OR id IN (
                 SELECT organization_id FROM pending_reservations
                 UNION SELECT organization_id FROM nodes WHERE state <> 'gone'
                 UNION SELECT organization_id FROM requests WHERE closed_at_ms IS NULL)
             ORDER BY name",
        )
        .bind(Month::of(now).0)
        .fetch_all(&self.readers)
        .await
        .map_err(failed(doing))?;
        parse(names, doing)
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        let found = self.shared_cluster(organization).await?;
        Ok(found.map(|cluster| Cluster::clone(&cluster)))
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        self.change_audited(writer, organizations, &mut |cluster| (decide(cluster), None)).await
    }
}

/// Releases all that a user asked for in those organizations, within a transaction that says why. The answer is how many
/// requests still counted.
pub(super) async fn release(
    tx: &mut Tx,
    organizations: &[OrganizationName],
    user: &UserName,
    at: Moment,
    doing: &'static str,
) -> Result<u32, StoreError> {
    let mut released = 0;
    let mut decide = |cluster: &Cluster| {
        let step = order::release(cluster, Some(user), None, at);
        released += step.answer;
        step.changes
    };
    let breaches = make_within(tx, organizations, &mut decide, doing).await?;
    match breaches.into_values().next() {
        Some(breach) => Err(failed(doing)(breach.to_string())),
        None => Ok(released),
    }
}

/// Reads the clusters, decides on them, and makes what is decided. The answer is what was not made. What is remembered of
/// the clusters is forgotten with the commit, which nobody notes.
async fn make_within(
    tx: &mut Tx,
    organizations: &[OrganizationName],
    decide: &mut Decide<'_>,
    doing: &'static str,
) -> Result<HashMap<OrganizationName, Breach>, StoreError> {
    let mut breaches = HashMap::new();
    let mut drafts = Vec::new();
    for kept in read::clusters(tx, organizations, doing).await? {
        let organization = kept.cluster.organization.clone();
        let changes = decide(&kept.cluster);
        if changes.is_empty() {
            continue;
        }
        match Draft::of(kept, changes) {
            Ok(draft) => drafts.push(Arc::new(draft)),
            Err(breach) => drop(breaches.insert(organization, breach)),
        }
    }
    let (_, broken) = write_each(tx, drafts, doing).await?;
    breaches.extend(broken);
    Ok(breaches)
}

/// Refuses a server that a later one has followed.
fn refuse_former(writer: Writer, latest: Epoch) -> Result<(), StoreError> {
    match writer {
        Writer::Server(epoch) if epoch < latest => Err(StoreError::Fenced),
        Writer::Server(_) | Writer::Operator => Ok(()),
    }
}

fn parse(names: Vec<String>, doing: &'static str) -> Result<Vec<OrganizationName>, StoreError> {
    names.into_iter().map(|name| name.parse().map_err(failed(doing))).collect()
}
