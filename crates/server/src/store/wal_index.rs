//! Whether anything was committed, at the cost of copying 96 bytes.
//!
//! All connections of all processes to a database in WAL mode share a file beside it, the WAL-index, which they keep
//! mapped into their memory. It begins with a header (<https://sqlite.org/walformat.html>, 2.1) that every commit writes,
//! once what it committed is durable and before anybody can see it; SQLite itself compares this header at the
//! beginning of each transaction to learn whether what it remembers is still right. So does [`WalIndex::mark`]: of
//! the header it keeps what changes with every commit and with nothing else, least of all with checkpoints.
//!
//! A time stamp of the WAL file could not say the same: it changes when a commit begins to be written, and the commit is
//! seen by others when its fsync is over, however long that takes.
//!
//! Always holds: the file that is read is the one that SQLite uses, since a connection of our own keeps it in use; and
//! no descriptor of it is closed in this process while there may be connections. When a process closes any
//! descriptor of a file, the system takes all locks from it that it has on that file, SQLite's with them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

/// The size of the header, of which there are two copies in a row; whoever writes it writes the second one first.
const HEADER: usize = 48;

/// How often it is read again while somebody is writing it.
const ATTEMPTS: usize = 16;

/// What stands in the header after a commit, and changes with the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Commits so far.
    pub(super) commits: u32,
    /// Pages of the database.
    pages: u32,
    /// A checksum over everything in the log.
    checksum: u64,
}

impl Mark {
    /// Whether there was one commit since `before`.
    pub(super) fn is_next_of(self, before: Self) -> bool {
        self.commits == before.commits.wrapping_add(1)
    }
}

/// The WAL-index of a database that this process has open.
#[derive(Debug)]
pub(super) struct WalIndex {
    place: Place,
    file: Weak<File>,
    /// Does nothing but be there.
    connection: Mutex<Option<SqliteConnection>>,
}

/// A file, whatever it is called: its device and inode.
type Place = (u64, u64);

/// Those that are open, and by how many databases.
static OPEN: Mutex<BTreeMap<Place, (Arc<File>, usize)>> = Mutex::new(BTreeMap::new());

impl WalIndex {
    /// The WAL-index of that database.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) async fn open(database: &Path, options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = options.connect().await?;
        // Only now it surely has the file.
        sqlx::query("PRAGMA user_version").execute(&mut connection).await?;
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        let found = std::fs::metadata(&path)?;
        let place = (found.dev(), found.ino());
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, users) = match open.entry(place) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert((Arc::new(File::open(&path)?), 0)),
        };
        *users += 1;
        Ok(Self { place, file: Arc::downgrade(file), connection: Mutex::new(Some(connection)) })
    }

    /// What stands in the header; `None` if that cannot be known, and whoever wants to know must ask SQLite.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.header().map(|header| header.mark)
    }

    /// How many pages the log has, as far as that is known.
    pub(super) fn pages_in_log(&self) -> u32 {
        self.header().map_or(0, |header| header.pages_in_log)
    }

    fn header(&self) -> Option<Header> {
        let file = self.file.upgrade()?;
        let mut twice = [0; 2 * HEADER];
        for _ in 0..ATTEMPTS {
            file.read_exact_at(&mut twice, 0).ok()?;
            if let Some(header) = Header::read(&twice) {
                return Some(header);
            }
            std::hint::spin_loop();
        }
        None
    }

    /// Closes it, once the database has no other connection here. The descriptor of one that is just dropped stays
    /// open: who knows when its connections are closed.
    pub(super) async fn close(&self) {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(connection) = connection else { return };
        if let Err(error) = connection.close().await {
            tracing::warn!(%error, "a connection to the database could not be closed");
            return;
        }
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut known) = open.entry(self.place) {
            known.get_mut().1 -= 1;
            if known.get().1 == 0 {
                known.remove();
            }
        }
    }
}

/// What is of interest in the header.
struct Header {
    mark: Mark,
    pages_in_log: u32,
}

