//! Capacity requests, and the keys of the orders that led to them.

use std::collections::HashMap;

use serde::Serialize;
use sliderule_api::{MicroUsd, OrganizationName, RequestId, UserName};
use sliderule_control::store::StoreError;
use sliderule_provisioning::cluster::Request;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Database, Tx, failed, run_over};
use crate::Error;

/// What an earlier order under an idempotency key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The request as it is now; it may be closed.
    pub request: Request,
    /// Since when it is closed, if it is.
    pub closed_at: Option<Moment>,
    /// What was ordered then.
    pub order: String,
    /// What it could cost at most beyond what was promised before, when it was placed.
    pub cost: MicroUsd,
}

/// A request with its past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The request as it is now; it may be closed.
    pub request: Request,
    /// Since when it is closed, if it is.
    pub closed_at: Option<Moment>,
    /// What it could cost at most beyond what was promised before, when it was placed.
    pub cost: MicroUsd,
}

impl Database {
    /// The requests of an organization that are live at `now`, or only those of one user: the latest `most` of those whose
    /// id comes before another one, latest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn live_requests(
        &self,
        organization: &OrganizationName,
        user: Option<&UserName>,
        now: Moment,
        before: Option<&RequestId>,
        most: u32,
    ) -> Result<Vec<Record>, Error> {
        let doing = "listed capacity requests";
        let rows = sqlx::query(
            "SELECT requests.organization_id, requests.id, users.name AS user, nodes, requests.created_at_ms,
                 expires_at_ms, closed_at_ms, cost_micro_usd
             FROM requests JOIN users ON users.id = requests.user_id
             WHERE organization_id = (SELECT id FROM organizations WHERE name = ?1) AND closed_at_ms IS NULL
                 AND (?2 IS NULL OR users.name = ?2) AND expires_at_ms > ?3 AND (?4 IS NULL OR requests.id < ?4)
             ORDER BY requests.id DESC LIMIT ?5",
        )
        .bind(organization.as_str())
        .bind(user.map(UserName::as_str))
        .bind(now.0)
        .bind(before.map(RequestId::as_str))
        .bind(most)
        .fetch_all(&self.readers)
        .await
        .map_err(failed(doing))?;
        Ok(rows.iter().map(record).collect::<Result<_, _>>().map_err(failed(doing))?)
    }

    /// The request of that id in an organization, live or over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn request(
        &self,
        organization: &OrganizationName,
        id: &RequestId,
    ) -> Result<Option<Record>, Error> {
        let doing = "looked for a capacity request";
        let found = sqlx::query(
            "SELECT requests.organization_id, requests.id, users.name AS user, nodes, requests.created_at_ms,
                 expires_at_ms, closed_at_ms, cost_micro_usd
             FROM requests JOIN users ON users.id = requests.user_id
             JOIN organizations ON organizations.id = requests.organization_id
             WHERE requests.id = ? AND organizations.name = ?",
        )
        .bind(id.as_str())
        .bind(organization.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        Ok(found.as_ref().map(record).transpose().map_err(failed(doing))?)
    }

    /// The request that an earlier order of the user under this idempotency key led to.
    ///
    /// # Errors
    /// The database failed.
    pub async fn order_by_key(
        &self,
        organization: &OrganizationName,
        user: &UserName,
        key: &str,
    ) -> Result<Option<Earlier>, Error> {
        let doing = "looked for a capacity request by its key";
        let found = sqlx::query(
            "SELECT requests.organization_id, requests.id, users.name AS user, nodes, requests.created_at_ms,
                 expires_at_ms, closed_at_ms, order_text, cost_micro_usd
             FROM order_keys
             JOIN requests ON requests.id = order_keys.request_id
             JOIN users ON users.id = order_keys.user_id
             JOIN organizations ON organizations.id = order_keys.organization_id
             WHERE organizations.name = ? AND users.name = ? AND idempotency_key = ?",
        )
        .bind(organization.as_str())
        .bind(user.as_str())
        .bind(key)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(None) };
        let closed_at: Option<i64> = row.try_get("closed_at_ms").map_err(failed(doing))?;
        Ok(Some(Earlier {
            request: request(&row).map_err(failed(doing))?.1,
            closed_at: closed_at.map(Moment),
            order: row.try_get("order_text").map_err(failed(doing))?,
            cost: MicroUsd(row.try_get("cost_micro_usd").map_err(failed(doing))?),
        }))
    }
}

/// What a decision changes of requests' rows, each once.
#[derive(Debug, Default)]
pub(super) struct RequestRows {
    /// New ones.
    pub(super) placed: Vec<Placed>,
    /// Known ones.
    pub(super) altered: Vec<Altered>,
    /// Keys, and what they stand for.
    pub(super) keyed: Vec<Keyed>,
}

/// A new request's row: id, organization, user, cost; nodes, created, expires, closed.
#[derive(Debug, Serialize)]
pub(super) struct Placed(String, i64, i64, i64, u32, i64, i64, Option<i64>);

/// What changes of a request's row: id; nodes, created, expires, closed.
#[derive(Debug, Serialize)]
pub(super) struct Altered(String, u32, i64, i64, Option<i64>);

/// An order's key: organization, user, key; order, request.
#[derive(Debug, Serialize)]
pub(super) struct Keyed(i64, i64, String, String, String);

