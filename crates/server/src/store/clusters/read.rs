//! Reading clusters: any number of them in a handful of statements.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_control::store::{Epoch, StoreError};
use sliderule_provisioning::account::{Account, Allowance, Month, Payer, Prices, Reservation, Warning};
use sliderule_provisioning::cluster::{Cluster, Limits, Trouble};
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::store::{Tx, failed, nodes, requests};

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// A cluster as it stands in the database. A copy is cheap.
#[derive(Clone, Debug)]
pub(in crate::store) struct Kept {
    /// Its organization's row.
    pub(in crate::store) id: i64,
    /// The number of the last line in its ledger; 0 if there is none.
    pub(in crate::store) line: i64,
    /// The cluster.
    pub(in crate::store) cluster: Arc<Cluster>,
}

impl Kept {
    /// Whether it is the very same state, not only one that looks alike.
    pub(in crate::store) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cluster, &other.cluster)
    }
}

/// The clusters of those organizations, in that order; unknown ones are left out.
pub(in crate::store) async fn clusters(
    tx: &mut Tx,
    organizations: &[OrganizationName],
    doing: &'static str,
) -> Result<Vec<Kept>, StoreError> {
    let names = serde_json::to_string(organizations).map_err(failed(doing))?;
    let rows = sqlx::query(
        "SELECT organizations.*, line, balance_after, reserved_after, credited_after, reservations_after,
             fixed_meters.organization_id AS fixed, began_at_ms, held_until_ms, charged_until_ms, carry, rate_micro_usd
         FROM json_each(?) AS named
         CROSS JOIN organizations ON organizations.name = named.value
         LEFT JOIN ledger ON ledger.organization_id = organizations.id
             AND line = (SELECT max(line) FROM ledger WHERE organization_id = organizations.id)
         LEFT JOIN fixed_meters ON fixed_meters.organization_id = organizations.id
         ORDER BY named.key",
    )
    .bind(names)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    let mut kept: Vec<Kept> = rows.iter().map(cluster).collect::<Result<_, _>>().map_err(failed(doing))?;
    let ids: Vec<i64> = kept.iter().map(|kept| kept.id).collect();
    let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let ids = serde_json::to_string(&ids).map_err(failed(doing))?;
    for (id, request) in requests::of(tx, &ids, doing).await? {
        if let Some(cluster) = at(&mut kept, &places, id) {
            cluster.requests.push(request);
        }
    }
    for (id, node) in nodes::of(tx, &ids, doing).await? {
        if let Some(cluster) = at(&mut kept, &places, id) {
            cluster.nodes.push(node);
        }
    }
    for (id, payer) in payers(tx, &ids, doing).await? {
        let cluster = at(&mut kept, &places, id);
        if let Some(pending) = cluster.and_then(|cluster| cluster.account.reservation.as_mut()) {
            pending.payers.push(payer);
        }
    }
    for Kept { cluster, .. } in &mut kept {
        let cluster = Arc::make_mut(cluster);
        cluster.requests.sort_by(|a, b| (a.expires_at, &a.id).cmp(&(b.expires_at, &b.id)));
        cluster.nodes.sort_by(|a, b| (a.meter.began_at, &a.id).cmp(&(b.meter.began_at, &b.id)));
    }
    Ok(kept)
}

fn at<'a>(kept: &'a mut [Kept], places: &HashMap<i64, usize>, id: i64) -> Option<&'a mut Cluster> {
    let kept = kept.get_mut(*places.get(&id)?)?;
    Some(Arc::make_mut(&mut kept.cluster))
}

/// The latest server's term of office.
pub(super) async fn epoch(tx: &mut Tx, doing: &'static str) -> Result<Epoch, StoreError> {
    let number: i64 =
        sqlx::query_scalar("SELECT number FROM epoch").fetch_one(&mut **tx).await.map_err(failed(doing))?;
    Ok(Epoch(u64::try_from(number).unwrap_or(0)))
}

/// Who pays the pending reservations, each payer with the organization, in their order.
async fn payers(
    tx: &mut Tx,
    organizations: &str,
    doing: &'static str,
) -> Result<Vec<(i64, Payer)>, StoreError> {
    let rows = sqlx::query(
        "SELECT pending.organization_id, users.name, payer.value ->> 1 AS weight
         FROM pending_reservations AS pending
         CROSS JOIN ledger ON ledger.organization_id = pending.organization_id AND ledger.line = pending.line
         CROSS JOIN json_each(ledger.payers) AS payer
         LEFT JOIN users ON users.id = payer.value ->> 0
         WHERE pending.organization_id IN (SELECT value FROM json_each(?))
         ORDER BY pending.organization_id, payer.key",
    )
    .bind(organizations)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    let payer = |row: &SqliteRow| -> Result<(i64, Payer), Unreadable> {
        let user = row.try_get::<Option<String>, _>("name")?.map(|name| name.parse()).transpose()?;
        let weight = u64::try_from(row.try_get::<i64, _>("weight")?)?;
        Ok((row.try_get("organization_id")?, Payer { user, weight }))
    };
    rows.iter().map(payer).collect::<Result<_, _>>().map_err(failed(doing))
}

