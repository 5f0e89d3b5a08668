//! Sessions: what begins with a sign-in, lives on through refreshes, and ends by itself or is revoked.
//!
//! Always holds: who may see or revoke a session is part of every statement; a session that was got with the token of
//! an account session is revoked with that one; the audit log tells of every beginning and every revocation.

use sliderule_api::OrganizationName;
use sliderule_api::sessions::SignedInBy;
use sliderule_control::store::StoreError;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::commit::{Admissions, or_refusal};
use super::organizations::organization_id;
use super::{Actor, AuditEntry, Database, Tx, audit, column, failed, seconds};
use crate::Error;
use crate::auth::rotation::Exchange;

/// Sessions that are listed at most.
const LISTED: u32 = 500;

/// A session to begin. Instants are seconds since 1970.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// What it is named by.
    pub id: String,
    /// Whose it is.
    pub user: i64,
    /// What for; `None` for the account itself.
    pub organization: Option<OrganizationName>,
    /// How it begins.
    pub how: SignedInBy,
    /// The account session whose token it is got with, if it is.
    pub opened_by: Option<String>,
    /// What the client calls itself.
    pub agent: String,
    /// When it ends at the latest.
    pub ends_at: u64,
    /// Its first refresh token.
    pub newest: String,
    /// The times of its first pair of tokens.
    pub exchange: Exchange,
}

/// A session that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What it is named by.
    pub id: String,
    /// What for; `None` for the account itself.
    pub organization: Option<OrganizationName>,
    /// How it began.
    pub how: SignedInBy,
    /// From where it began.
    pub address: String,
    /// What the client called itself.
    pub agent: String,
    /// When it began.
    pub began_at: u64,
    /// When it was last refreshed.
    pub used_at: u64,
    /// When it ends at the latest.
    pub ends_at: u64,
}

/// Whose sessions: a user's, or only those of them that are for one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The user.
    pub user: i64,
    /// Only those for this organization; `None` for all.
    pub organization: Option<OrganizationName>,
}

/// Which sessions are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// One, and what was opened by it.
    One(&'a str),
    /// All but one.
    AllBut(&'a str),
    /// All.
    All,
}

/// Why sessions are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Their user signed out.
    SignedOut,
    /// Their user revoked them from another one.
    Revoked,
    /// A refresh token was presented again after its child had been: it was stolen.
    TokenReused,
    /// Their user's password was changed.
    PasswordChanged,
    /// Their user was disabled.
    UserDisabled,
    /// The key that signed their tokens was revoked.
    KeyRevoked,
}

impl Because {
    /// The reason as a sentence, as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "the user signed out",
            Self::Revoked => "the user revoked it",
            Self::TokenReused => "a refresh token was presented again after the one that followed it",
            Self::PasswordChanged => "the password was changed",
            Self::UserDisabled => "the user was disabled",
            Self::KeyRevoked => "the key that signed its tokens was revoked",
        }
    }
}

impl Database {
    /// Begins a session, unless its user was disabled or the session that opens it was revoked meanwhile; whether it
    /// did. What has ended of the user's sessions is forgotten.
    ///
    /// # Errors
    /// There is no such organization, or the database failed.
    pub async fn begin_session(&self, new: &NewSession, actor: &Actor, at: Moment) -> Result<bool, Error> {
        let doing = "began a session";
        let what = (new.clone(), actor.clone());
        // Nobody asked before what it opens, and what is forgotten beside it opens nothing any more.
        let begun = self.together(doing, Admissions::Kept, move |tx| {
            let (new, actor) = what.clone();
            Box::pin(async move { or_refusal(begin(tx, &new, &actor, at, doing).await) })
        });
        begun.await?
    }

    /// The sessions that have not ended, the last used first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sessions(&self, whose: &Whose, now_seconds: u64) -> Result<Vec<Session>, Error> {
        let doing = "listed sessions";
        let rows = sqlx::query(
            "SELECT sessions.id, organizations.name AS organization, how, address, agent, began_at, used_at, ends_at
             FROM sessions LEFT JOIN organizations ON organizations.id = sessions.organization_id
             WHERE user_id = ?1 AND (?2 IS NULL OR organizations.name = ?2)
                 AND revoked_at IS NULL AND newest_until > ?3
             ORDER BY used_at DESC, began_at DESC, sessions.id LIMIT ?4",
        )
        .bind(whose.user)
        .bind(whose.organization.as_ref().map(OrganizationName::as_str))
        .bind(column(now_seconds))
        .bind(LISTED)
        .fetch_all(&self.readers)
        .await
        .map_err(failed(doing))?;
        let sessions = rows.iter().map(session).collect::<Result<_, _>>();
        Ok(sessions.map_err(failed(doing))?)
    }

    /// Revokes sessions; how many there were.
    ///
    /// # Errors
    /// The database failed.
    pub async fn revoke_sessions(
        &self,
        whose: &Whose,
        which: Which<'_>,
        because: Because,
        actor: &Actor,
        at: Moment,
        now_seconds: u64,
    ) -> Result<u64, Error> {
        let doing = "revoked sessions";
        let (id, which): (String, for<'a> fn(&'a str) -> Which<'a>) = match which {
            Which::One(id) => (id.to_owned(), |id| Which::One(id)),
            Which::AllBut(id) => (id.to_owned(), |id| Which::AllBut(id)),
            Which::All => (String::new(), |_| Which::All),
        };
        let what = (whose.clone(), id, actor.clone());
        let revoked = self.together(doing, Admissions::Touched, move |tx| {
            let (whose, id, actor) = what.clone();
            Box::pin(async move {
                or_refusal(revoke_and_tell(tx, &whose, which(&id), because, &actor, (at, now_seconds)).await)
            })
        });
        revoked.await?
    }
}

