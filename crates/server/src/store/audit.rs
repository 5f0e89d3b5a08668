//! The audit log: who did what, from where.
//!
//! Always holds: lines are only ever added, in the transaction of what they tell; no secret is in one.

use serde::Serialize;
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::store::StoreError;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Database, Tx, failed, run_over};
use crate::Error;

/// Who does something, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who; `None` for the command line.
    pub user: Option<i64>,
    /// From where: the client's address, or `command line`.
    pub address: String,
    /// The request's id, as it is in the log.
    pub request: Option<String>,
    /// The session whose token was used.
    pub session: Option<String>,
}

impl Actor {
    /// Who types commands on the machine itself.
    #[must_use]
    pub fn command_line() -> Self {
        Self { user: None, address: "command line".to_owned(), request: None, session: None }
    }
}

/// A line to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who did it.
    pub actor: Actor,
    /// Whose business it was: the organization's row.
    pub organization: Option<i64>,
    /// What was done, such as `membership.approved`.
    pub action: &'static str,
    /// Whom or what it was done to.
    pub subject: String,
    /// What is worth knowing besides, as a sentence; never a secret.
    pub detail: String,
}

/// A line as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Moment,
    /// Who; `None` for the command line.
    pub user: Option<UserName>,
    /// From where.
    pub address: String,
    /// The request's id, as it is in the log.
    pub request: Option<String>,
    /// Whose business it was.
    pub organization: Option<OrganizationName>,
    /// What was done.
    pub action: String,
    /// Whom or what it was done to.
    pub subject: String,
    /// What is worth knowing besides.
    pub detail: String,
}

/// Whose lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOf<'a> {
    /// What was done about an organization.
    Organization(&'a OrganizationName),
    /// What a user did, by their number.
    User(i64),
}

impl Database {
    /// At most `limit` lines, the newest first, from before the one of the number `before` on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit(
        &self,
        of: AuditOf<'_>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, Error> {
        let doing = "read the audit log";
        // Each of the two is found by its own index.
        let query = match of {
            AuditOf::Organization(name) => sqlx::query(
                "SELECT audit.*, users.name AS user, organizations.name AS organization FROM organizations
                 JOIN audit ON audit.organization_id = organizations.id
                 LEFT JOIN users ON users.id = audit.user_id
                 WHERE organizations.name = ? AND audit.id < ? ORDER BY audit.id DESC LIMIT ?",
            )
            .bind(name.as_str()),
            AuditOf::User(id) => sqlx::query(
                "SELECT audit.*, users.name AS user, organizations.name AS organization FROM audit
                 JOIN users ON users.id = audit.user_id
                 LEFT JOIN organizations ON organizations.id = audit.organization_id
                 WHERE audit.user_id = ? AND audit.id < ? ORDER BY audit.id DESC LIMIT ?",
            )
            .bind(id),
        };
        let rows = query.bind(before.unwrap_or(i64::MAX)).bind(limit).fetch_all(&self.readers).await;
        let rows = rows.map_err(failed(doing))?;
        Ok(rows.iter().map(record).collect::<Result<_, _>>().map_err(failed(doing))?)
    }
}

fn record(row: &SqliteRow) -> Result<AuditRecord, Box<dyn std::error::Error + Send + Sync>> {
    let user: Option<String> = row.try_get("user")?;
    let organization: Option<String> = row.try_get("organization")?;
    Ok(AuditRecord {
        id: row.try_get("id")?,
        at: Moment(row.try_get("at_ms")?),
        user: user.map(|name| name.parse()).transpose()?,
        address: row.try_get("address")?,
        request: row.try_get("request_id")?,
        organization: organization.map(|name| name.parse()).transpose()?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
    })
}

/// So many of something, in words.
pub(super) fn counted(count: u64, noun: &str, done: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural} {done}")
}

/// Adds a line.
pub(super) async fn insert(
    tx: &mut Tx,
    entry: &AuditEntry,
    at: Moment,
    doing: &'static str,
) -> Result<(), StoreError> {
    insert_all(tx, &[AuditRow::of(entry.organization, entry, at)], doing).await
}

/// A line to be written.
#[derive(Debug, Serialize)]
pub(super) struct AuditRow(
    i64,            // at_ms
    Option<i64>,    // user_id
    String,         // address
    Option<String>, // request_id
    Option<String>, // session_id
    Option<i64>,    // organization_id
    &'static str,   // action
    String,         // subject
    String,         // detail
);

impl AuditRow {
    /// Of what is told, as that organization's business.
    pub(super) fn of(organization: Option<i64>, entry: &AuditEntry, at: Moment) -> Self {
        let AuditEntry { actor, action, subject, detail, .. } = entry;
        Self(
            at.0,
            actor.user,
            actor.address.clone(),
            actor.request.clone(),
            actor.session.clone(),
            organization,
            action,
            subject.clone(),
            detail.clone(),
        )
    }
}

/// Adds lines in the order given.
pub(super) async fn insert_all(
    tx: &mut Tx,
    rows: &[AuditRow],
    doing: &'static str,
) -> Result<(), StoreError> {
    run_over(
        tx,
        "INSERT INTO audit (at_ms, user_id, address, request_id, session_id, organization_id, action, subject, detail)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
             value ->> 8 FROM json_each(?)",
        rows,
        doing,
    )
    .await
}
