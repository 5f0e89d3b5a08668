//! The database: one SQLite file, written by one connection and read by several.
//!
//! Always holds: every method is one transaction; money and the intent it pays for change together or
//! not at all; several processes (the server and the command line) may have the file open. Writers
//! begin with `BEGIN IMMEDIATE`, so that none of them finds out half-way that it lost a race.
//!
//! | module | what it holds |
//! |---|---|
//! | `schema` | bringing the file to this release's schema, or refusing a newer one |
//! | `people` | users |
//! | `organizations` | organizations and memberships |
//! | `requests` | capacity requests |
//! | `nodes` | nodes and their leases |
//! | `ledger` | money |
//! | `tokens` | refresh tokens that were used |
//! | `clusters` | all of it as the reconciler's `Store` |

mod clusters;
mod ledger;
mod nodes;
mod organizations;
mod people;
mod requests;
mod schema;
mod tokens;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sliderule_control::StoreError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};

pub use ledger::Account;
pub use organizations::{Membership, NewOrganization, Role, Standing};
pub use people::{NewUser, User};
pub use requests::{Earlier, NewRequest, Placed};
pub use tokens::Spending;

use crate::Error;

/// Connections for reading. Reads take microseconds; more would only wait for the processor.
const READERS: u32 = 4;

/// How long a writer waits for another process before it gives up.
const BUSY: Duration = Duration::from_secs(10);

/// A transaction.
pub(crate) type Tx = Transaction<'static, Sqlite>;

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Database {
    /// Opens the file, makes it if there is none, and brings it to this release's schema.
    ///
    /// # Errors
    /// The file cannot be written, or a newer release wrote it.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let unusable = |source: sqlx::Error| Error::DataDirectory {
            path: path.to_owned(),
            reason: format!("the database cannot be opened ({source}); check that you may write there"),
        };
        // Made once, here. A file that is gone later is a fault, and not to be replaced by an empty one.
        let made = SqliteConnection::connect_with(&options.clone().create_if_missing(true)).await;
        made.map_err(unusable)?.close().await.map_err(unusable)?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(unusable)?;
        schema::bring_forward(&writer, path).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "on"))
            .await
            .map_err(unusable)?;
        Ok(Self { path: path.to_owned(), writer, readers })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the file; afterwards nothing of it is left open.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that may write.
    async fn write(&self, doing: &'static str) -> Result<Tx, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(doing))
    }

    /// Begins a transaction that sees one state of the database throughout.
    async fn read(&self, doing: &'static str) -> Result<Tx, StoreError> {
        self.readers.begin().await.map_err(failed(doing))
    }
}

/// Names what the store was doing when SQLite failed.
fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    doing: &'static str,
) -> impl Fn(E) -> StoreError {
    move |source| StoreError { doing, source: source.into() }
}

/// Which unique column of a table an insertion collided with, if that is why it failed.
fn collision(error: &sqlx::Error) -> Option<String> {
    let sqlx::Error::Database(refusal) = error else { return None };
    refusal.is_unique_violation().then(|| refusal.message().to_owned())
}
