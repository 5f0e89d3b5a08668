//! Capacity requests.

use sliderule_api::{MicroUsd, OrganizationName, RequestId, UserName};
use sliderule_control::StoreError;
use sliderule_provisioning::cluster::{Moment, Request};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Database, Tx, collision, failed, organizations};
use crate::Error;

/// A capacity request to be placed: granted already, and affordable.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// Names it, unless an identical one exists.
    pub id: RequestId,
    /// Whose cluster.
    pub organization: OrganizationName,
    /// Who asks.
    pub user_id: i64,
    /// Nodes granted; 0 releases what the user has.
    pub nodes: u32,
    /// When it ends by itself; whole seconds.
    pub expires_at: Moment,
    /// When it is placed.
    pub at: Moment,
    /// What it may cost at most.
    pub cost: MicroUsd,
    /// The caller's idempotency key, with what was asked for under it.
    pub key: Option<(String, String)>,
}

/// What became of a [`NewRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It counts from now on.
    New(RequestId),
    /// The same user has an identical live request, and it counts in its place.
    Redundant {
        /// That request.
        id: RequestId,
        /// What it could cost at most when it was placed.
        cost: MicroUsd,
    },
    /// Another request took the idempotency key in the meantime; see [`Database::request_by_key`].
    KeyUsed,
}

/// What an earlier order under an idempotency key led to.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The request.
    pub request: Request,
    /// What was asked for then.
    pub order_text: String,
    /// What it could cost at most.
    pub cost: MicroUsd,
}

impl Database {
    /// Finds the live request that a new one would be identical to, and notes the key with it; `None`
    /// if there is none, so that the new one has to be afforded and placed.
    ///
    /// # Errors
    /// There is no such organization.
    pub async fn repeat_request(&self, new: &NewRequest) -> Result<Option<Placed>, Error> {
        let doing = "looked for an identical capacity request";
        let mut tx = self.write(doing).await?;
        let organization = organizations::organization_id(&mut tx, &new.organization, doing).await?;
        let Some((id, cost)) = identical(&mut tx, organization, new, doing).await? else { return Ok(None) };
        let placed = note_key(tx, organization, new, Placed::Redundant { id, cost }, doing).await?;
        Ok(Some(placed))
    }

    /// Places a request, or finds the identical live one. Also closes the organization's expired
    /// requests, so that they do not pile up in what is read for every decision.
    ///
    /// # Errors
    /// There is no such organization.
    pub async fn place_request(&self, new: &NewRequest) -> Result<Placed, Error> {
        let doing = "placed a capacity request";
        let mut tx = self.write(doing).await?;
        let organization = organizations::organization_id(&mut tx, &new.organization, doing).await?;
        close_expired(&mut tx, organization, new.at, doing).await?;
        if new.nodes == 0 {
            close_own(&mut tx, organization, new.user_id, new.at, doing).await?;
        } else if let Some((id, cost)) = identical(&mut tx, organization, new, doing).await? {
            return Ok(note_key(tx, organization, new, Placed::Redundant { id, cost }, doing).await?);
        }
        sqlx::query(
            "INSERT INTO requests (id, organization_id, user_id, nodes, expires_at_ms, created_at_ms, released_at_ms,
                                   cost_micro_usd)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.id.as_str())
        .bind(organization)
        .bind(new.user_id)
        .bind(new.nodes)
        .bind(new.expires_at.0)
        .bind(new.at.0)
        .bind((new.nodes == 0).then_some(new.at.0))
        .bind(new.cost.0)
        .execute(&mut *tx)
        .await
        .map_err(failed(doing))?;
        Ok(note_key(tx, organization, new, Placed::New(new.id.clone()), doing).await?)
    }

    /// The request that an earlier order of the user under this idempotency key led to.
    ///
    /// # Errors
    /// The database failed.
    pub async fn request_by_key(
        &self,
        organization: &OrganizationName,
        user_id: i64,
        key: &str,
    ) -> Result<Option<Earlier>, Error> {
        let doing = "looked for a capacity request by its key";
        let found = sqlx::query(
            "SELECT requests.id, users.name AS user, nodes, expires_at_ms, order_text, cost_micro_usd
             FROM order_keys
             JOIN requests ON requests.id = order_keys.request_id
             JOIN users ON users.id = order_keys.user_id
             JOIN organizations ON organizations.id = order_keys.organization_id
             WHERE organizations.name = ? AND order_keys.user_id = ? AND idempotency_key = ?",
        )
        .bind(organization.as_str())
        .bind(user_id)
        .bind(key)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(None) };
        Ok(Some(Earlier {
            request: request(&row).map_err(failed(doing))?,
            order_text: row.try_get("order_text").map_err(failed(doing))?,
            cost: MicroUsd(row.try_get("cost_micro_usd").map_err(failed(doing))?),
        }))
    }

    /// Releases all that a user has, and says how many requests that were.
    ///
    /// # Errors
    /// There is no such organization.
    pub async fn release_own(
        &self,
        organization: &OrganizationName,
        user_id: i64,
        at: Moment,
    ) -> Result<u64, Error> {
        let doing = "released a user's capacity requests";
        let mut tx = self.write(doing).await?;
        let organization = organizations::organization_id(&mut tx, organization, doing).await?;
        close_expired(&mut tx, organization, at, doing).await?;
        let released = close_own(&mut tx, organization, user_id, at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(released)
    }

    /// Releases one of a user's requests; whether there is such a request of theirs. Repeating it
    /// changes nothing.
    ///
    /// # Errors
    /// There is no such organization.
    pub async fn release_request(
        &self,
        organization: &OrganizationName,
        user_id: i64,
        id: &RequestId,
        at: Moment,
    ) -> Result<bool, Error> {
        let doing = "released a capacity request";
        let mut tx = self.write(doing).await?;
        let organization = organizations::organization_id(&mut tx, organization, doing).await?;
        let released = sqlx::query(
            "UPDATE requests SET released_at_ms = coalesce(released_at_ms, ?)
             WHERE id = ? AND organization_id = ? AND user_id = ?",
        )
        .bind(at.0)
        .bind(id.as_str())
        .bind(organization)
        .bind(user_id)
        .execute(&mut *tx)
        .await
        .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(released.rows_affected() > 0)
    }
}

