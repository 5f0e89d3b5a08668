//! The rows of nodes, and of the time of a running cluster's fixed part.

use std::time::Duration;

use serde::Serialize;
use sliderule_api::MicroUsd;
use sliderule_control::store::StoreError;
use sliderule_provisioning::cluster::{Node, NodeState};
use sliderule_provisioning::meter::Meter;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Database, Tx, failed, run_over};

/// A meter's columns: began, held until, charged until, carry, rate.
type Time = (i64, i64, i64, u32, i64);

/// What a decision changes of nodes' rows, each once.
#[derive(Debug, Default)]
pub(super) struct NodeRows {
    /// New ones.
    pub(super) begun: Vec<Begun>,
    /// Known ones that are somewhere else in their life.
    pub(super) moved: Vec<Moved>,
    /// Known ones whose time was read or renewed.
    pub(super) metered: Vec<Metered>,
    /// Fixed parts whose time was read or renewed, or began.
    pub(super) fixed: Vec<FixedTime>,
    /// Organizations whose fixed part ended.
    pub(super) unfixed: Vec<i64>,
}

/// A new node's row.
#[derive(Debug, Serialize)]
pub(super) struct Begun(String, i64, String, Time);

/// Where a node is in its life: state, address, ready at, gone at, whether that is a failed boot.
#[derive(Debug, Serialize)]
pub(super) struct Moved(String, &'static str, Option<String>, Option<i64>, Option<i64>, bool);

/// A node's time.
#[derive(Debug, Serialize)]
pub(super) struct Metered(String, i64, i64, i64, u32, i64);

/// A fixed part's time.
#[derive(Debug, Serialize)]
pub(super) struct FixedTime(i64, i64, i64, i64, u32, i64);

impl NodeRows {
    /// A node is new.
    pub(super) fn begin(&mut self, organization: i64, node: &Node) {
        let (id, version) = (node.id.to_string(), node.version.to_string());
        self.begun.push(Begun(id, organization, version, time(&node.meter)));
    }

    /// A node is where `node` says, and not gone.
    pub(super) fn place(&mut self, node: &Node) {
        let (state, address) = (state_text(node.state), node.address.clone());
        let ready_at = node.ready_at.map(|at| at.0);
        self.moved.push(Moved(node.id.to_string(), state, address, ready_at, None, false));
    }

    /// A node, last like `node`, is gone since `at`.
    pub(super) fn end(&mut self, node: &Node, at: Moment, failed_boot: bool) {
        let (id, ready_at) = (node.id.to_string(), node.ready_at.map(|at| at.0));
        self.moved.push(Moved(id, "gone", node.address.clone(), ready_at, Some(at.0), failed_boot));
    }

    /// A node's time is as `node` says.
    pub(super) fn meter(&mut self, node: &Node) {
        let (began, held, charged, carry, rate) = time(&node.meter);
        self.metered.push(Metered(node.id.to_string(), began, held, charged, carry, rate));
    }

    /// The fixed part's time is as `meter` says.
    pub(super) fn fix(&mut self, organization: i64, meter: Option<&Meter>) {
        match meter {
            None => self.unfixed.push(organization),
            Some(meter) => {
                let (began, held, charged, carry, rate) = time(meter);
                self.fixed.push(FixedTime(organization, began, held, charged, carry, rate));
            }
        }
    }

    /// Whether there is a row among them that was not there before.
    pub(super) fn has_new(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Writes them.
    pub(super) async fn write(&self, tx: &mut Tx, doing: &'static str) -> Result<(), StoreError> {
        run_over(
            tx,
            "INSERT INTO nodes (id, organization_id, version, state, began_at_ms, held_until_ms, charged_until_ms,
                                carry, rate_micro_usd)
             SELECT value ->> 0, value ->> 1, value ->> 2, 'booting', value ->> '$[3][0]', value ->> '$[3][1]',
                 value ->> '$[3][2]', value ->> '$[3][3]', value ->> '$[3][4]' FROM json_each(?)",
            &self.begun,
            doing,
        )
        .await?;
        run_over(
            tx,
            "UPDATE nodes SET state = new.value ->> 1, address = new.value ->> 2, ready_at_ms = new.value ->> 3,
                 gone_at_ms = new.value ->> 4, failed_boot = new.value ->> 5
             FROM json_each(?) AS new WHERE nodes.id = new.value ->> 0",
            &self.moved,
            doing,
        )
        .await?;
        run_over(
            tx,
            "UPDATE nodes SET began_at_ms = new.value ->> 1, held_until_ms = new.value ->> 2,
                 charged_until_ms = new.value ->> 3, carry = new.value ->> 4, rate_micro_usd = new.value ->> 5
             FROM json_each(?) AS new WHERE nodes.id = new.value ->> 0",
            &self.metered,
            doing,
        )
        .await?;
        run_over(
            tx,
            "INSERT INTO fixed_meters (organization_id, began_at_ms, held_until_ms, charged_until_ms, carry,
                                       rate_micro_usd)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
             FROM json_each(?) WHERE true
             ON CONFLICT DO UPDATE SET began_at_ms = excluded.began_at_ms, held_until_ms = excluded.held_until_ms,
                 charged_until_ms = excluded.charged_until_ms, carry = excluded.carry,
                 rate_micro_usd = excluded.rate_micro_usd",
            &self.fixed,
            doing,
        )
        .await?;
        let ended = "DELETE FROM fixed_meters WHERE organization_id IN (SELECT value FROM json_each(?))";
        run_over(tx, ended, &self.unfixed, doing).await
    }
}

