//! What becomes of a session's refresh tokens.
//!
//! Always holds: of any number of attempts to exchange the newest token, one does; how it was done is kept for as long
//! as the same pair may be asked for again.

use sliderule_api::OrganizationName;
use sliderule_api::tokens::Claims;
use sliderule_control::store::StoreError;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::commit::Admissions;
use super::standing::standing_of;
use super::{Database, Standing, Tx, column, failed, seconds};
use crate::Error;
use crate::auth::rotation::{Exchange, GRACE};

/// A session, as far as a refresh token of it is concerned. Instants are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether its user can no longer sign in.
    pub disabled: bool,
    /// How its user stands to its organization; `None` in a session for the account itself.
    pub standing: Option<Standing>,
    /// When it ends at the latest.
    pub ends_at: u64,
    /// Its token that has not been presented yet.
    pub newest: String,
    /// How the presented token was exchanged, if that is known.
    pub exchange: Option<Exchange>,
}

impl Family {
    /// Whether a token of it may still be good: it was not revoked, and no token of ours lives longer than its session.
    #[must_use]
    pub fn goes_on_for(&self, claims: &Claims) -> bool {
        !self.revoked && claims.exp <= self.ends_at
    }
}

impl Database {
    /// The session of a verified refresh token; `None` if there is none of that user for that purpose.
    ///
    /// # Errors
    /// The database failed.
    pub async fn family(&self, claims: &Claims) -> Result<Option<Family>, Error> {
        let doing = "looked for the session of a refresh token";
        let found = sqlx::query(
            "SELECT sessions.revoked_at IS NOT NULL AS revoked, users.disabled_at_ms IS NOT NULL AS disabled,
                 memberships.state, memberships.role, sessions.ends_at, sessions.newest,
                 exchanges.at, exchanges.access_until, exchanges.refresh_until, exchanges.kid
             FROM sessions JOIN users ON users.id = sessions.user_id
             LEFT JOIN organizations ON organizations.id = sessions.organization_id
             LEFT JOIN memberships ON memberships.organization_id = sessions.organization_id
                 AND memberships.user_id = sessions.user_id
             LEFT JOIN exchanges ON exchanges.session_id = sessions.id AND exchanges.parent = ?
             WHERE sessions.id = ? AND sessions.user_id = ? AND organizations.name IS ?",
        )
        .bind(&claims.jti)
        .bind(&claims.sid)
        .bind(claims.user_id)
        .bind(claims.aud.organization().map(OrganizationName::as_str))
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        let is_account = claims.aud.organization().is_none();
        let family = found.map(|row| family(&row, is_account)).transpose();
        Ok(family.map_err(failed(doing))?)
    }

    /// Exchanges the newest token of a session, if it still is that and the session goes on; whether it did.
    ///
    /// # Errors
    /// The database failed.
    pub async fn exchange(&self, parent: &Claims, child: &str, exchange: &Exchange) -> Result<bool, Error> {
        let doing = "exchanged a refresh token";
        let what = (parent.clone(), child.to_owned(), exchange.clone());
        let exchanged = self.together(doing, Admissions::Kept, move |tx| {
            let (parent, child, exchange) = what.clone();
            Box::pin(async move { rotate(tx, &parent, &child, &exchange, doing).await })
        });
        Ok(exchanged.await?)
    }
}

/// Exchanges the newest token of a session, in a transaction that may do more; whether it still was that.
async fn rotate(
    tx: &mut Tx,
    parent: &Claims,
    child: &str,
    exchange: &Exchange,
    doing: &'static str,
) -> Result<bool, StoreError> {
    let moved = sqlx::query(
        "UPDATE sessions SET newest = ?, newest_until = ?, newest_kid = ?, used_at = ?
         WHERE id = ? AND newest = ? AND revoked_at IS NULL",
    )
    .bind(child)
    .bind(column(exchange.refresh_until))
    .bind(&exchange.kid)
    .bind(column(exchange.at))
    .bind(&parent.sid)
    .bind(&parent.jti)
    .execute(&mut **tx)
    .await
    .map_err(failed(doing))?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    // Before the new one is there: this one is kept whatever its age.
    sqlx::query("DELETE FROM exchanges WHERE session_id = ? AND at < ?")
        .bind(&parent.sid)
        .bind(column(exchange.at.saturating_sub(GRACE)))
        .execute(&mut **tx)
        .await
        .map_err(failed(doing))?;
    sqlx::query(
        "INSERT INTO exchanges (session_id, parent, at, access_until, refresh_until, kid)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&parent.sid)
    .bind(&parent.jti)
    .bind(column(exchange.at))
    .bind(column(exchange.access_until))
    .bind(column(exchange.refresh_until))
    .bind(&exchange.kid)
    .execute(&mut **tx)
    .await
    .map(|_| true)
    .map_err(failed(doing))
}

fn family(row: &SqliteRow, is_account: bool) -> Result<Family, Box<dyn std::error::Error + Send + Sync>> {
    let at: Option<i64> = row.try_get("at")?;
    let instant = |name: &str| row.try_get(name).map(seconds);
    let exchange = at.map(|at| {
        Ok::<_, sqlx::Error>(Exchange {
            at: seconds(at),
            access_until: instant("access_until")?,
            refresh_until: instant("refresh_until")?,
            kid: row.try_get("kid")?,
        })
    });
    Ok(Family {
        revoked: row.try_get("revoked")?,
        disabled: row.try_get("disabled")?,
        standing: (!is_account).then(|| standing_of(row)).transpose()?,
        ends_at: instant("ends_at")?,
        newest: row.try_get("newest")?,
        exchange: exchange.transpose()?,
    })
}
