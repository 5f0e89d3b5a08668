//! The keys that sign tokens, and random bytes that are drawn once.
//!
//! Always holds: a key's secret leaves this database only into the memory of the server.

use sliderule_control::store::StoreError;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sessions::Because;
use super::{Actor, AuditEntry, Database, Tx, audit, column, failed, seconds};
use crate::Error;
use crate::auth::key_schedule::{Due, KeyTerms, KeyTimes, due, signing};
use crate::auth::{SigningKey, TimedKey};

/// The name of what the names of exchanged tokens follow from.
pub const LINEAGE: &str = "lineage";

impl Database {
    /// All keys.
    ///
    /// # Errors
    /// The database failed, or holds what is no key.
    pub async fn signing_keys(&self) -> Result<Vec<TimedKey>, Error> {
        let doing = "read the signing keys";
        let mut tx = self.read(doing).await?;
        Ok(read(&mut tx, doing).await?)
    }

    /// Does what is due about keys, if anything is; all keys afterwards.
    ///
    /// # Errors
    /// As [`Self::signing_keys`].
    pub async fn keep_keys(&self, now_seconds: u64, terms: KeyTerms) -> Result<Vec<TimedKey>, Error> {
        let doing = "kept the signing keys";
        let keys = self.signing_keys().await?;
        if what_is_due(&keys, now_seconds, terms).is_empty() {
            return Ok(keys);
        }
        let mut tx = self.write(doing).await?;
        let mut keys = read(&mut tx, doing).await?;
        // What is done may make something else due.
        loop {
            let due = what_is_due(&keys, now_seconds, terms);
            if due.is_empty() {
                break;
            }
            for due in due {
                apply(&mut tx, due, now_seconds, doing).await?;
            }
            keys = read(&mut tx, doing).await?;
        }
        tx.commit().await.map_err(failed(doing))?;
        Ok(keys)
    }