impl Database {
    /// What the nodes took that became ready last, of all organizations: 31 at most, among the last 256 that were begun.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn recent_boots(&self) -> Result<Vec<Duration>, StoreError> {
        let took: Vec<i64> = sqlx::query_scalar(
            "SELECT ready_at_ms - began_at_ms
             FROM (SELECT ready_at_ms, began_at_ms FROM nodes ORDER BY rowid DESC LIMIT 256)
             WHERE ready_at_ms >= began_at_ms LIMIT 31",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed("read what nodes took to become ready"))?;
        Ok(took.into_iter().map(|took| Duration::from_millis(took.unsigned_abs())).collect())
    }
}

/// The nodes of those organizations (a list of rows' ids) that are not gone, with their organization.
pub(super) async fn of(
    tx: &mut Tx,
    organizations: &str,
    doing: &'static str,
) -> Result<Vec<(i64, Node)>, StoreError> {
    let rows = sqlx::query(
        "SELECT organization_id, id, state, version, address, ready_at_ms,
             began_at_ms, held_until_ms, charged_until_ms, carry, rate_micro_usd
         FROM nodes WHERE organization_id IN (SELECT value FROM json_each(?)) AND state <> 'gone'",
    )
    .bind(organizations)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    rows.iter().map(node).collect::<Result<_, _>>().map_err(failed(doing))
}

fn node(row: &SqliteRow) -> Result<(i64, Node), Box<dyn std::error::Error + Send + Sync>> {
    let state: String = row.try_get("state")?;
    let node = Node {
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
        ready_at: row.try_get::<Option<i64>, _>("ready_at_ms")?.map(Moment),
        meter: meter(row)?,
    };
    Ok((row.try_get("organization_id")?, node))
}

/// The meter in a row's columns.
pub(super) fn meter(row: &SqliteRow) -> Result<Meter, sqlx::Error> {
    Ok(Meter {
        began_at: Moment(row.try_get("began_at_ms")?),
        held_until: Moment(row.try_get("held_until_ms")?),
        charged_until: Moment(row.try_get("charged_until_ms")?),
        carry: row.try_get("carry")?,
        rate: MicroUsd(row.try_get("rate_micro_usd")?),
    })
}

fn time(meter: &Meter) -> Time {
    let Meter { began_at, held_until, charged_until, carry, rate } = meter;
    (began_at.0, held_until.0, charged_until.0, *carry, rate.0)
}

fn state_text(state: NodeState) -> &'static str {
    match state {
        NodeState::Booting => "booting",
        NodeState::Ready => "ready",
        NodeState::Draining => "draining",
        NodeState::Stopping => "stopping",
    }
}