/// Begins a session; whether it did.
async fn begin(
    tx: &mut Tx,
    new: &NewSession,
    actor: &Actor,
    at: Moment,
    doing: &'static str,
) -> Result<bool, Error> {
    let organization = match &new.organization {
        Some(name) => Some(organization_id(tx, name, doing).await?),
        None => None,
    };
    forget_ended(tx, new, doing).await?;
    let begun = sqlx::query(
            "INSERT INTO sessions (id, user_id, organization_id, how, opened_by, address, agent, began_at, used_at,
                                   ends_at, newest, newest_until, newest_kid)
             SELECT ?1, users.id, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12 FROM users
             WHERE users.id = ?2 AND users.disabled_at_ms IS NULL AND (?5 IS NULL OR EXISTS (
                 SELECT 1 FROM sessions AS opener
                 WHERE opener.id = ?5 AND opener.user_id = users.id AND opener.revoked_at IS NULL))",
        )
        .bind(&new.id)
        .bind(new.user)
        .bind(organization)
        .bind(new.how.as_str())
        .bind(&new.opened_by)
        .bind(&actor.address)
        .bind(&new.agent)
        .bind(column(new.exchange.at))
        .bind(column(new.ends_at))
        .bind(&new.newest)
        .bind(column(new.exchange.refresh_until))
        .bind(&new.exchange.kid)
        .execute(&mut **tx)
        .await
        .map_err(failed(doing))?;
    if begun.rows_affected() == 0 {
        return Ok(false);
    }
    let entry = AuditEntry {
        actor: actor.clone(),
        organization,
        action: "session.began",
        subject: new.id.clone(),
        detail: format!("by {}", new.how.as_str()),
    };
    audit::insert(tx, &entry, at, doing).await?;
    Ok(true)
}

/// Revokes sessions, and tells the audit log if there were any; how many there were.
async fn revoke_and_tell(
    tx: &mut Tx,
    whose: &Whose,
    which: Which<'_>,
    because: Because,
    actor: &Actor,
    (at, now_seconds): (Moment, u64),
) -> Result<u64, Error> {
    let doing = "revoked sessions";
    let revoked = revoke(tx, whose, which, because, now_seconds).await?;
    if revoked == 0 {
        return Ok(0);
    }
    let organization = match &whose.organization {
        Some(name) => Some(organization_id(tx, name, doing).await?),
        None => None,
    };
    let entry = AuditEntry {
        actor: actor.clone(),
        organization,
        action: "session.revoked",
        subject: match which {
            Which::One(id) => id.to_owned(),
            Which::AllBut(_) | Which::All => format!("{revoked} sessions of user {}", whose.user),
        },
        detail: because.as_str().to_owned(),
    };
    audit::insert(tx, &entry, at, doing).await?;
    Ok(revoked)
}

/// Revokes sessions in the transaction of what they are revoked for; how many there were.
pub(crate) async fn revoke(
    tx: &mut Tx,
    whose: &Whose,
    which: Which<'_>,
    because: Because,
    now_seconds: u64,
) -> Result<u64, StoreError> {
    let doing = "revoked sessions";
    let (one, but) = match which {
        Which::One(id) => (Some(id), None),
        Which::AllBut(id) => (None, Some(id)),
        Which::All => (None, None),
    };
    let revoked = sqlx::query(
        "UPDATE sessions SET revoked_at = ?1, revoked_because = ?2
         WHERE user_id = ?3 AND revoked_at IS NULL AND newest_until > ?1
             AND (?4 IS NULL OR organization_id = (SELECT id FROM organizations WHERE name = ?4))
             AND (?5 IS NULL OR id = ?5 OR opened_by = ?5) AND id IS NOT ?6",
    )
    .bind(column(now_seconds))
    .bind(because.as_str())
    .bind(whose.user)
    .bind(whose.organization.as_ref().map(OrganizationName::as_str))
    .bind(one)
    .bind(but)
    .execute(&mut **tx)
    .await
    .map_err(failed(doing))?;
    Ok(revoked.rows_affected())
}

/// What has ended of a user's sessions, and of everybody's who did not come back; nothing of it is good for anything.
async fn forget_ended(tx: &mut Tx, new: &NewSession, doing: &'static str) -> Result<(), StoreError> {
    let now = column(new.exchange.at);
    let of_user = sqlx::query("DELETE FROM sessions WHERE user_id = ? AND newest_until <= ?").bind(new.user);
    of_user.bind(now).execute(&mut **tx).await.map_err(failed(doing))?;
    let of_all = sqlx::query("DELETE FROM sessions WHERE ends_at <= ?").bind(now);
    of_all.execute(&mut **tx).await.map(|_| ()).map_err(failed(doing))
}

fn session(row: &SqliteRow) -> Result<Session, Box<dyn std::error::Error + Send + Sync>> {
    let how: String = row.try_get("how")?;
    let how = SignedInBy::ALL.into_iter().find(|known| known.as_str() == how);
    let instant = |name: &str| row.try_get(name).map(seconds);
    Ok(Session {
        id: row.try_get("id")?,
        organization: row.try_get::<Option<String>, _>("organization")?.map(|n| n.parse()).transpose()?,
        how: how.ok_or("a session that began in an unknown way")?,
        address: row.try_get("address")?,
        agent: row.try_get("agent")?,
        began_at: instant("began_at")?,
        used_at: instant("used_at")?,
        ends_at: instant("ends_at")?,
    })
}
