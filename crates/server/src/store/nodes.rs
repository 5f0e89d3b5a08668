//! Nodes and their leases: the rows behind the reconciler's `Store`.

use sliderule_api::{MicroUsd, NodeId, OrganizationName};
use sliderule_control::{NewNode, Renewal, StoreError};
use sliderule_provisioning::cluster::{Moment, Node, NodeState};
use sliderule_provisioning::money;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::ledger::{self, Line, Written};
use super::{Database, Tx, failed};

impl Database {
    /// See `Store::begin_node`.
    pub(super) async fn insert_node(&self, new: &NewNode) -> Result<bool, StoreError> {
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

    /// See `Store::node_ready`.
    pub(super) async fn mark_ready(&self, node: &NodeId, address: &str) -> Result<(), StoreError> {
        let doing = "recorded that a node is ready";
        let mut tx = self.write(doing).await?;
        let organization: Option<i64> = sqlx::query_scalar(
            "UPDATE nodes SET state = 'ready', address = ? WHERE id = ? AND state IN ('booting', 'ready')
             RETURNING organization_id",
        )
        .bind(address)
        .bind(node.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed(doing))?;
        sqlx::query("UPDATE organizations SET failed_boots = 0 WHERE id = ?")
            .bind(organization)
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))
    }

    /// Moves a node on towards its end; never back.
    pub(super) async fn mark_ending(&self, node: &NodeId, to: NodeState) -> Result<(), StoreError> {
        let doing = "recorded that a node shall end";
        let statement = match to {
            NodeState::Stopping => {
                "UPDATE nodes SET state = 'stopping' WHERE id = ? AND state IN ('booting', 'ready', 'draining')"
            }
            _ => "UPDATE nodes SET state = 'draining' WHERE id = ? AND state IN ('booting', 'ready')",
        };
        let mut tx = self.write(doing).await?;
        sqlx::query(statement).bind(node.as_str()).execute(&mut *tx).await.map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))
    }

    /// See `Store::node_gone`.
    pub(super) async fn mark_gone(
        &self,
        node: &NodeId,
        at: Moment,
        refund: MicroUsd,
        failed_boot: bool,
    ) -> Result<(), StoreError> {
        let doing = "recorded that a node is gone";
        let mut tx = self.write(doing).await?;
        let ended: Option<i64> = sqlx::query_scalar(
            "UPDATE nodes SET state = 'gone', gone_at_ms = ? WHERE id = ? AND state <> 'gone'
             RETURNING organization_id",
        )
        .bind(at.0)
        .bind(node.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let Some(organization) = ended else { return Ok(()) };
        if refund > MicroUsd::ZERO {
            ledger::write(&mut tx, organization, &Line::refund(node, refund, at), doing).await?;
        }
        if failed_boot {
            sqlx::query("UPDATE organizations SET failed_boots = failed_boots + 1 WHERE id = ?")
                .bind(organization)
                .execute(&mut *tx)
                .await
                .map_err(failed(doing))?;
        }
        tx.commit().await.map_err(failed(doing))
    }

    /// See `Store::renew_lease`.
    pub(super) async fn extend_lease(
        &self,
        node: &NodeId,
        secret_hash: &str,
        address: &str,
        now: Moment,
        until: Moment,
    ) -> Result<Renewal, StoreError> {
        let doing = "renewed a lease";
        let mut tx = self.write(doing).await?;
        let found = sqlx::query(
            "UPDATE nodes SET address = ?1 WHERE id = ?2 AND secret_hash = ?3 AND state IN ('booting', 'ready')
             RETURNING organization_id, paid_until_ms,
                 (SELECT node_hour_micro_usd FROM organizations WHERE id = organization_id) AS node_hour",
        )
        .bind(address)
        .bind(node.as_str())
        .bind(secret_hash)
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(Renewal::Refused) };
        let organization: i64 = row.try_get("organization_id").map_err(failed(doing))?;
        let paid_until = Moment(row.try_get("paid_until_ms").map_err(failed(doing))?);
        let node_hour = MicroUsd(row.try_get("node_hour").map_err(failed(doing))?);
        if paid_until.since(now) >= until.since(now) / 2 {
            tx.commit().await.map_err(failed(doing))?;
            return Ok(Renewal::Granted { paid_until });
        }
        let price = money::charge(node_hour, until.since(paid_until));
        let charge = Line::lease(node, price, now, until);
        if ledger::write(&mut tx, organization, &charge, doing).await? == Written::NotCovered {
            return Ok(Renewal::Refused);
        }
        sqlx::query("UPDATE nodes SET paid_until_ms = ? WHERE id = ?")
            .bind(until.0)
            .bind(node.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(Renewal::Granted { paid_until: until })
    }

    /// The node of that organization whose runner said that it listens at that address, unless it
    /// shall end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn node_at(
        &self,
        organization: &OrganizationName,
        address: &str,
    ) -> Result<Option<NodeId>, StoreError> {
        let doing = "looked for a node by its address";
        let found: Option<String> = sqlx::query_scalar(
            "SELECT nodes.id FROM nodes JOIN organizations ON organizations.id = nodes.organization_id
             WHERE organizations.name = ? AND nodes.address = ? AND nodes.state IN ('booting', 'ready')
             ORDER BY nodes.created_at_ms DESC LIMIT 1",
        )
        .bind(organization.as_str())
        .bind(address)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        found.map(|id| id.parse().map_err(failed(doing))).transpose()
    }
}

/// The nodes of an organization that are not gone.
pub(super) async fn of(tx: &mut Tx, organization: i64, doing: &'static str) -> Result<Vec<Node>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, state, version, address, created_at_ms, paid_until_ms FROM nodes
         WHERE organization_id = ? AND state <> 'gone' ORDER BY created_at_ms, id",
    )
    .bind(organization)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    rows.iter().map(node).collect::<Result<_, _>>().map_err(failed(doing))
}

fn node(row: &SqliteRow) -> Result<Node, Box<dyn std::error::Error + Send + Sync>> {
    let state: String = row.try_get("state")?;
    Ok(Node {
        id: row.try_get::<String, _>("id")?.parse()?,
        state: match state.as_str() {
            "booting" => NodeState::Booting,
            "ready" => NodeState::Ready,
            "draining" => NodeState::Draining,
            _ => NodeState::Stopping,
        },
        version: row.try_get::<String, _>("version")?.parse()?,
        address: row.try_get("address")?,
        created_at: Moment(row.try_get("created_at_ms")?),
        paid_until: Moment(row.try_get("paid_until_ms")?),
    })
}
