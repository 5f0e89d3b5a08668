//! Money: the lines of the append-only ledger.
//!
//! The rules stand in the schema, where no code can go round them: lines are never changed or removed, each
//! carries the sums that follow from the one before, nothing is reserved that is not available, nothing charged
//! that was not reserved, and what is written under one key is written once.

use std::sync::Arc;

use serde::Serialize;
use sliderule_api::{MicroUsd, NodeId, OrganizationName, UserName};
use sliderule_control::store::StoreError;
use sliderule_provisioning::account::{Account as Sums, Entry, Posting};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::clusters::{self, Kept};
use super::{Database, Tx, failed, organizations};
use crate::Error;

/// Lines that an account shows at most.
const SHOWN: u32 = 100;

/// What a line of the ledger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Money was given.
    Credit,
    /// Money was set aside.
    Reserve,
    /// A part of what was set aside was used.
    Charge,
    /// What was set aside and not used is available again.
    Settle,
    /// A node ran for longer than was set aside.
    Overrun,
    /// A bill was corrected, or a credit withdrawn.
    Adjustment,
}

impl LineKind {
    const ALL: [Self; 6] =
        [Self::Credit, Self::Reserve, Self::Charge, Self::Settle, Self::Overrun, Self::Adjustment];

    fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Reserve => "reserve",
            Self::Charge => "charge",
            Self::Settle => "settle",
            Self::Overrun => "overrun",
            Self::Adjustment => "adjustment",
        }
    }
}

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number within the organization, from 1.
    pub number: u64,
    /// When it was written.
    pub at: Moment,
    /// What it does.
    pub kind: LineKind,
    /// What it added to the balance.
    pub amount: MicroUsd,
    /// What it added to the money set aside.
    pub set_aside: MicroUsd,
    /// Who paid a charge; `None` for the organization, and for every other kind.
    pub payer: Option<UserName>,
    /// Which node ran for longer than was set aside.
    pub node: Option<NodeId>,
    /// For people.
    pub note: String,
}

/// An organization's money, read at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its cluster, with all that the lines add up to.
    pub cluster: Cluster,
    /// The newest lines, newest first.
    pub lines: Vec<Line>,
}

impl Database {
    /// An organization's cluster and its money, with the newest lines of its ledger; `None` for an unknown organization.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(&self, organization: &OrganizationName) -> Result<Option<Account>, Error> {
        let doing = "read an account";
        let mut tx = self.read(doing).await?;
        let found = clusters::read(&mut tx, std::slice::from_ref(organization), doing).await?;
        let Some(Kept { id, cluster, .. }) = found.into_iter().next() else { return Ok(None) };
        let lines = newest(&mut tx, id, u64::MAX, SHOWN, doing).await?;
        Ok(Some(Account { cluster: Arc::unwrap_or_clone(cluster), lines }))
    }

    /// The newest lines of a ledger that are older than the one of that number, newest first.
    ///
    /// # Errors
    /// There is no such organization; or the database failed.
    pub async fn ledger(
        &self,
        organization: &OrganizationName,
        before: u64,
        most: u32,
    ) -> Result<Vec<Line>, Error> {
        let doing = "read a ledger";
        let mut tx = self.read(doing).await?;
        let id = organizations::organization_id(&mut tx, organization, doing).await?;
        Ok(newest(&mut tx, id, before, most, doing).await?)
    }
}

async fn newest(
    tx: &mut Tx,
    organization: i64,
    before: u64,
    most: u32,
    doing: &'static str,
) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query(
        "SELECT line, at_ms, kind, amount_micro_usd, set_aside, users.name AS payer, node_id, note
         FROM ledger LEFT JOIN users ON users.id = ledger.user_id
         WHERE organization_id = ? AND line < ? ORDER BY line DESC LIMIT ?",
    )
    .bind(organization)
    .bind(i64::try_from(before).unwrap_or(i64::MAX))
    .bind(most)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    rows.iter().map(line).collect::<Result<_, _>>().map_err(failed(doing))
}

fn line(row: &SqliteRow) -> Result<Line, Box<dyn std::error::Error + Send + Sync>> {
    let kind: String = row.try_get("kind")?;
    let kind = LineKind::ALL.into_iter().find(|known| known.as_str() == kind);
    Ok(Line {
        number: row.try_get::<i64, _>("line")?.try_into()?,
        at: Moment(row.try_get("at_ms")?),
        kind: kind.ok_or("a line of an unknown kind")?,
        amount: MicroUsd(row.try_get("amount_micro_usd")?),
        set_aside: MicroUsd(row.try_get("set_aside")?),
        payer: row.try_get::<Option<String>, _>("payer")?.map(|name| name.parse()).transpose()?,
        node: row.try_get::<Option<String>, _>("node_id")?.map(|node| node.parse()).transpose()?,
        note: row.try_get("note")?,
    })
}