impl Header {
    /// The header, if both copies say the same and somebody has written them.
    fn read(twice: &[u8; 2 * HEADER]) -> Option<Self> {
        let (first, second) = twice.split_at(HEADER);
        let is_written = first.get(12) == Some(&1);
        let number = |at: usize| Some(u32::from_ne_bytes(first.get(at..at + 4)?.try_into().ok()?));
        let checksum = u64::from_ne_bytes(first.get(24..32)?.try_into().ok()?);
        let mark = Mark { commits: number(8)?, pages: number(20)?, checksum };
        (first == second && is_written).then_some(Self { mark, pages_in_log: number(16)? })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

    use super::super::Database;
    use super::super::remembered::leave_a_mark;
    use super::{Mark, WalIndex};

    fn options(db: &Database) -> SqliteConnectOptions {
        SqliteConnectOptions::new().filename(db.path())
    }

    async fn second_connection(db: &Database) -> SqlitePool {
        SqlitePoolOptions::new().max_connections(1).connect_with(options(db)).await.unwrap()
    }

    async fn run(pool: &SqlitePool, statement: &'static str) {
        sqlx::raw_sql(statement).execute(pool).await.unwrap();
    }

    #[tokio::test]
    async fn every_commit_of_anybody_is_seen_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        let (other, index) =
            (second_connection(&db).await, WalIndex::open(db.path(), &options(&db)).await.unwrap());
        let mark = || -> Mark { index.mark().unwrap() };
        let mut last = mark();
        for pool in [&db.writer, &other, &db.writer, &other] {
            for _ in 0..50 {
                run(pool, "UPDATE epoch SET number = number + 1").await;
                let next = mark();
                assert!(next.is_next_of(last), "{last:?} {next:?}");
                last = next;
            }
            run(pool, "BEGIN IMMEDIATE; UPDATE epoch SET number = 0; ROLLBACK").await;
            run(&db.readers, "SELECT count(*) FROM users").await;
            for kind in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"] {
                sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA wal_checkpoint({kind})")))
                    .execute(pool)
                    .await
                    .unwrap();
                assert_eq!(mark(), last, "a checkpoint is no commit");
            }
        }
        run(&other, "UPDATE epoch SET number = 5").await;
        run(&db.writer, "UPDATE epoch SET number = 6").await;
        assert!(!mark().is_next_of(last), "two commits are not taken for one");
        other.close().await;
        index.close().await;
        db.close().await;
    }

    #[tokio::test]
    async fn a_mark_can_be_left_where_nothing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        let index = WalIndex::open(db.path(), &options(&db)).await.unwrap();
        for _ in 0..3 {
            let before = index.mark().unwrap();
            run(&db.writer, "UPDATE epoch SET number = number").await;
            assert_eq!(index.mark().unwrap(), before, "what is as it was is not written");
            let mut tx = db.writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
            leave_a_mark(&mut tx, "tested").await.unwrap();
            tx.commit().await.unwrap();
            assert!(index.mark().unwrap().is_next_of(before));
        }
        index.close().await;
        db.close().await;
    }

    #[tokio::test]
    async fn what_is_not_committed_yet_is_not_seen() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        let index = WalIndex::open(db.path(), &options(&db)).await.unwrap();
        let before = index.mark().unwrap();
        let mut tx = db.writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
        // More than the cache holds, so that pages go into the log before the commit.
        sqlx::raw_sql("PRAGMA cache_spill = 1; PRAGMA cache_size = 10").execute(&mut *tx).await.unwrap();
        let many = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
                    INSERT INTO users (name, email, password_hash, created_at_ms) SELECT n, n, hex(zeroblob(500)), 0 FROM n";
        sqlx::raw_sql(many).execute(&mut *tx).await.unwrap();
        let log = std::fs::metadata(dir.path().join("sliderule.db-wal")).unwrap().len();
        assert!(log > 1_000_000, "{log} bytes went into the log");
        assert_eq!(index.mark().unwrap(), before);
        tx.commit().await.unwrap();
        assert_ne!(index.mark().unwrap(), before);
        index.close().await;
        db.close().await;
    }

    /// The locks that this process holds on the file, as the system lists them.
    #[cfg(target_os = "linux")]
    fn locks_on(file: &std::path::Path) -> usize {
        use std::os::unix::fs::MetadataExt;

        let inode = format!(":{}", std::fs::metadata(file).unwrap().ino());
        let all = std::fs::read_to_string("/proc/locks").unwrap();
        all.lines().filter(|line| line.split_whitespace().any(|word| word.ends_with(&inode))).count()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn closing_one_database_takes_no_lock_from_another_on_the_same_file() {
        let dir = tempfile::tempdir().unwrap();
        let (path, shared) = (dir.path().join("sliderule.db"), dir.path().join("sliderule.db-shm"));
        let (first, second) = (Database::open(&path).await.unwrap(), Database::open(&path).await.unwrap());
        let held = locks_on(&shared);
        assert!(held > 0, "SQLite says in this way that the file is in use");
        first.close().await;
        first.close().await;
        drop(first);
        assert_eq!(locks_on(&shared), held);
        let third = Database::open(&path).await.unwrap();
        drop(third);
        assert_eq!(locks_on(&shared), held);
        second.close().await;
    }
}
