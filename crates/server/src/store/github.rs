//! GitHub accounts of users.
//!
//! Always holds: a GitHub account belongs to one user, by its number; nothing that GitHub says besides is believed: a
//! login is taken as a name only if nobody here has it, and an e-mail address not at all, since it could be somebody
//! else's.

use sliderule_api::UserName;
use sliderule_provisioning::time::Moment;

use super::{Actor, AuditEntry, Database, Tx, User, audit, collision, failed};
use crate::Error;
use crate::auth::GitHubAccount;
use crate::people::own_name;

/// Names that are tried after one that is taken.
const TRIES: u32 = 100;

/// What a GitHub account that was not known became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newcomer {
    /// The user who signed up with it, just now or a moment ago.
    User(User),
    /// Nothing: its user may not sign in any more.
    Disabled,
}

impl Database {
    /// Adds a user who signed up with a GitHub account, without a password. `actor` is who a user of that number is.
    ///
    /// # Errors
    /// The database failed; or all names that could be given are taken.
    pub async fn sign_up_with_github(
        &self,
        account: &GitHubAccount,
        actor: impl Fn(i64) -> Actor + Send,
        at: Moment,
    ) -> Result<Newcomer, Error> {
        let doing = "added a user with a GitHub account";
        let mut tx = self.write(doing).await?;
        let known = sqlx::query_scalar("SELECT id FROM users WHERE github_id = ?").bind(account.id);
        if let Some(id) = known.fetch_optional(&mut *tx).await.map_err(failed(doing))? {
            return still_here(&mut tx, id, doing).await;
        }
        let (name, email) = free_name(&mut tx, account, doing).await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO users (name, email, github_id, created_at_ms) VALUES (?, ?, ?, ?) RETURNING id",
        )
        .bind(name.as_str())
        .bind(email)
        .bind(account.id)
        .bind(at.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(failed(doing))?;
        let detail = format!("with the GitHub account {}", account.id);
        let entry = about_user(actor(id), "user.signed_up", name.as_str(), detail);
        audit::insert(&mut tx, &entry, at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(Newcomer::User(User { id, name }))
    }

    /// Lets a user sign in with a GitHub account, in place of the one they had.
    ///
    /// # Errors
    /// The account is another user's; or the database failed.
    pub async fn link_github(
        &self,
        user: &User,
        account: &GitHubAccount,
        actor: Actor,
        at: Moment,
    ) -> Result<(), Error> {
        let doing = "linked a GitHub account";
        let mut tx = self.write(doing).await?;
        let linked = sqlx::query("UPDATE users SET github_id = ? WHERE id = ? AND disabled_at_ms IS NULL")
            .bind(account.id)
            .bind(user.id)
            .execute(&mut *tx)
            .await;
        match linked {
            Ok(done) if done.rows_affected() == 1 => {}
            Ok(_) => return Err(Error::Unknown(format!("user {}", user.name))),
            Err(error) if collision(&error).is_some() => {
                return Err(Error::Taken("a user with this GitHub account".to_owned()));
            }
            Err(error) => return Err(failed(doing)(error).into()),
        }
        let detail = format!("the GitHub account {}", account.id);
        let entry = about_user(actor, "user.github_linked", user.name.as_str(), detail);
        audit::insert(&mut tx, &entry, at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(())
    }
}

fn about_user(actor: Actor, action: &'static str, name: &str, detail: String) -> AuditEntry {
    AuditEntry { actor, organization: None, action, subject: name.to_owned(), detail }
}

async fn still_here(tx: &mut Tx, id: i64, doing: &'static str) -> Result<Newcomer, Error> {
    let name = sqlx::query_scalar("SELECT name FROM users WHERE id = ? AND disabled_at_ms IS NULL").bind(id);
    let name: Option<String> = name.fetch_optional(&mut **tx).await.map_err(failed(doing))?;
    let Some(name) = name else { return Ok(Newcomer::Disabled) };
    Ok(Newcomer::User(User { id, name: name.parse().map_err(failed(doing))? }))
}

/// The login, if it can be a name and nobody has it; otherwise with a number behind it, or the account's number alone.
async fn free_name(
    tx: &mut Tx,
    account: &GitHubAccount,
    doing: &'static str,
) -> Result<(UserName, String), Error> {
    let numbered = format!("github-{}", account.id);
    for base in [account.login.as_str(), numbered.as_str()] {
        for number in 1..=TRIES {
            let name = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
            // A login that cannot be a name does not become one with a number.
            let Ok(name) = own_name(&name) else { break };
            let email = format!("{}+{name}@users.noreply.github.com", account.id);
            let taken = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE name = ? OR email = ?)");
            let taken = taken.bind(name.as_str()).bind(&email).fetch_one(&mut **tx).await;
            if !taken.map_err(failed(doing))? {
                return Ok((name, email));
            }
        }
    }
    Err(Error::Taken(format!("a user for every name that the GitHub account {} could have", account.id)))
}
