//! Users.

use sliderule_api::UserName;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::organizations::unknown_user;
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

/// Somebody's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Never reused.
    pub id: i64,
    /// What they sign in with.
    pub name: UserName,
    /// Where they are reached.
    pub email: String,
    /// Whether they have a password.
    pub has_password: bool,
    /// Whether a GitHub account is theirs.
    pub github: bool,
    /// Whether they belong to the operator's staff.
    pub is_staff: bool,
    /// Whether they can no longer sign in.
    pub disabled: bool,
}

const PERSON: &str = "SELECT id, name, email, password_hash IS NOT NULL AS has_password,
     github_id IS NOT NULL AS github, is_staff, disabled_at_ms IS NOT NULL AS disabled FROM users";

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

    /// Where a user is reached.
    ///
    /// # Errors
    /// There is no such user, or the database failed.
    pub async fn email_of(&self, id: i64) -> Result<String, Error> {
        let email = sqlx::query_scalar("SELECT email FROM users WHERE id = ?").bind(id);
        Ok(email.fetch_one(&self.readers).await.map_err(failed("looked for an e-mail address"))?)
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

    /// The account of that number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn person(&self, id: i64) -> Result<Option<Person>, Error> {
        let doing = "read an account";
        let statement = sqlx::AssertSqlSafe(format!("{PERSON} WHERE id = ?"));
        let found =
            sqlx::query(statement).bind(id).fetch_optional(&self.readers).await.map_err(failed(doing))?;
        Ok(found.as_ref().map(person).transpose().map_err(failed(doing))?)
    }

    /// The account of that name, for who knows that there is one.
    ///
    /// # Errors
    /// There is none.
    pub async fn person_named(&self, name: &UserName) -> Result<Person, Error> {
        let doing = "read an account";
        let statement = sqlx::AssertSqlSafe(format!("{PERSON} WHERE name = ?"));
        let found = sqlx::query(statement).bind(name.as_str()).fetch_optional(&self.readers).await;
        let found = found.map_err(failed(doing))?.ok_or_else(|| unknown_user(name))?;
        Ok(person(&found).map_err(failed(doing))?)
    }

    /// At most `limit` accounts, by name from behind `after` on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people(&self, after: Option<&str>, limit: u32) -> Result<Vec<Person>, Error> {
        let doing = "listed accounts";
        let statement = format!("{PERSON} WHERE ?1 IS NULL OR name > ?1 ORDER BY name LIMIT ?2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(after).bind(limit);
        let rows = rows.fetch_all(&self.readers).await.map_err(failed(doing))?;
        Ok(rows.iter().map(person).collect::<Result<_, _>>().map_err(failed(doing))?)
    }

    /// The hash of somebody's password, if they have one and can sign in.
    ///
    /// # Errors
    /// The database failed.
    pub async fn password_of(&self, id: i64) -> Result<Option<PasswordHash>, Error> {
        let found: Option<Option<String>> =
            sqlx::query_scalar("SELECT password_hash FROM users WHERE id = ? AND disabled_at_ms IS NULL")
                .bind(id)
                .fetch_optional(&self.readers)
                .await
                .map_err(failed("looked for a password's hash"))?;
        Ok(found.flatten().map(PasswordHash::stored))
    }
}

fn user(row: &SqliteRow, doing: &'static str) -> Result<User, Error> {
    let name: String = row.try_get("name").map_err(failed(doing))?;
    let id = row.try_get("id").map_err(failed(doing))?;
    Ok(User { id, name: name.parse().map_err(failed(doing))? })
}

fn person(row: &SqliteRow) -> Result<Person, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Person {
        id: row.try_get("id")?,
        name: row.try_get::<String, _>("name")?.parse()?,
        email: row.try_get("email")?,
        has_password: row.try_get("has_password")?,
        github: row.try_get("github")?,
        is_staff: row.try_get("is_staff")?,
        disabled: row.try_get("disabled")?,
    })
}
