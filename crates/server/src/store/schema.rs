//! Bringing a database to this release's schema, or refusing a newer one.
//!
//! SQLite's `user_version` counts the migrations that were applied. Each one is applied together with
//! the new count in one immediate transaction, so that of two programs that start at once one does the
//! work and the other finds it done.

use std::path::Path;

use sqlx::sqlite::SqlitePool;

use super::failed;
use crate::Error;

/// The migrations, oldest first. A released one is never changed; a new one is added at the end.
const MIGRATIONS: [&str; 4] = [
    include_str!("../../migrations/0001_accounts_clusters_money.sql"),
    include_str!("../../migrations/0002_reservations_and_leases.sql"),
    include_str!("../../migrations/0003_people_and_audit.sql"),
    include_str!("../../migrations/0004_sessions_and_keys.sql"),
];

/// Setting a pragma takes no bound value, hence one statement for each count.
const COUNTS: [&str; MIGRATIONS.len()] = [
    "PRAGMA user_version = 1",
    "PRAGMA user_version = 2",
    "PRAGMA user_version = 3",
    "PRAGMA user_version = 4",
];

/// The newest schema, which this release brings a database to.
pub const SCHEMA: i64 = COUNTS.len() as i64;

const DOING: &str = "brought the database to this release's schema";

/// Applies what is missing.
pub(super) async fn bring_forward(writer: &SqlitePool, path: &Path) -> Result<(), Error> {
    for (index, (migration, count)) in MIGRATIONS.into_iter().zip(COUNTS).enumerate() {
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(DOING))?;
        let found: i64 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await.map_err(failed(DOING))?;
        if found > SCHEMA {
            return Err(Error::NewerSchema { path: path.to_owned(), found, known: SCHEMA });
        }
        if usize::try_from(found).unwrap_or(0) <= index {
            sqlx::raw_sql(migration).execute(&mut *tx).await.map_err(failed(DOING))?;
            sqlx::raw_sql(count).execute(&mut *tx).await.map_err(failed(DOING))?;
        }
        tx.commit().await.map_err(failed(DOING))?;
    }
    Ok(())
}
