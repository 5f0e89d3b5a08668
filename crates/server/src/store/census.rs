//! What there is, counted: for metrics, which must cost little however many organizations there are.

use sliderule_api::MicroUsd;
use sliderule_control::store::StoreError;
use sliderule_provisioning::size::BOOTS_TO_PROTECT;

use super::{Database, failed};

/// What there is, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Nodes that are not gone, by state.
    pub nodes: Vec<(String, i64)>,
    /// Organizations by what their clusters do.
    pub organizations: Vec<(String, i64)>,
    /// Organizations that the operator suspended.
    pub suspended: i64,
    /// Organizations whose owner destroyed the cluster.
    pub paused: i64,
    /// Capacity requests that are neither released nor marked as expired.
    pub open_requests: i64,
    /// What was ever credited.
    pub credited: MicroUsd,
    /// What is left of it.
    pub balance: MicroUsd,
    /// What of the balance is set aside for leases that run.
    pub reserved: MicroUsd,
}

/// One organization, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its name.
    pub organization: String,
    /// Its nodes that are not gone.
    pub nodes: i64,
    /// What it has left.
    pub balance: MicroUsd,
}

/// The last line of each ledger, which says what all lines come to.
const LAST_LINES: &str = "SELECT coalesce(sum(credited_after), 0), coalesce(sum(balance_after), 0),
        coalesce(sum(reserved_after), 0)
     FROM organizations CROSS JOIN ledger ON ledger.organization_id = organizations.id
        AND ledger.line = (SELECT max(line) FROM ledger WHERE organization_id = organizations.id)";

impl Database {
    /// Counts what there is, as of one instant.
    ///
    /// # Errors
    /// The database failed.
    pub async fn census(&self) -> Result<Census, StoreError> {
        let doing = "counted what there is";
        let mut tx = self.read(doing).await?;
        let nodes = sqlx::query_as("SELECT state, count(*) FROM nodes WHERE state <> 'gone' GROUP BY state")
            .fetch_all(&mut *tx)
            .await
            .map_err(failed(doing))?;
        let organizations = sqlx::query_as(
            "SELECT CASE WHEN ready THEN 'running' WHEN failed_boots >= ? THEN 'failed'
                 WHEN booting THEN 'waking' WHEN ready IS NOT NULL THEN 'stopping' ELSE 'asleep' END AS doing,
                 count(*)
             FROM organizations LEFT JOIN (
                 SELECT organization_id, max(state = 'ready') AS ready, max(state = 'booting') AS booting
                 FROM nodes WHERE state <> 'gone' GROUP BY organization_id)
             ON organization_id = id GROUP BY doing",
        )
        .bind(BOOTS_TO_PROTECT)
        .fetch_all(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let (suspended, paused, open_requests) = sqlx::query_as(
            "SELECT coalesce(sum(suspended), 0), coalesce(sum(paused), 0),
                 (SELECT count(*) FROM requests WHERE closed_at_ms IS NULL) FROM organizations",
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let (credited, balance, reserved): (i64, i64, i64) =
            sqlx::query_as(LAST_LINES).fetch_one(&mut *tx).await.map_err(failed(doing))?;
        Ok(Census {
            nodes,
            organizations,
            suspended,
            paused,
            open_requests,
            credited: MicroUsd(credited),
            balance: MicroUsd(balance),
            reserved: MicroUsd(reserved),
        })
    }

    /// Counts each organization by itself.
    ///
    /// # Errors
    /// The database failed.
    pub async fn census_by_organization(&self) -> Result<Vec<Counted>, StoreError> {
        let doing = "counted what each organization has";
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT name,
                 (SELECT count(*) FROM nodes WHERE organization_id = organizations.id AND state <> 'gone'),
                 coalesce((SELECT balance_after FROM ledger WHERE organization_id = organizations.id
                           ORDER BY line DESC LIMIT 1), 0)
             FROM organizations ORDER BY name",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed(doing))?;
        let counted =
            |(organization, nodes, balance)| Counted { organization, nodes, balance: MicroUsd(balance) };
        Ok(rows.into_iter().map(counted).collect())
    }
}
