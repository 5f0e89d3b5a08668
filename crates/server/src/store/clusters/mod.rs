//! The control plane's `Store`: clusters, and what is decided about them.
//!
//! A call that decides nothing writes nothing: the clusters are read and decided on first without keeping any
//! writer waiting, and only those for which there is something to do are read and decided on again, this time in a
//! transaction that writes. What is decided is checked against the domain's own rules in memory, then written for all
//! clusters together; only if the schema itself refuses a row is each cluster written for itself, so that a
//! refusal stops no other.

mod draft;
mod present;
mod read;
mod refusal;
mod write;

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_provisioning::account::Month;
use sliderule_provisioning::change::Breach;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

use self::draft::Draft;
pub(super) use self::read::{Kept, clusters as read};
use self::write::Users;
use super::{Database, Tx, failed, requests};

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
        let doing = "changed clusters";
        let mut once = HashSet::new();
        let organizations: Vec<_> = organizations.iter().filter(|name| once.insert(*name)).cloned().collect();
        refuse_former(writer, self.latest_epoch(doing).await?)?;
        let mut changed = Vec::new();
        let mut to_change = Vec::new();
        for kept in self.present(&organizations, doing).await? {
            let organization = kept.cluster.organization.clone();
            if !decide(&kept.cluster).is_empty() {
                to_change.push(organization.clone());
            }
            changed.push(Changed { organization, outcome: Ok(()) });
        }
        if !to_change.is_empty() {
            let mut breaches = self.make(writer, &to_change, decide, doing).await?;
            for Changed { organization, outcome } in &mut changed {
                *outcome = breaches.remove(organization).map_or(Ok(()), Err);
            }
        }
        Ok(changed)
    }
}

impl Database {
    /// Reads the clusters again, decides on them again, and makes what is decided. The answer is what was not made.
    async fn make(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
        doing: &'static str,
    ) -> Result<HashMap<OrganizationName, Breach>, StoreError> {
        let mut breaches = HashMap::new();
        let mut tx = self.write(doing).await?;
        let commit = self.memory.begin_commit();
        refuse_former(writer, read::epoch(&mut tx, doing).await?)?;
        let kept = read::clusters(&mut tx, organizations, doing).await?;
        let mut drafts = Vec::new();
        for kept in &kept {
            let changes = decide(&kept.cluster);
            if changes.is_empty() {
                continue;
            }
            match Draft::of(kept, changes) {
                Ok(draft) => drafts.push(draft),
                Err(breach) => drop(breaches.insert(kept.cluster.organization.clone(), breach)),
            }
        }
        let users = Users::of(&mut tx, &drafts, doing).await?;
        let mut unrefused = Vec::new();
        for mut draft in drafts {
            if let Some(stranger) = users.stranger(&draft) {
                breaches.insert(draft.after.organization.clone(), Breach::UnknownUser(stranger));
                continue;
            }
            match settle_keys(&mut tx, &mut draft, &users, doing).await? {
                Ok(()) => unrefused.push(draft),
                Err(breach) => drop(breaches.insert(draft.after.organization.clone(), breach)),
            }
        }
        breaches.extend(refusal::write_unrefused(&mut tx, &unrefused, &users, doing).await?);
        tx.commit().await.map_err(failed(doing))?;
        if let Some(commit) = commit {
            let made = unrefused.iter().filter(|draft| !breaches.contains_key(&draft.after.organization));
            let made: Vec<_> = made.map(|draft| (draft.made(), users.are_exact(draft))).collect();
            commit.made(|known| {
                for (kept, is_exact) in made {
                    match is_exact {
                        true => known.put(kept),
                        false => known.drop_cluster(&kept.cluster.organization),
                    }
                }
            });
        }
        Ok(breaches)
    }
}

/// Refuses a server that a later one has followed.
fn refuse_former(writer: Writer, latest: Epoch) -> Result<(), StoreError> {
    match writer {
        Writer::Server(epoch) if epoch < latest => Err(StoreError::Fenced),
        Writer::Server(_) | Writer::Operator => Ok(()),
    }
}

/// Leaves out the keys that stand for the same order and request already. One that stands for something else is a
/// breach.
async fn settle_keys(
    tx: &mut Tx,
    draft: &mut Draft<'_>,
    users: &Users,
    doing: &'static str,
) -> Result<Result<(), Breach>, StoreError> {
    let mut unknown = Vec::new();
    for keyed in std::mem::take(&mut draft.keyed) {
        let whose = (draft.kept.id, users.id(&keyed.user, doing)?);
        match requests::keyed(tx, whose, &keyed.key, doing).await? {
            Some((order, request)) if order == keyed.order && request == keyed.request.as_str() => {}
            Some(_) => return Ok(Err(Breach::OrderKeyTaken)),
            None => unknown.push(keyed),
        }
    }
    draft.keyed = unknown;
    Ok(Ok(()))
}

fn parse(names: Vec<String>, doing: &'static str) -> Result<Vec<OrganizationName>, StoreError> {
    names.into_iter().map(|name| name.parse().map_err(failed(doing))).collect()
}