/// A line to be written: its columns, in the order of [`insert`].
#[derive(Debug)]
pub(super) struct Row {
    organization: i64,
    line: i64,
    at: i64,
    kind: &'static str,
    amount: i64,
    set_aside: i64,
    reservation: Option<u64>,
    payer: Option<i64>,
    node: Option<String>,
    payers: Option<String>,
    note: String,
    key: String,
    balance_after: i64,
    reserved_after: Option<i64>,
    credited_after: i64,
    reservations_after: u64,
}

impl Serialize for Row {
    /// As a list.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { organization, line, at, kind, amount, set_aside, reservation, payer, .. } = self;
        let Self { node, payers, note, key, balance_after, reserved_after, .. } = self;
        let Self { credited_after, reservations_after, .. } = self;
        (
            organization,
            line,
            at,
            kind,
            amount,
            set_aside,
            reservation,
            payer,
            node,
            payers,
            note,
            key,
            balance_after,
            reserved_after,
            credited_after,
            reservations_after,
        )
            .serialize(serializer)
    }
}

impl Row {
    /// The line that an entry makes between two states of its organization's money. `user` finds the row of a user.
    ///
    /// # Errors
    /// A payer is nobody's user.
    pub(super) fn of<E>(
        organization: i64,
        line: i64,
        entry: &Entry,
        (before, after): (&Sums, &Sums),
        user: impl Fn(&UserName) -> Result<i64, E>,
    ) -> Result<Self, E> {
        let held = |sums: &Sums| sums.reservation.as_ref().map(|pending| pending.amount);
        let mut row = Self {
            organization,
            line,
            at: entry.at.0,
            kind: LineKind::Adjustment.as_str(),
            amount: (after.balance - before.balance).0,
            set_aside: (held(after).unwrap_or_default() - held(before).unwrap_or_default()).0,
            reservation: None,
            payer: None,
            node: None,
            payers: None,
            note: entry.note.clone(),
            key: entry.key.clone(),
            balance_after: after.balance.0,
            reserved_after: held(after).map(|amount| amount.0),
            credited_after: after.credited.0,
            reservations_after: after.reservations_made,
        };
        row.kind = match &entry.posting {
            Posting::Credit { .. } => LineKind::Credit,
            Posting::Reserve(new) => {
                row.reservation = Some(new.number);
                let payer = |of: &sliderule_provisioning::account::Payer| {
                    let user = of.user.as_ref().map(&user).transpose()?;
                    Ok(serde_json::json!([user, of.weight]))
                };
                let payers: Vec<serde_json::Value> =
                    new.payers.iter().map(payer).collect::<Result<_, E>>()?;
                row.payers = Some(serde_json::Value::from(payers).to_string());
                LineKind::Reserve
            }
            Posting::Charge { reservation, payer, .. } => {
                row.reservation = Some(*reservation);
                row.payer = payer.as_ref().map(user).transpose()?;
                LineKind::Charge
            }
            Posting::Settle { reservation } => {
                row.reservation = Some(*reservation);
                LineKind::Settle
            }
            Posting::Overrun { node, .. } => {
                row.node = node.as_ref().map(ToString::to_string);
                LineKind::Overrun
            }
            Posting::Adjust { .. } => LineKind::Adjustment,
        }
        .as_str();
        Ok(row)
    }

    /// The money an organization begins with.
    pub(super) fn opening_credit(organization: i64, amount: MicroUsd, at: Moment) -> Self {
        Self {
            organization,
            line: 1,
            at: at.0,
            kind: LineKind::Credit.as_str(),
            amount: amount.0,
            set_aside: 0,
            reservation: None,
            payer: None,
            node: None,
            payers: None,
            note: "opening credit".to_owned(),
            key: "credit:opening".to_owned(),
            balance_after: amount.0,
            reserved_after: None,
            credited_after: amount.0,
            reservations_after: 0,
        }
    }
}

/// Writes lines in the order given.
pub(super) async fn insert(tx: &mut Tx, rows: &[Row], doing: &'static str) -> Result<(), StoreError> {
    super::run_over(
        tx,
        "INSERT INTO ledger (organization_id, line, at_ms, kind, amount_micro_usd, set_aside, reservation, user_id,
                             node_id, payers, note, idempotency_key, balance_after, reserved_after, credited_after,
                             reservations_after)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
             value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15
         FROM json_each(?)",
        rows,
        doing,
    )
    .await
}