/// The unreleased requests of an organization, soonest to expire first.
pub(super) async fn of(
    tx: &mut Tx,
    organization: i64,
    doing: &'static str,
) -> Result<Vec<Request>, StoreError> {
    let rows = sqlx::query(
        "SELECT requests.id, users.name AS user, nodes, expires_at_ms FROM requests
         JOIN users ON users.id = requests.user_id
         WHERE organization_id = ? AND released_at_ms IS NULL ORDER BY expires_at_ms, requests.id",
    )
    .bind(organization)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    rows.iter().map(request).collect::<Result<_, _>>().map_err(failed(doing))
}

fn request(row: &SqliteRow) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
    let user: UserName = row.try_get::<String, _>("user")?.parse()?;
    Ok(Request {
        id: row.try_get::<String, _>("id")?.parse()?,
        user,
        nodes: row.try_get("nodes")?,
        expires_at: Moment(row.try_get("expires_at_ms")?),
    })
}

async fn identical(
    tx: &mut Tx,
    organization: i64,
    new: &NewRequest,
    doing: &'static str,
) -> Result<Option<(RequestId, MicroUsd)>, StoreError> {
    let found: Option<(String, i64)> = sqlx::query_as(
        "SELECT id, cost_micro_usd FROM requests WHERE organization_id = ? AND user_id = ? AND nodes = ? AND expires_at_ms = ?
         AND released_at_ms IS NULL",
    )
    .bind(organization)
    .bind(new.user_id)
    .bind(new.nodes)
    .bind(new.expires_at.0)
    .fetch_optional(&mut **tx)
    .await
    .map_err(failed(doing))?;
    found.map(|(id, cost)| Ok((id.parse().map_err(failed(doing))?, MicroUsd(cost)))).transpose()
}

/// Notes what the order under the caller's key, if there is one, led to, and makes it all last; or nothing of
/// it, if the key was used before.
async fn note_key(
    mut tx: Tx,
    organization: i64,
    new: &NewRequest,
    placed: Placed,
    doing: &'static str,
) -> Result<Placed, StoreError> {
    if let (Some((key, order)), Placed::New(id) | Placed::Redundant { id, .. }) = (&new.key, &placed) {
        let noted = sqlx::query(
            "INSERT INTO order_keys (organization_id, user_id, idempotency_key, order_text, request_id)
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(organization)
        .bind(new.user_id)
        .bind(key)
        .bind(order)
        .bind(id.as_str())
        .execute(&mut *tx)
        .await;
        match noted {
            Err(error) if collision(&error).is_some() => return Ok(Placed::KeyUsed),
            noted => noted.map_err(failed(doing))?,
        };
    }
    tx.commit().await.map_err(failed(doing))?;
    Ok(placed)
}

async fn close_expired(
    tx: &mut Tx,
    organization: i64,
    at: Moment,
    doing: &'static str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE requests SET released_at_ms = expires_at_ms
         WHERE organization_id = ? AND released_at_ms IS NULL AND expires_at_ms <= ?",
    )
    .bind(organization)
    .bind(at.0)
    .execute(&mut **tx)
    .await
    .map(|_| ())
    .map_err(failed(doing))
}

async fn close_own(
    tx: &mut Tx,
    organization: i64,
    user_id: i64,
    at: Moment,
    doing: &'static str,
) -> Result<u64, StoreError> {
    sqlx::query(
        "UPDATE requests SET released_at_ms = ?
         WHERE organization_id = ? AND user_id = ? AND released_at_ms IS NULL",
    )
    .bind(at.0)
    .bind(organization)
    .bind(user_id)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected())
    .map_err(failed(doing))
}
