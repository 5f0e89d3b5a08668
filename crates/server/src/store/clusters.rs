//! The database as the reconciler sees it: clusters, and the lives and leases of their nodes.

use std::time::Duration;

use async_trait::async_trait;
use sliderule_api::{MicroUsd, NodeId, OrganizationName};
use sliderule_control::{NewNode, Renewal, Store, StoreError};
use sliderule_provisioning::cluster::{Cluster, Limits, Moment, Terms};
use sliderule_provisioning::money;
use sqlx::Row;

use super::ledger::{self, Line, Written};
use super::{Database, failed, nodes, requests};

#[async_trait]
impl Store for Database {
    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        let doing = "listed the organizations";
        let names: Vec<String> = sqlx::query_scalar("SELECT name FROM organizations ORDER BY id")
            .fetch_all(&self.readers)
            .await
            .map_err(failed(doing))?;
        names.into_iter().map(|name| name.parse().map_err(failed(doing))).collect()
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        let doing = "read a cluster";
        let mut tx = self.read(doing).await?;
        let found = sqlx::query(
            "SELECT id, min_nodes, max_nodes, version, is_public, suspended, paused, failed_boots, node_hour_micro_usd,
                 coalesce((SELECT balance_after_micro_usd FROM ledger WHERE organization_id = organizations.id
                           ORDER BY ledger.id DESC LIMIT 1), 0) AS balance
             FROM organizations WHERE name = ?",
        )
        .bind(organization.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(None) };
        let get = |column: &str| row.try_get::<i64, _>(column).map_err(failed(doing));
        let count = |column: &str| row.try_get::<u32, _>(column).map_err(failed(doing));
        let flag = |column: &str| row.try_get::<bool, _>(column).map_err(failed(doing));
        let id = get("id")?;
        let version: String = row.try_get("version").map_err(failed(doing))?;
        Ok(Some(Cluster {
            organization: organization.clone(),
            limits: Limits { min_nodes: count("min_nodes")?, max_nodes: count("max_nodes")? },
            version: version.parse().map_err(failed(doing))?,
            is_public: flag("is_public")?,
            suspended: flag("suspended")?,
            paused: flag("paused")?,
            failed_boots: count("failed_boots")?,
            requests: requests::of(&mut tx, id, doing).await?,
            nodes: nodes::of(&mut tx, id, doing).await?,
            balance: MicroUsd(get("balance")?),
            node_hour: MicroUsd(get("node_hour_micro_usd")?),
        }))
    }

    async fn begin_node(&self, new: &NewNode) -> Result<bool, StoreError> {
        let doing = "recorded a node";
        let mut tx = self.write(doing).await?;
        let found: Option<i64> = sqlx::query_scalar("SELECT id FROM organizations WHERE name = ?")
            .bind(new.organization.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed(doing))?;
        let Some(organization) = found else { return Ok(false) };
        sqlx::query(
            "INSERT INTO nodes (id, organization_id, state, version, secret_hash, created_at_ms, paid_until_ms)
             VALUES (?, ?, 'booting', ?, ?, ?, ?)",
        )
        .bind(new.id.as_str())
        .bind(organization)
        .bind(new.version.to_string())
        .bind(&new.secret_hash)
        .bind(new.created_at.0)
        .bind(new.paid_until.0)
        .execute(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let charge = Line::first_lease(&new.id, new.price, new.created_at, new.paid_until);
        match ledger::write(&mut tx, organization, &charge, doing).await? {
            Written::NotCovered => Ok(false),
            Written::Yes => {
                tx.commit().await.map_err(failed(doing))?;
                Ok(true)
            }
        }
    }

    async fn node_ready(&self, node: &NodeId, address: &str) -> Result<(), StoreError> {
        let doing = "recorded that a node is ready";
        let mut tx = self.write(doing).await?;
        sqlx::query(
            "UPDATE nodes SET state = 'ready', address = ? WHERE id = ? AND state IN ('booting', 'ready')",
        )
        .bind(address)
        .bind(node.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))
    }

    async fn node_draining(&self, node: &NodeId) -> Result<(), StoreError> {
        let doing = "recorded that a node drains";
        let mut tx = self.write(doing).await?;
        sqlx::query("UPDATE nodes SET state = 'draining' WHERE id = ? AND state IN ('booting', 'ready')")
            .bind(node.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))
    }

    async fn node_stopping(&self, node: &NodeId) -> Result<(), StoreError> {
        let doing = "recorded that a node was told to end";
        let mut tx = self.write(doing).await?;
        sqlx::query("UPDATE nodes SET state = 'stopping' WHERE id = ? AND state <> 'gone'")
            .bind(node.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))
    }

    async fn node_gone(
        &self,
        node: &NodeId,
        at: Moment,
        terms: Terms,
        failed_boot: bool,
    ) -> Result<(), StoreError> {
        let doing = "recorded that a node is gone";
        let mut tx = self.write(doing).await?;
        let ended = sqlx::query(
            "UPDATE nodes SET state = 'gone', gone_at_ms = ? WHERE id = ? AND state <> 'gone'
             RETURNING organization_id, created_at_ms, paid_until_ms,
                 (SELECT node_hour_micro_usd FROM organizations WHERE id = organization_id) AS node_hour",
        )
        .bind(at.0)
        .bind(node.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let Some(row) = ended else { return Ok(()) };
        let get = |column: &str| row.try_get::<i64, _>(column).map_err(failed(doing));
        let (organization, created_at) = (get("organization_id")?, Moment(get("created_at_ms")?));
        let (paid_until, node_hour) = (Moment(get("paid_until_ms")?), MicroUsd(get("node_hour")?));
        let refund = money::refund(node_hour, created_at, paid_until, terms, at);
        if refund > MicroUsd::ZERO {
            ledger::write(&mut tx, organization, &Line::refund(node, refund, at), doing).await?;
        }
        if failed_boot {
            // Nodes launched together carry the same instant; the first of them that is gone counts for all.
            sqlx::query(
                "UPDATE organizations SET failed_boots = failed_boots + 1 WHERE id = ?1 AND NOT EXISTS
                     (SELECT 1 FROM nodes WHERE organization_id = ?1 AND state = 'gone' AND created_at_ms = ?2 AND id <> ?3)",
            )
            .bind(organization)
            .bind(created_at.0)
            .bind(node.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        }
        tx.commit().await.map_err(failed(doing))
    }

    async fn renew_lease(
        &self,
        node: &NodeId,
        secret_hash: &str,
        address: &str,
        now: Moment,
        lease: Duration,
    ) -> Result<Renewal, StoreError> {
        let doing = "renewed a lease";
        let mut tx = self.write(doing).await?;
        let found = sqlx::query(
            "UPDATE nodes SET address = ?1 WHERE id = ?2 AND secret_hash = ?3 AND state IN ('booting', 'ready')
             RETURNING organization_id, state, created_at_ms, paid_until_ms,
                 (SELECT node_hour_micro_usd FROM organizations WHERE id = organization_id) AS node_hour",
        )
        .bind(address)
        .bind(node.as_str())
        .bind(secret_hash)
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(Renewal::Refused) };
        let get = |column: &str| row.try_get::<i64, _>(column).map_err(failed(doing));
        let (organization, node_hour) = (get("organization_id")?, MicroUsd(get("node_hour")?));
        let (created_at, paid_until) = (Moment(get("created_at_ms")?), Moment(get("paid_until_ms")?));
        let extension = money::extension(paid_until, now, lease);
        if !extension.charged.is_zero() {
            let price = money::charge(node_hour, extension.charged);
            let charge = Line::lease(node, price, now, extension.paid_until);
            if ledger::write(&mut tx, organization, &charge, doing).await? == Written::NotCovered {
                return Ok(Renewal::Refused);
            }
            let state: String = row.try_get("state").map_err(failed(doing))?;
            if state == "ready" && paid_until <= created_at.after(lease) {
                sqlx::query("UPDATE organizations SET failed_boots = 0 WHERE id = ?")
                    .bind(organization)
                    .execute(&mut *tx)
                    .await
                    .map_err(failed(doing))?;
            }
        }
        if extension.paid_until != paid_until {
            sqlx::query("UPDATE nodes SET paid_until_ms = ? WHERE id = ?")
                .bind(extension.paid_until.0)
                .bind(node.as_str())
                .execute(&mut *tx)
                .await
                .map_err(failed(doing))?;
        }
        tx.commit().await.map_err(failed(doing))?;
        Ok(Renewal::Granted { paid_until: extension.paid_until })
    }
}

impl Database {
    /// Lets every organization's count of failed boots start over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forgive_failed_boots(&self) -> Result<(), StoreError> {
        let doing = "forgave failed boots";
        let mut tx = self.write(doing).await?;
        sqlx::query("UPDATE organizations SET failed_boots = 0 WHERE failed_boots > 0")
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))
    }
}
