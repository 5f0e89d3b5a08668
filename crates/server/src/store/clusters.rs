//! The database as the reconciler sees it.

use async_trait::async_trait;
use sliderule_api::{MicroUsd, NodeId, OrganizationName};
use sliderule_control::{NewNode, Renewal, Store, StoreError};
use sliderule_provisioning::cluster::{Cluster, Limits, Moment, NodeState};
use sqlx::Row;

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

    async fn begin_node(&self, node: &NewNode) -> Result<bool, StoreError> {
        self.insert_node(node).await
    }

    async fn node_ready(&self, node: &NodeId, address: &str) -> Result<(), StoreError> {
        self.mark_ready(node, address).await
    }

    async fn node_draining(&self, node: &NodeId) -> Result<(), StoreError> {
        self.mark_ending(node, NodeState::Draining).await
    }

    async fn node_stopping(&self, node: &NodeId) -> Result<(), StoreError> {
        self.mark_ending(node, NodeState::Stopping).await
    }

    async fn node_gone(
        &self,
        node: &NodeId,
        at: Moment,
        refund: MicroUsd,
        failed_boot: bool,
    ) -> Result<(), StoreError> {
        self.mark_gone(node, at, refund, failed_boot).await
    }

    async fn renew_lease(
        &self,
        node: &NodeId,
        secret_hash: &str,
        address: &str,
        now: Moment,
        until: Moment,
    ) -> Result<Renewal, StoreError> {
        self.extend_lease(node, secret_hash, address, now, until).await
    }
}
