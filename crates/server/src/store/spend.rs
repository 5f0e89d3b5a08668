//! What was spent, as sums over the ledger.

use sliderule_api::costs::{SpendBy, SpendLine};
use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Database, failed};
use crate::Error;

impl Database {
    /// What an organization was charged from an instant on, up to and without another, overruns included: per
    /// payer by name (the organization itself first), or per day or month in UTC, the earliest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn spend(
        &self,
        organization: &OrganizationName,
        from: Moment,
        to: Moment,
        by: SpendBy,
    ) -> Result<Vec<SpendLine>, Error> {
        let doing = "summed what was spent";
        let statement = match by {
            SpendBy::User => {
                "SELECT users.name AS user, NULL AS period, -sum(amount_micro_usd) AS spent
                 FROM ledger LEFT JOIN users ON users.id = ledger.user_id
                 WHERE organization_id = (SELECT id FROM organizations WHERE name = ?)
                     AND kind IN ('charge', 'overrun') AND at_ms >= ? AND at_ms < ?
                 GROUP BY ledger.user_id ORDER BY users.name"
            }
            SpendBy::Day => {
                "SELECT NULL AS user, strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch') AS period,
                     -sum(amount_micro_usd) AS spent
                 FROM ledger
                 WHERE organization_id = (SELECT id FROM organizations WHERE name = ?)
                     AND kind IN ('charge', 'overrun') AND at_ms >= ? AND at_ms < ?
                 GROUP BY period ORDER BY period"
            }
            SpendBy::Month => {
                "SELECT NULL AS user, strftime('%Y-%m', at_ms / 1000, 'unixepoch') AS period,
                     -sum(amount_micro_usd) AS spent
                 FROM ledger
                 WHERE organization_id = (SELECT id FROM organizations WHERE name = ?)
                     AND kind IN ('charge', 'overrun') AND at_ms >= ? AND at_ms < ?
                 GROUP BY period ORDER BY period"
            }
        };
        let rows = sqlx::query(statement)
            .bind(organization.as_str())
            .bind(from.0)
            .bind(to.0)
            .fetch_all(&self.readers)
            .await
            .map_err(failed(doing))?;
        Ok(rows.iter().map(line).collect::<Result<_, _>>().map_err(failed(doing))?)
    }
}

fn line(row: &SqliteRow) -> Result<SpendLine, Box<dyn std::error::Error + Send + Sync>> {
    let user: Option<String> = row.try_get("user")?;
    Ok(SpendLine {
        user: user.map(|name| name.parse()).transpose()?,
        period: row.try_get("period")?,
        spent_micro_usd: MicroUsd(row.try_get("spent")?),
    })
}
