//! Users.

use sliderule_api::UserName;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Actor, AuditEntry, Database, audit, collision, failed};
use crate::Error;
use crate::auth::PasswordHash;

/// A user to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What they sign in with.
    pub name: UserName,
    /// Where they are reached.
    pub email: String,
    /// Their password, hashed; without one they sign in with GitHub only.
    pub password: Option<PasswordHash>,
    /// The number of their GitHub account, if they may sign in with it.
    pub github_id: Option<i64>,
    /// When they are added.
    pub at: Moment,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Never reused.
    pub id: i64,
    /// What they sign in with, as it was first written.
    pub name: UserName,
}

impl Database {
    /// Adds a user, as the operator may.
    ///
    /// # Errors
    /// The name, the e-mail address or the GitHub account is another user's.
    pub async fn add_user(&self, new: &NewUser) -> Result<User, Error> {
        self.insert_user(new, "user.added", |_| Actor::command_line()).await
    }

    /// Adds a user who signs up from somewhere: the actor is the new user.
    ///
    /// # Errors
    /// As of [`Self::add_user`].
    pub async fn sign_up(&self, new: &NewUser, actor: Actor) -> Result<User, Error> {
        self.insert_user(new, "user.signed_up", |id| Actor { user: Some(id), ..actor }).await
    }

    async fn insert_user(
        &self,
        new: &NewUser,
        action: &'static str,
        actor: impl FnOnce(i64) -> Actor,
    ) -> Result<User, Error> {
        let doing = "added a user";
        let mut tx = self.write(doing).await?;
        let inserted = sqlx::query_scalar(
            "INSERT INTO users (name, email, password_hash, github_id, created_at_ms)
             VALUES (?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(new.name.as_str())
        .bind(&new.email)
        .bind(new.password.as_ref().map(PasswordHash::as_str))
        .bind(new.github_id)
        .bind(new.at.0)
        .fetch_one(&mut *tx)
        .await;
        let id = inserted.map_err(|error| match collision(&error) {
            Some(column) if column.contains("email") => {
                Error::Taken(format!("a user with the e-mail address {}", new.email))
            }
            Some(column) if column.contains("github_id") => {
                Error::Taken("a user with this GitHub account".to_owned())
            }
            Some(_) => Error::Taken(format!("a user {}", new.name)),
            None => failed(doing)(error).into(),
        })?;
        let entry = AuditEntry {
            actor: actor(id),
            organization: None,
            action,
            subject: new.name.to_string(),
            detail: format!("reached at {}", new.email),
        };
        audit::insert(&mut tx, &entry, new.at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(User { id, name: new.name.clone() })
    }

    /// The user of that name (in any case) who may sign in, with the hash of their password if they have one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn user_to_sign_in(&self, name: &str) -> Result<Option<(User, Option<PasswordHash>)>, Error> {
        let doing = "looked for a user";
        let found = sqlx::query(
            "SELECT id, name, password_hash FROM users WHERE name = ? AND disabled_at_ms IS NULL",
        )
        .bind(name)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(None) };
        let hash: Option<String> = row.try_get("password_hash").map_err(failed(doing))?;
        Ok(Some((user(&row, doing)?, hash.map(PasswordHash::stored))))
    }

    /// The user to whom the GitHub account of that number belongs, if they may sign in.
    ///
    /// # Errors
    /// The database failed.
    pub async fn user_by_github(&self, github_id: i64) -> Result<Option<User>, Error> {
        let doing = "looked for a user by their GitHub account";
        let found = sqlx::query("SELECT id, name FROM users WHERE github_id = ? AND disabled_at_ms IS NULL")
            .bind(github_id)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed(doing))?;
        found.map(|row| user(&row, doing)).transpose()
    }
}

fn user(row: &SqliteRow, doing: &'static str) -> Result<User, Error> {
    let name: String = row.try_get("name").map_err(failed(doing))?;
    let id = row.try_get("id").map_err(failed(doing))?;
    Ok(User { id, name: name.parse().map_err(failed(doing))? })
}
