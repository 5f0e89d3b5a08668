//! The database: one SQLite file, written by one connection and read by several.
//!
//! Always holds: every method is one transaction; money and the intent it pays for change together or
//! not at all; several processes (the server and the command line) may have the file open. Writers
//! begin with `BEGIN IMMEDIATE`, so that none of them finds out half-way that it lost a race. Only the
//! account that runs the system can read the file.
//!
//! | module | what it holds |
//! |---|---|
//! | `schema` | bringing the file to this release's schema, or refusing a newer one |
//! | `people`, `accounts` | users, and what changes about their accounts |
//! | `organizations` | organizations, and how they are founded |
//! | `standing`, `memberships`, `parties`, `members` | who belongs to which: asked, changed, listed |
//! | `places` | from where they signed in |
//! | `github` | GitHub accounts of users |
//! | `clusters` | the control plane's `Store`: clusters, and what is decided about them |
//! | `nodes` | the rows of nodes and of the fixed part's time |
//! | `requests` | capacity requests, and the keys of orders |
//! | `ledger`, `spend` | the lines of the ledger, and what they add up to |
//! | `notices` | what people are told |
//! | `audit`, `audited` | who did what, from where; decisions about clusters that are told |
//! | [`sessions`] | sessions: beginning, listing, revoking |
//! | `exchanges` | what becomes of a session's refresh tokens |
//! | `admission` | what a session opens now |
//! | [`keys`] | the keys that sign tokens, and other secrets |
//! | `bell` | who wants to know at once that something was committed |
//! | `census` | what there is, counted |
//! | `copy` | files of the database that no server has open |
//! | `probe` | whether it can be read and written now |
//! | `whose` | whose a node or a request is, also of those that are history |
//! | `commit` | transactions that are shared by who writes at the same time |
//! | `remembered` | what was read, for as long as it is what the database says |
//! | `wal_index` | whether anything was committed, by anybody |

pub mod keys;
pub mod sessions;

mod accounts;
mod admission;
mod audit;
mod audited;
mod bell;
mod census;
mod clusters;
mod commit;
pub(crate) mod copy;
mod exchanges;
mod github;
mod ledger;
mod members;
mod memberships;
mod nodes;
mod notices;
mod organizations;
mod parties;
mod people;
mod places;
mod probe;
mod remembered;
mod requests;
mod schema;
mod spend;
mod standing;
mod wal_index;
mod whose;

use std::fs::{OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use sliderule_control::store::StoreError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

pub use accounts::NotAltered;
pub use admission::{Admission, AdmissionKey, Admitted};
pub use audit::{Actor, AuditEntry, AuditOf, AuditRecord};
pub use audited::{AuditLine, Audited};
pub use bell::{Bell, Hearing, News};
pub use census::{Census, Counted};
pub use exchanges::Family;
pub use github::Newcomer;
pub use ledger::{Account, Line, LineKind};
pub use members::{MemberEntry, OrganizationEntry};
pub use memberships::{Became, Deed, NewMembership, Unchanged, What};
pub use notices::Told;
pub use organizations::{NewOrganization, Unfounded};
pub use people::{NewUser, Person, User};
pub use requests::{Earlier, Record};
pub use schema::SCHEMA;
pub use sliderule_api::members::Role;
pub use standing::Standing;

use crate::Error;
use remembered::Memory;
use wal_index::WalIndex;

/// Connections for reading. Reads take microseconds; more would only wait for the processor.
const READERS: u32 = 4;

/// How long a writer waits for another process before it gives up.
const BUSY: Duration = Duration::from_secs(10);

/// What the connection that writes may keep of the file, in kibibytes: enough for a renewal of a thousand clusters.
const CACHE: &str = "-65536";

/// What each of the others may keep: what is read often is remembered as what it means.
const READERS_CACHE: &str = "-4096";

/// How many pages the log may grow to before a commit carries them over by itself. Shared commits do so earlier.
const LONGEST_LOG: &str = "4000";

/// A transaction.
pub(crate) type Tx = Transaction<'static, Sqlite>;

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    commits: Arc<AtomicU64>,
    memory: Arc<Memory>,
}