impl RequestRows {
    /// A request is new.
    pub(super) fn place(
        &mut self,
        (organization, user): (i64, i64),
        request: &Request,
        cost: MicroUsd,
        closed_at: Option<Moment>,
    ) {
        let (id, closed_at) = (request.id.to_string(), closed_at.map(|at| at.0));
        let (created_at, expires_at) = (request.created_at.0, request.expires_at.0);
        let nodes = request.nodes;
        self.placed.push(Placed(id, organization, user, cost.0, nodes, created_at, expires_at, closed_at));
    }

    /// A known request is like `request` from now on, or closed.
    pub(super) fn alter(&mut self, request: &Request, closed_at: Option<Moment>) {
        let (id, closed_at) = (request.id.to_string(), closed_at.map(|at| at.0));
        let (created_at, expires_at) = (request.created_at.0, request.expires_at.0);
        self.altered.push(Altered(id, request.nodes, created_at, expires_at, closed_at));
    }

    /// A key stands for an order and its request.
    pub(super) fn key(
        &mut self,
        (organization, user): (i64, i64),
        key: &str,
        order: &str,
        request: &RequestId,
    ) {
        self.keyed.push(Keyed(organization, user, key.to_owned(), order.to_owned(), request.to_string()));
    }

    /// Whether there is a row among them that was not there before.
    pub(super) fn has_new(&self) -> bool {
        !self.placed.is_empty() || !self.keyed.is_empty()
    }

    /// Writes them. A new request of somebody who is no active member has no user, which the schema refuses: between
    /// the look at a membership and this it may have ended.
    pub(super) async fn write(&self, tx: &mut Tx, doing: &'static str) -> Result<(), StoreError> {
        run_over(
            tx,
            "INSERT INTO requests (id, organization_id, user_id, cost_micro_usd, nodes, created_at_ms, expires_at_ms,
                                   closed_at_ms)
             SELECT value ->> 0, value ->> 1,
                 (SELECT user_id FROM memberships JOIN users ON users.id = user_id
                  WHERE organization_id = value ->> 1 AND user_id = value ->> 2 AND state = 'active'
                      AND disabled_at_ms IS NULL),
                 value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7 FROM json_each(?)",
            &self.placed,
            doing,
        )
        .await?;
        run_over(
            tx,
            "UPDATE requests SET nodes = new.value ->> 1, created_at_ms = new.value ->> 2,
                 expires_at_ms = new.value ->> 3, closed_at_ms = new.value ->> 4
             FROM json_each(?) AS new WHERE requests.id = new.value ->> 0",
            &self.altered,
            doing,
        )
        .await?;
        run_over(
            tx,
            "INSERT INTO order_keys (organization_id, user_id, idempotency_key, order_text, request_id)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)",
            &self.keyed,
            doing,
        )
        .await
    }
}

/// Names a key of an order: organization, user, key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct KeyOf(pub(super) i64, pub(super) i64, pub(super) String);

/// What keys of orders stand for, as far as they stand for anything: the order, and its request.
pub(super) async fn keyed(
    tx: &mut Tx,
    keys: &[KeyOf],
    doing: &'static str,
) -> Result<HashMap<KeyOf, (String, String)>, StoreError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(i64, i64, String, String, String)> = sqlx::query_as(
        "SELECT organization_id, user_id, idempotency_key, order_text, request_id FROM json_each(?) AS named
         CROSS JOIN order_keys ON organization_id = named.value ->> 0 AND user_id = named.value ->> 1
             AND idempotency_key = named.value ->> 2",
    )
    .bind(serde_json::to_string(keys).map_err(failed(doing))?)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    let known = found
        .into_iter()
        .map(|(organization, user, key, order, request)| (KeyOf(organization, user, key), (order, request)));
    Ok(known.collect())
}

/// The open requests of those organizations (a list of rows' ids), with their organization.
pub(super) async fn of(
    tx: &mut Tx,
    organizations: &str,
    doing: &'static str,
) -> Result<Vec<(i64, Request)>, StoreError> {
    let rows = sqlx::query(
        "SELECT organization_id, requests.id, users.name AS user, nodes, requests.created_at_ms, expires_at_ms
         FROM requests JOIN users ON users.id = requests.user_id
         WHERE organization_id IN (SELECT value FROM json_each(?)) AND closed_at_ms IS NULL",
    )
    .bind(organizations)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    rows.iter().map(request).collect::<Result<_, _>>().map_err(failed(doing))
}

fn record(row: &SqliteRow) -> Result<Record, Box<dyn std::error::Error + Send + Sync>> {
    let (_, request) = request(row)?;
    let closed_at = row.try_get::<Option<i64>, _>("closed_at_ms")?.map(Moment);
    Ok(Record { request, closed_at, cost: MicroUsd(row.try_get("cost_micro_usd")?) })
}

fn request(row: &SqliteRow) -> Result<(i64, Request), Box<dyn std::error::Error + Send + Sync>> {
    let request = Request {
        id: row.try_get::<String, _>("id")?.parse()?,
        user: row.try_get::<String, _>("user")?.parse()?,
        nodes: row.try_get("nodes")?,
        created_at: Moment(row.try_get("created_at_ms")?),
        expires_at: Moment(row.try_get("expires_at_ms")?),
    };
    Ok((row.try_get("organization_id")?, request))
}
