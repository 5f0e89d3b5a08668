//! What changes about people's accounts.
//!
//! Always holds: each change is written together with its line in the audit log; whoever can no longer sign in no longer
//! asks for nodes.

use sliderule_api::{OrganizationName, UserName};
use sliderule_control::StoreError;
use sliderule_provisioning::membership::{self, Refused};
use sliderule_provisioning::time::Moment;

use super::memberships::{self, Deed, What};
use super::organizations::user_id;
use super::sessions::{self, Because, Which, Whose};
use super::{Actor, AuditEntry, Database, Tx, audit, clusters, collision, failed, parties};
use crate::Error;
use crate::auth::PasswordHash;
use crate::instants::Now;

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotAltered {
    /// It is disabled, or its password was changed meanwhile.
    #[error("the account has changed meanwhile")]
    Changed,
    /// The e-mail address is another user's.
    #[error("there is already a user with the e-mail address {0}; choose another")]
    EmailTaken(String),
    /// Organizations would be left without an owner.
    #[error("nobody else owns {}", .0.iter().map(OrganizationName::as_str).collect::<Vec<_>>().join(", "))]
    LastOwner(Vec<OrganizationName>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Database {
    /// Somebody is reached elsewhere from now on.
    ///
    /// # Errors
    /// Another user is reached there.
    pub async fn set_email(&self, id: i64, email: &str, actor: &Actor, at: Moment) -> Result<(), NotAltered> {
        let doing = "changed an e-mail address";
        let mut tx = self.write(doing).await?;
        let updated = sqlx::query("UPDATE users SET email = ? WHERE id = ? AND disabled_at_ms IS NULL")
            .bind(email)
            .bind(id)
            .execute(&mut *tx)
            .await;
        let updated = updated.map_err(|error| match collision(&error) {
            Some(_) => NotAltered::EmailTaken(email.to_owned()),
            None => failed(doing)(error).into(),
        })?;
        if updated.rows_affected() == 0 {
            return Err(NotAltered::Changed);
        }
        note(&mut tx, (id, "user.email_changed"), format!("to {email}"), actor, at, doing).await?;
        Ok(tx.commit().await.map_err(failed(doing))?)
    }

    /// Somebody has another password from now on, in place of `former`; all sessions but the one that changes it end.
    ///
    /// # Errors
    /// `former` is no longer their password, or they can no longer sign in.
    pub async fn set_password(
        &self,
        id: i64,
        former: Option<&PasswordHash>,
        password: &PasswordHash,
        actor: &Actor,
        now: Now,
    ) -> Result<(), NotAltered> {
        let doing = "changed a password";
        let mut tx = self.write(doing).await?;
        let updated = sqlx::query(
            "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash IS ? AND disabled_at_ms IS NULL",
        )
        .bind(password.as_str())
        .bind(id)
        .bind(former.map(PasswordHash::as_str))
        .execute(&mut *tx)
        .await
        .map_err(failed(doing))?;
        if updated.rows_affected() == 0 {
            return Err(NotAltered::Changed);
        }
        let others = actor.session.as_deref().map_or(Which::All, Which::AllBut);
        let ended = end_sessions(&mut tx, id, others, Because::PasswordChanged, now).await?;
        note(&mut tx, (id, "user.password_changed"), ended, actor, now.at, doing).await?;
        Ok(tx.commit().await.map_err(failed(doing))?)
    }

    /// Somebody can no longer sign in, or can again. Their sessions end and what they asked for is released; their
    /// memberships stay.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn disable_user(
        &self,
        name: &UserName,
        disabled: bool,
        actor: &Actor,
        now: Now,
    ) -> Result<(), Error> {
        let doing = "disabled or enabled an account";
        let mut tx = self.write(doing).await?;
        let id = user_id(&mut tx, name, doing).await?;
        let (action, detail) = match disabled {
            true => ("user.disabled", disable(&mut tx, id, now, doing).await?),
            false => {
                let enable = sqlx::query("UPDATE users SET disabled_at_ms = NULL WHERE id = ?").bind(id);
                enable.execute(&mut *tx).await.map_err(failed(doing))?;
                ("user.enabled", String::new())
            }
        };
        note(&mut tx, (id, action), detail, actor, now.at, doing).await?;
        Ok(tx.commit().await.map_err(failed(doing))?)
    }

    /// Somebody belongs to the operator's staff from now on, or no longer.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn set_staff(
        &self,
        name: &UserName,
        staff: bool,
        actor: &Actor,
        at: Moment,
    ) -> Result<(), Error> {
        let doing = "changed who is staff";
        let mut tx = self.write(doing).await?;
        let id = user_id(&mut tx, name, doing).await?;
        let update = sqlx::query("UPDATE users SET is_staff = ? WHERE id = ?").bind(staff).bind(id);
        update.execute(&mut *tx).await.map_err(failed(doing))?;
        let action = if staff { "user.made_staff" } else { "user.no_longer_staff" };
        note(&mut tx, (id, action), String::new(), actor, at, doing).await?;
        Ok(tx.commit().await.map_err(failed(doing))?)
    }

    /// Somebody closes their own account: they leave everywhere and can no longer sign in. Memberships that were switched
    /// off stay as they are. The answer is the organizations in which requests may have been released.
    ///
    /// # Errors
    /// They are the only owner of an organization, or the account is disabled already.
    pub async fn close_account(
        &self,
        id: i64,
        actor: &Actor,
        now: Now,
    ) -> Result<Vec<OrganizationName>, NotAltered> {
        let doing = "closed an account";
        let mut tx = self.write(doing).await?;
        let (_, name) = parties::themself(&mut tx, Some(id), doing).await?.ok_or(NotAltered::Changed)?;
        let (mut left, mut only_owner) = (Vec::new(), Vec::new());
        for (row, organization) in organizations_of(&mut tx, id, doing).await? {
            let subject = parties::subject(&mut tx, row, id, name.clone(), doing).await?;
            match membership::leave(subject.before, subject.other_owners) {
                Ok(()) => {
                    let what = What::Leave;
                    let deed =
                        Deed { organization: organization.clone(), what, actor: actor.clone(), at: now.at };
                    memberships::record(&mut tx, &deed, &subject, None, doing).await?;
                    left.push(organization);
                }
                Err(Refused::LastOwner) => only_owner.push(organization),
                Err(_) => {}
            }
        }
        if !only_owner.is_empty() {
            return Err(NotAltered::LastOwner(only_owner));
        }
        let ended = disable(&mut tx, id, now, doing).await?;
        note(&mut tx, (id, "user.closed"), ended, actor, now.at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(left)
    }
}

/// Keeps somebody from signing in, ends their sessions and releases what they asked for. The answer is what that was.
async fn disable(tx: &mut Tx, id: i64, now: Now, doing: &'static str) -> Result<String, StoreError> {
    let name: String = sqlx::query_scalar(
        "UPDATE users SET disabled_at_ms = coalesce(disabled_at_ms, ?) WHERE id = ? RETURNING name",
    )
    .bind(now.at.0)
    .bind(id)
    .fetch_one(&mut **tx)
    .await
    .map_err(failed(doing))?;
    let name = name.parse().map_err(failed(doing))?;
    let organizations = organizations_of(tx, id, doing).await?;
    let organizations: Vec<_> = organizations.into_iter().map(|(_, name)| name).collect();
    let released = clusters::release(tx, &organizations, &name, now.at, doing).await?;
    let ended = end_sessions(tx, id, Which::All, Because::UserDisabled, now).await?;
    Ok(format!("{ended}, {}", audit::counted(released.into(), "request", "for nodes released")))
}

/// Ends sessions of a user. The answer is how many, in words.
async fn end_sessions(
    tx: &mut Tx,
    user: i64,
    which: Which<'_>,
    because: Because,
    now: Now,
) -> Result<String, StoreError> {
    let whose = Whose { user, organization: None };
    let ended = sessions::revoke(tx, &whose, which, because, now.seconds).await?;
    Ok(audit::counted(ended, "session", "ended"))
}

/// The organizations with which somebody has to do, with their rows.
async fn organizations_of(
    tx: &mut Tx,
    user: i64,
    doing: &'static str,
) -> Result<Vec<(i64, OrganizationName)>, StoreError> {
    let found: Vec<(i64, String)> = sqlx::query_as(
        "SELECT organizations.id, organizations.name FROM memberships
         JOIN organizations ON organizations.id = memberships.organization_id
         WHERE user_id = ? ORDER BY organizations.name",
    )
    .bind(user)
    .fetch_all(&mut **tx)
    .await
    .map_err(failed(doing))?;
    found.into_iter().map(|(id, name)| Ok((id, name.parse().map_err(failed(doing))?))).collect()
}

/// Adds a line about a user to the audit log.
async fn note(
    tx: &mut Tx,
    (id, action): (i64, &'static str),
    detail: String,
    actor: &Actor,
    at: Moment,
    doing: &'static str,
) -> Result<(), StoreError> {
    let subject =
        sqlx::query_scalar("SELECT name FROM users WHERE id = ?").bind(id).fetch_one(&mut **tx).await;
    let subject = subject.map_err(failed(doing))?;
    let entry = AuditEntry { actor: actor.clone(), organization: None, action, subject, detail };
    audit::insert(tx, &entry, at, doing).await
}