impl Database {
    /// Opens the file, makes it if there is none, and brings it to this release's schema.
    ///
    /// # Errors
    /// The file cannot be written or not be kept from others, or a newer release wrote it.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        keep_private(path).map_err(|error| Error::DataDirectory {
            path: path.to_owned(),
            reason: format!("the database cannot be made readable for you only ({error}); check who owns it"),
        })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", LONGEST_LOG)
            .busy_timeout(BUSY);
        let unusable = |source: sqlx::Error| Error::DataDirectory {
            path: path.to_owned(),
            reason: format!("the database cannot be opened ({source}); check that you may write there"),
        };
        let commits = Arc::new(AtomicU64::new(0));
        let counter = commits.clone();
        let writer = pool(1)
            .after_connect(move |connection, _| {
                let counter = counter.clone();
                Box::pin(async move {
                    let counts = move || {
                        counter.fetch_add(1, Ordering::Relaxed);
                        true
                    };
                    connection.lock_handle().await?.set_commit_hook(counts);
                    Ok(())
                })
            })
            .connect_with(options.clone())
            .await
            .map_err(unusable)?;
        let opened = async {
            schema::bring_forward(&writer, path).await?;
            let options = options.pragma("query_only", "on").pragma("cache_size", READERS_CACHE);
            let index = WalIndex::open(path, &options).await.map_err(unusable)?;
            let readers = pool(READERS).connect_with(options).await.map_err(unusable)?;
            Ok((readers, index))
        };
        match opened.await {
            Ok((readers, index)) => {
                let memory = Arc::new(Memory::new(index));
                Ok(Self { path: path.to_owned(), writer, readers, commits, memory })
            }
            Err(error) => {
                // The last connection to close removes the files beside the database.
                writer.close().await;
                Err(error)
            }
        }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many transactions this process has committed.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Rings for every organization about which something was committed, by whomever.
    #[must_use]
    pub fn bell(&self) -> &Bell {
        self.memory.bell()
    }

    /// Looks whether others committed something, such as the command line, and rings if they did. Costs less than a
    /// question to the database.
    pub async fn listen_for_others(&self) {
        if self.memory.fresh(|_| ()).await.is_none() {
            // It cannot be known, so it may be.
            self.bell().ring_all();
        }
    }

    /// Closes the file; afterwards nothing of it is left open.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        self.memory.close().await;
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

/// Connections that stay: a file does not hang up, and what they know of it would be lost.
fn pool(connections: u32) -> SqlitePoolOptions {
    let options = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
    options.idle_timeout(None).max_lifetime(None)
}

/// Makes the file if there is none, and takes it from everybody but its owner: it holds password hashes.
/// SQLite gives the files beside it the same permissions; those that a crash left are older than that.
///
/// This is the one place where the file is made: one that is gone later is a fault, and not to be replaced
/// by an empty one. An existing file is never opened here, since closing it would release the locks that
/// SQLite holds on it in this process.
fn keep_private(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::metadata(&file) {
            Ok(found) if found.permissions().mode() & 0o077 == 0 => {}
            Ok(_) => std::fs::set_permissions(&file, Permissions::from_mode(0o600))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Names what the store was doing when SQLite failed.
fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    doing: &'static str,
) -> impl Fn(E) -> StoreError {
    move |source| StoreError::Failed { doing, source: source.into() }
}

/// Runs a statement over rows, which it finds as one list of lists in its only parameter; nothing if there are none.
async fn run_over<R: Serialize>(
    tx: &mut Tx,
    statement: &'static str,
    rows: &[R],
    doing: &'static str,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_string(rows).map_err(failed(doing))?;
    sqlx::query(statement).bind(rows).execute(&mut **tx).await.map(|_| ()).map_err(failed(doing))
}

/// Seconds since 1970, as a column holds them.
fn column(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Seconds since 1970, from a column.
fn seconds(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}

/// Which unique column of a table an insertion collided with, if that is why it failed.
fn collision(error: &sqlx::Error) -> Option<String> {
    let sqlx::Error::Database(refusal) = error else { return None };
    refusal.is_unique_violation().then(|| refusal.message().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::Database;

    fn modes(dir: &Path) -> Vec<u32> {
        let files = fs::read_dir(dir).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o777).collect()
    }

    #[tokio::test]
    async fn only_the_owner_reads_the_database_whoever_may_look_into_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let path = dir.path().join("sliderule.db");
        let db = Database::open(&path).await.unwrap();
        assert_eq!(modes(dir.path()), [0o600; 3], "the database and the two files beside it");
        db.close().await;

        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let db = Database::open(&path).await.unwrap();
        assert_eq!(modes(dir.path()), [0o600; 3], "a file that others could read is taken from them");
        db.close().await;
    }

    #[tokio::test]
    async fn a_database_of_a_newer_release_is_refused_and_left_without_a_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sliderule.db");
        let db = Database::open(&path).await.unwrap();
        sqlx::query("PRAGMA user_version = 1000").execute(&db.writer).await.unwrap();
        db.close().await;
        let refused = Database::open(&path).await.unwrap_err().to_string();
        assert!(refused.contains("schema 1000"), "{refused}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "only the database itself");
    }
}
