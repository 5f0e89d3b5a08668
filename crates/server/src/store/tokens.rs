//! Refresh tokens that were used or revoked.
//!
//! Issued tokens are not recorded; their signature says that we issued them. A used one is, until it
//! would have ended anyway, and the primary key decides which of two uses came first.

use sliderule_api::tokens::Claims;

use super::{Database, collision, failed};
use crate::Error;

/// What became of an attempt to use a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// It was good, and is no longer.
    Spent,
    /// It had been used or revoked before.
    SpentBefore,
}

impl Database {
    /// Uses up a refresh token. Of any number of attempts, exactly one spends it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn spend_token(&self, claims: &Claims, now_seconds: u64) -> Result<Spending, Error> {
        let doing = "used up a refresh token";
        let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let mut tx = self.write(doing).await?;
        sqlx::query("DELETE FROM spent_tokens WHERE expires_at < ?")
            .bind(seconds(now_seconds))
            .execute(&mut *tx)
            .await
            .map_err(failed(doing))?;
        let inserted = sqlx::query("INSERT INTO spent_tokens (jti, expires_at) VALUES (?, ?)")
            .bind(&claims.jti)
            .bind(seconds(claims.exp))
            .execute(&mut *tx)
            .await;
        match inserted {
            Ok(_) => {
                tx.commit().await.map_err(failed(doing))?;
                Ok(Spending::Spent)
            }
            Err(error) if collision(&error).is_some() => Ok(Spending::SpentBefore),
            Err(error) => Err(failed(doing)(error).into()),
        }
    }
}
