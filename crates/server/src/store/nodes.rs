//! The nodes' rows, as whoever reads a cluster or routes to a node needs them.

use sliderule_api::{NodeId, OrganizationName};
use sliderule_control::StoreError;
use sliderule_provisioning::cluster::{Moment, Node, NodeState};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Database, Tx, failed};

impl Database {
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
            "stopping" => NodeState::Stopping,
            other => return Err(format!("a node in the state {other:?}").into()),
        },
        version: row.try_get::<String, _>("version")?.parse()?,
        address: row.try_get("address")?,
        created_at: Moment(row.try_get("created_at_ms")?),
        paid_until: Moment(row.try_get("paid_until_ms")?),
    })
}
