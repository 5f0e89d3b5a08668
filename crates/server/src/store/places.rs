//! From where somebody signed in, for who throttles what is tried on their account.

use std::net::IpAddr;

use super::{Database, failed};
use crate::Error;

impl Database {
    /// From where the user of that name (in any case) signed in: the last addresses of sessions that are kept, the last
    /// first. A name that nobody has is looked for like any other, and has none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn places(&self, name: &str, most: usize) -> Result<Vec<IpAddr>, Error> {
        let doing = "looked from where a user signed in";
        // What was opened with a token proves no more than the token.
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT address FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = ?) AND how <> 'account'
             GROUP BY address ORDER BY max(began_at) DESC LIMIT ?",
        )
        .bind(name)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(failed(doing))?;
        Ok(found.iter().filter_map(|address| address.parse().ok()).collect())
    }
}
