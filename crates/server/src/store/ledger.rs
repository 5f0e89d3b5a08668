//! Money: the append-only ledger.
//!
//! The rules stand in the schema, where no code can go round them: lines are never changed or removed,
//! each carries the balance that follows from the one before, a charge that the balance does not cover
//! is refused, and what is paid under one key is paid once.

use sliderule_api::costs::{EntryKind, LedgerEntry};
use sliderule_api::{MicroUsd, NodeId, OrganizationName, UtcTime};
use sliderule_provisioning::cluster::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Database, Tx, failed};
use crate::Error;
use crate::instants;

/// What the schema says when it refuses a charge.
const NOT_COVERED: &str = "ledger: the balance does not cover the charge";

/// Lines that an answer carries at most.
const SHOWN: i64 = 100;

/// A line to be written.
pub(super) struct Line {
    kind: EntryKind,
    amount: MicroUsd,
    note: String,
    key: String,
    node: Option<NodeId>,
    at: Moment,
}

impl Line {
    /// The money an organization begins with.
    pub(super) fn opening_credit(organization: &OrganizationName, amount: MicroUsd, at: Moment) -> Self {
        Self {
            kind: EntryKind::Credit,
            amount,
            note: "opening credit".to_owned(),
            key: format!("credit:{organization}:opening"),
            node: None,
            at,
        }
    }

    /// A node's first lease, up to `until`, and its tail.
    pub(super) fn first_lease(node: &NodeId, price: MicroUsd, at: Moment, until: Moment) -> Self {
        let lease = Self::lease(node, price, at, until);
        Self { note: format!("first {}, and its tail", lease.note), ..lease }
    }

    /// A node's further time, up to `until`.
    pub(super) fn lease(node: &NodeId, price: MicroUsd, at: Moment, until: Moment) -> Self {
        Self {
            kind: EntryKind::Charge,
            amount: -price,
            note: format!("lease of node {node} until {}", instants::rfc3339(until).0),
            key: format!("lease:{node}:{}", until.0),
            node: Some(node.clone()),
            at,
        }
    }

    /// What a node that ended had not used.
    pub(super) fn refund(node: &NodeId, amount: MicroUsd, at: Moment) -> Self {
        Self {
            kind: EntryKind::Refund,
            amount,
            note: format!("unused time of node {node}"),
            key: format!("refund:{node}"),
            node: Some(node.clone()),
            at,
        }
    }
}

/// Whether a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It stands.
    Yes,
    /// The balance does not cover it. The transaction is as it was before.
    NotCovered,
}

/// Adds a line.
pub(super) async fn write(
    tx: &mut Tx,
    organization: i64,
    line: &Line,
    doing: &'static str,
) -> Result<Written, sliderule_control::StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO ledger (organization_id, node_id, at_ms, kind, amount_micro_usd, balance_after_micro_usd,
                             note, idempotency_key)
         SELECT ?1, ?2, ?3, ?4, ?5, ?5 + coalesce(
             (SELECT balance_after_micro_usd FROM ledger WHERE organization_id = ?1 ORDER BY id DESC LIMIT 1), 0),
             ?6, ?7",
    )
    .bind(organization)
    .bind(line.node.as_ref().map(NodeId::as_str))
    .bind(line.at.0)
    .bind(kind_text(line.kind))
    .bind(line.amount.0)
    .bind(&line.note)
    .bind(&line.key)
    .execute(&mut **tx)
    .await;
    match inserted {
        Ok(_) => Ok(Written::Yes),
        Err(sqlx::Error::Database(refusal)) if refusal.message().contains(NOT_COVERED) => {
            Ok(Written::NotCovered)
        }
        Err(error) => Err(failed(doing)(error)),
    }
}

/// An organization's money, read at one instant.
#[derive(Clone, Debug)]
pub struct Account {
    /// Credits less charges.
    pub balance: MicroUsd,
    /// All that was ever credited.
    pub credited: MicroUsd,
    /// List price of one node for an hour.
    pub node_hour: MicroUsd,
    /// The newest lines, newest first.
    pub entries: Vec<LedgerEntry>,
}

impl Database {
    /// An organization's money; `None` for an unknown organization.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(&self, organization: &OrganizationName) -> Result<Option<Account>, Error> {
        let doing = "read an account";
        let mut tx = self.read(doing).await?;
        let found = sqlx::query("SELECT id, node_hour_micro_usd FROM organizations WHERE name = ?")
            .bind(organization.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(None) };
        let id: i64 = row.try_get("id").map_err(failed(doing))?;
        let node_hour = row.try_get("node_hour_micro_usd").map_err(failed(doing))?;
        let credited = sqlx::query_scalar(
            "SELECT coalesce(sum(amount_micro_usd), 0) FROM ledger
             WHERE organization_id = ? AND kind = 'credit'",
        )
        .bind(id)
        .fetch_one(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let rows = sqlx::query(
            "SELECT at_ms, kind, amount_micro_usd, balance_after_micro_usd, note FROM ledger
             WHERE organization_id = ? ORDER BY id DESC LIMIT ?",
        )
        .bind(id)
        .bind(SHOWN)
        .fetch_all(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let newest = rows.first().map(|row| row.try_get("balance_after_micro_usd"));
        let balance = newest.transpose().map_err(failed(doing))?.unwrap_or(0);
        let entries = rows.iter().map(entry).collect::<Result<_, _>>().map_err(failed(doing))?;
        Ok(Some(Account {
            balance: MicroUsd(balance),
            credited: MicroUsd(credited),
            node_hour: MicroUsd(node_hour),
            entries,
        }))
    }
}

fn entry(row: &SqliteRow) -> Result<LedgerEntry, sqlx::Error> {
    let kind: String = row.try_get("kind")?;
    let at: UtcTime = instants::rfc3339(Moment(row.try_get("at_ms")?));
    Ok(LedgerEntry {
        at,
        kind: match kind.as_str() {
            "credit" => EntryKind::Credit,
            "refund" => EntryKind::Refund,
            "charge" => EntryKind::Charge,
            other => return Err(sqlx::Error::Decode(format!("a ledger line of the kind {other:?}").into())),
        },
        amount_micro_usd: MicroUsd(row.try_get("amount_micro_usd")?),
        note: row.try_get("note")?,
    })
}

fn kind_text(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Credit => "credit",
        EntryKind::Charge => "charge",
        EntryKind::Refund => "refund",
    }
}