    /// Makes a key that signs from then on; its name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn make_key(
        &self,
        signs_from: u64,
        actor: &Actor,
        at: Moment,
        now_seconds: u64,
    ) -> Result<String, Error> {
        let doing = "made a signing key";
        let mut tx = self.write(doing).await?;
        let kid = make(&mut tx, signs_from, now_seconds, doing).await?;
        let entry = AuditEntry {
            actor: actor.clone(),
            organization: None,
            action: "key.made",
            subject: kid.clone(),
            detail: String::new(),
        };
        audit::insert(&mut tx, &entry, at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(kid)
    }

    /// Removes a key, so that no token of it is good any more, and revokes the sessions that have no other; how many.
    /// Another key signs from then on, and is made if there is none.
    ///
    /// # Errors
    /// There is no such key.
    pub async fn revoke_key(
        &self,
        kid: &str,
        actor: &Actor,
        at: Moment,
        now_seconds: u64,
    ) -> Result<u64, Error> {
        let doing = "revoked a signing key";
        let mut tx = self.write(doing).await?;
        if remove(&mut tx, kid, doing).await? == 0 {
            return Err(Error::Unknown(format!("key {}; see `sliderule-ps key list`", kid.escape_default())));
        }
        let revoked = sqlx::query(
            "UPDATE sessions SET revoked_at = ?1, revoked_because = ?2
             WHERE newest_kid = ?3 AND revoked_at IS NULL AND newest_until > ?1",
        )
        .bind(column(now_seconds))
        .bind(Because::KeyRevoked.as_str())
        .bind(kid)
        .execute(&mut *tx)
        .await
        .map_err(failed(doing))?
        .rows_affected();
        let left = read(&mut tx, doing).await?;
        if signing(left.iter().map(|timed| &timed.times), now_seconds).is_none() {
            make(&mut tx, now_seconds, now_seconds, doing).await?;
        }
        let entry = AuditEntry {
            actor: actor.clone(),
            organization: None,
            action: "key.revoked",
            subject: kid.to_owned(),
            detail: format!("{revoked} sessions ended with it"),
        };
        audit::insert(&mut tx, &entry, at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(revoked)
    }

    /// The random bytes of that name; drawn when they are asked for first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn secret(&self, name: &str) -> Result<[u8; 32], Error> {
        let doing = "read a secret";
        let drawn: [u8; 32] = rand::random();
        let mut tx = self.write(doing).await?;
        sqlx::query("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(drawn.as_slice())
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        let kept: Vec<u8> = sqlx::query_scalar("SELECT value FROM secrets WHERE name = ?")
            .bind(name)
            .fetch_one(&mut *tx)
            .await
            .map_err(failed(doing))?;
        tx.commit().await.map_err(failed(doing))?;
        kept.try_into().map_err(|_| failed(doing)("it has not 32 bytes").into())
    }
}

fn what_is_due(keys: &[TimedKey], now_seconds: u64, terms: KeyTerms) -> Vec<Due> {
    let times: Vec<_> = keys.iter().map(|timed| timed.times.clone()).collect();
    due(&times, now_seconds, terms)
}

async fn apply(tx: &mut Tx, due: Due, now_seconds: u64, doing: &'static str) -> Result<(), StoreError> {
    match due {
        Due::Make { signs_from } => {
            let kid = make(tx, signs_from, now_seconds, doing).await?;
            tracing::info!(kid, signs_from, "made a signing key");
        }
        Due::Verify { kid, until } => {
            sqlx::query("UPDATE signing_keys SET verifies_until = ? WHERE kid = ?")
                .bind(until.map(column))
                .bind(kid)
                .execute(&mut **tx)
                .await
                .map_err(failed(doing))?;
        }
        Due::Remove { kid } => {
            remove(tx, &kid, doing).await?;
            tracing::info!(kid, "removed a signing key whose last token has ended");
        }
    }
    Ok(())
}

async fn make(
    tx: &mut Tx,
    signs_from: u64,
    now_seconds: u64,
    doing: &'static str,
) -> Result<String, StoreError> {
    let key = SigningKey::draw();
    sqlx::query("INSERT INTO signing_keys (kid, secret, made_at, signs_from) VALUES (?, ?, ?, ?)")
        .bind(key.kid())
        .bind(key.secret().as_slice())
        .bind(column(now_seconds))
        .bind(column(signs_from))
        .execute(&mut **tx)
        .await
        .map_err(failed(doing))?;
    Ok(key.kid().to_owned())
}

async fn remove(tx: &mut Tx, kid: &str, doing: &'static str) -> Result<u64, StoreError> {
    let removed = sqlx::query("DELETE FROM signing_keys WHERE kid = ?").bind(kid).execute(&mut **tx).await;
    removed.map(|removed| removed.rows_affected()).map_err(failed(doing))
}

async fn read(tx: &mut Tx, doing: &'static str) -> Result<Vec<TimedKey>, StoreError> {
    let rows = sqlx::query("SELECT kid, secret, made_at, signs_from, verifies_until FROM signing_keys")
        .fetch_all(&mut **tx)
        .await
        .map_err(failed(doing))?;
    rows.iter().map(timed).collect::<Result<_, _>>().map_err(failed(doing))
}

fn timed(row: &SqliteRow) -> Result<TimedKey, Box<dyn std::error::Error + Send + Sync>> {
    let secret = <[u8; 32]>::try_from(row.try_get::<&[u8], _>("secret")?)?;
    let times = KeyTimes {
        kid: row.try_get("kid")?,
        made_at: seconds(row.try_get("made_at")?),
        signs_from: seconds(row.try_get("signs_from")?),
        verifies_until: row.try_get::<Option<i64>, _>("verifies_until")?.map(seconds),
    };
    let key = SigningKey::of(&secret);
    if key.kid() != times.kid {
        return Err("a key that is named like another one".into());
    }
    Ok(TimedKey { key, times })
}