/// A cluster without its requests, its nodes and the payers of its reservation.
fn cluster(row: &SqliteRow) -> Result<Kept, Unreadable> {
    let instant = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(Moment));
    let amount = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(MicroUsd));
    let trouble: Option<String> = row.try_get("trouble_what")?;
    let is_fixed = row.try_get::<Option<i64>, _>("fixed")?.is_some();
    let cluster = Cluster {
        organization: row.try_get::<String, _>("name")?.parse()?,
        limits: Limits {
            min_nodes: row.try_get("min_nodes")?,
            max_nodes: row.try_get("max_nodes")?,
            per_user: row.try_get("per_user")?,
        },
        node_cap: row.try_get("node_cap")?,
        version: row.try_get::<String, _>("version")?.parse()?,
        is_public: row.try_get("is_public")?,
        suspended: row.try_get("suspended")?,
        paused: row.try_get("paused")?,
        failed_boots: row.try_get("failed_boots")?,
        failed_round: instant("failed_round_ms")?,
        trouble: trouble
            .map(|what| Ok::<_, sqlx::Error>(Trouble { at: Moment(row.try_get("trouble_at_ms")?), what }))
            .transpose()?,
        prices: Prices {
            node_hour: MicroUsd(row.try_get("node_hour_micro_usd")?),
            fixed_hour: MicroUsd(row.try_get("fixed_hour_micro_usd")?),
        },
        requests: Vec::new(),
        nodes: Vec::new(),
        fixed: if is_fixed { Some(nodes::meter(row)?) } else { None },
        account: account(row, amount)?,
    };
    let line = row.try_get::<Option<i64>, _>("line")?.unwrap_or(0);
    Ok(Kept { id: row.try_get("id")?, line, cluster: Arc::new(cluster) })
}

fn account(
    row: &SqliteRow,
    amount: impl Fn(&'static str) -> Result<Option<MicroUsd>, sqlx::Error>,
) -> Result<Account, Unreadable> {
    let made = row.try_get::<Option<i64>, _>("reservations_after")?.unwrap_or(0);
    let made = u64::try_from(made)?;
    // The last reservation is the only one that can be pending.
    let pending = |amount| Reservation { number: made.saturating_sub(1), amount, payers: Vec::new() };
    Ok(Account {
        balance: amount("balance_after")?.unwrap_or_default(),
        credited: amount("credited_after")?.unwrap_or_default(),
        reservation: amount("reserved_after")?.map(pending),
        reservations_made: made,
        allowance: Allowance {
            monthly: MicroUsd(row.try_get("allowance_micro_usd")?),
            cap: amount("allowance_cap_micro_usd")?,
            credited_through: Month(row.try_get("credited_through")?),
        },
        warned: warned(&row.try_get::<String, _>("warned")?)?,
    })
}

/// Warnings as one text.
pub(super) fn warned_text(warned: &BTreeSet<Warning>) -> String {
    let text = |warning: &Warning| match warning {
        Warning::Percent(percent) => format!("percent:{percent}"),
        Warning::Dollars(amount) => format!("dollars:{amount}"),
        Warning::Minutes(minutes) => format!("minutes:{minutes}"),
        Warning::OutOfFunds => "out_of_funds".to_owned(),
    };
    warned.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn warned(text: &str) -> Result<BTreeSet<Warning>, Unreadable> {
    let warning = |word: &str| match word.split_once(':') {
        Some(("percent", percent)) => Ok(Warning::Percent(percent.parse()?)),
        Some(("dollars", amount)) => Ok(Warning::Dollars(amount.parse()?)),
        Some(("minutes", minutes)) => Ok(Warning::Minutes(minutes.parse()?)),
        None if word == "out_of_funds" => Ok(Warning::OutOfFunds),
        _ => Err(format!("a warning {word:?}").into()),
    };
    text.split_whitespace().map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_is_read_back() {
        let all = BTreeSet::from([
            Warning::Percent(95),
            Warning::Dollars(5_000_000),
            Warning::Minutes(15),
            Warning::OutOfFunds,
        ]);
        assert_eq!(warned(&warned_text(&all)).unwrap(), all);
        assert_eq!(warned("").unwrap(), BTreeSet::new());
        assert!(warned("percent:many").is_err());
    }
}
