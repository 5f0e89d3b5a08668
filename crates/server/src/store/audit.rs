//! The audit log: who did what, from where.
//!
//! Always holds: lines are only ever added, in the transaction of what they tell; no secret is in one.

use sliderule_control::store::StoreError;
use sliderule_provisioning::time::Moment;

use super::{Tx, failed};

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

/// Adds a line.
pub(super) async fn insert(
    tx: &mut Tx,
    entry: &AuditEntry,
    at: Moment,
    doing: &'static str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (at_ms, user_id, address, request_id, session_id, organization_id, action, subject, detail)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(at.0)
    .bind(entry.actor.user)
    .bind(&entry.actor.address)
    .bind(&entry.actor.request)
    .bind(&entry.actor.session)
    .bind(entry.organization)
    .bind(entry.action)
    .bind(&entry.subject)
    .bind(&entry.detail)
    .execute(&mut **tx)
    .await
    .map(|_| ())
    .map_err(failed(doing))
}
