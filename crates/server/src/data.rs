//! The data directory: everything the system keeps.
//!
//! | file | what it is |
//! |---|---|
//! | `sliderule.db` | the database |
//! | `node.key` | the key that the nodes' secrets follow from |
//! | `steady.json` | where steady time is, as of a minute ago at most |
//! | `internal.address` | where runners and nodes reach the server, as of its last start |
//! | `server.lock` | held by the one server that runs on this directory |
//! | `nodes/` | the local engine's nodes |
//! | `restoring/` | what a restore unpacks; while it is there, nothing else uses the directory |
//!
//! What a backup holds of them is [`BACKED_UP`].

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sliderule_control::clock::SteadyClock;

use crate::store::Database;
use crate::{Error, whole_file};

/// The name of the database.
pub const DATABASE: &str = "sliderule.db";

const NODE_KEY: &str = "node.key";
const STEADY: &str = "steady.json";

/// What a backup holds, and a restore puts back: everything that no server makes anew. The database is last, because a
/// directory is one once it has that.
pub const BACKED_UP: [&str; 3] = [NODE_KEY, STEADY, DATABASE];

/// Where a restore unpacks.
pub(crate) const RESTORING: &str = "restoring";

/// A data directory that exists and can be written.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
}

/// Says that this process is the directory's one server, until it is dropped or the process ends.
#[derive(Debug)]
pub struct ServerLock {
    _held: File,
}

impl DataDir {
    /// The directory at `path`; made, for its owner only, if there is none.
    ///
    /// # Errors
    /// It cannot be made, or not be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
            let reason =
                format!("it cannot be made ({error}); choose another with --data, or make it yourself");
            Error::DataDirectory { path: path.to_owned(), reason }
        })?;
        Self::usable(path)
    }

    /// The directory at `path`, with the database that another command made in it.
    ///
    /// # Errors
    /// There is none, or it cannot be written.
    pub fn existing(path: &Path) -> Result<Self, Error> {
        if !path.join(DATABASE).is_file() {
            let reason =
                format!("there is no {DATABASE} in it; check --data, or begin with `sliderule-ps user add`");
            return Err(Error::DataDirectory { path: path.to_owned(), reason });
        }
        Self::usable(path)
    }

    fn usable(path: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::DataDirectory { path: path.to_owned(), reason };
        let path = path.canonicalize().map_err(|error| unusable(error.to_string()))?;
        if path.join(RESTORING).exists() {
            let reason = "a restore into it was not finished; run `sliderule-ps restore` again";
            return Err(unusable(reason.to_owned()));
        }
        Self::writable(path)
    }

    /// The directory at that absolute path, whatever is in it, if it can be written.
    pub(crate) fn writable(path: PathBuf) -> Result<Self, Error> {
        let unusable = |reason: String| Error::DataDirectory { path: path.clone(), reason };
        let probe = path.join(format!(".write-test-{}", std::process::id()));
        File::create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(|error| {
            unusable(format!("it cannot be written ({error}); check its owner and permissions, or choose another with --data"))
        })?;
        Ok(Self { path })
    }

    /// Its absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the database in it.
    ///
    /// # Errors
    /// It cannot be opened, or a newer release wrote it.
    pub async fn database(&self) -> Result<Database, Error> {
        Database::open(&self.database_file()).await
    }

    /// Where the database is.
    #[must_use]
    pub fn database_file(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// What a backup holds besides the database, as far as there is any.
    ///
    /// # Errors
    /// Something of it cannot be read.
    pub fn beside_the_database(&self) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
        let mut found = Vec::new();
        for name in BACKED_UP.into_iter().filter(|&name| name != DATABASE) {
            let path = self.path.join(name);
            match fs::read(&path) {
                // As of now and not of a minute ago: it must not be behind the database.
                Ok(_) if name == STEADY => found.push((name, self.anchor_now()?)),
                Ok(content) => found.push((name, content)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io(format!("read {}", path.display()))(error)),
            }
        }
        Ok(found)
    }

    /// Where the key is that the nodes' secrets follow from.
    #[must_use]
    pub fn node_key(&self) -> PathBuf {
        self.path.join(NODE_KEY)
    }

    /// The machine's steady clock, which goes on from where the last server left it.
    ///
    /// # Errors
    /// What it left cannot be read.
    pub fn steady_clock(&self) -> Result<SteadyClock, Error> {
        let path = self.anchor();
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(SteadyClock::resume(None)),
            Err(error) => Err(Error::io(format!("read {}", path.display()))(error)),
            Ok(text) => match serde_json::from_slice(&text) {
                Ok(anchor) => Ok(SteadyClock::resume(Some(anchor))),
                Err(error) => Err(Error::Failed(format!(
                    "{} does not say where steady time is ({error}); restore it, or remove it to go on from the \
                     machine's clock",
                    path.display()
                ))),
            },
        }
    }

    /// Notes where steady time is, for the next start.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save_steady_clock(&self, clock: &SteadyClock) -> Result<(), Error> {
        let path = self.anchor();
        let saved = serde_json::to_vec(&clock.anchor())
            .map_err(std::io::Error::from)
            .and_then(|text| whole_file::save(&path, &text));
        saved.map_err(Error::io(format!("write {}", path.display())))
    }

    /// What [`save_steady_clock`](Self::save_steady_clock) would write now.
    fn anchor_now(&self) -> Result<Vec<u8>, Error> {
        let anchor = self.steady_clock()?.anchor();
        serde_json::to_vec(&anchor).map_err(|error| Error::Failed(error.to_string()))
    }

    fn anchor(&self) -> PathBuf {
        self.path.join(STEADY)
    }

    /// Makes this process the directory's one server.
    ///
    /// # Errors
    /// There is one already.
    pub fn lock(&self) -> Result<ServerLock, Error> {
        let path = self.path.join("server.lock");
        let doing = format!("open the lock file {}", path.display());
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(Error::io(doing))?;
        match file.try_lock() {
            Ok(()) => Ok(ServerLock { _held: file }),
            Err(TryLockError::WouldBlock) => Err(Error::DataDirectory {
                path: self.path.clone(),
                reason: format!(
                    "another sliderule-ps serves from it and holds {}; stop that one first, or choose another with --data",
                    path.display()
                ),
            }),
            Err(TryLockError::Error(error)) => Err(Error::io(format!("lock {}", path.display()))(error)),
        }
    }

    /// Where the internal listener was at the last start, if that is known.
    #[must_use]
    pub fn last_internal_address(&self) -> Option<SocketAddr> {
        fs::read_to_string(self.internal_address_file()).ok()?.trim().parse().ok()
    }

    /// Tells runners where the internal listener is now. The file is replaced whole, never seen half
    /// written.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn publish_internal_address(&self, address: SocketAddr) -> Result<(), Error> {
        let path = self.internal_address_file();
        let unfinished = path.with_extension("unfinished");
        fs::write(&unfinished, format!("{address}\n"))
            .and_then(|()| fs::rename(&unfinished, &path))
            .map_err(Error::io(format!("write {}", path.display())))
    }

    fn internal_address_file(&self) -> PathBuf {
        self.path.join("internal.address")
    }
}

#[cfg(test)]
mod tests {
    use sliderule_control::Clock;

    use super::DataDir;

    #[test]
    fn one_directory_has_one_server() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(&dir.path().join("new")).unwrap();
        let lock = data.lock().unwrap();
        let refused = data.lock().unwrap_err().to_string();
        assert!(refused.contains("server.lock"), "{refused}");
        drop(lock);
        assert!(data.lock().is_ok());
    }

    #[test]
    fn the_internal_address_survives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path()).unwrap();
        assert_eq!(data.last_internal_address(), None);
        data.publish_internal_address("127.0.0.1:4321".parse().unwrap()).unwrap();
        assert_eq!(data.last_internal_address(), Some("127.0.0.1:4321".parse().unwrap()));
    }

    #[test]
    fn steady_time_goes_on_from_where_it_was_left() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path()).unwrap();
        let clock = data.steady_clock().unwrap();
        data.save_steady_clock(&clock).unwrap();
        let then = clock.now();
        assert!(data.steady_clock().unwrap().now() >= then);
        std::fs::write(dir.path().join("steady.json"), "{").unwrap();
        let refused = data.steady_clock().unwrap_err().to_string();
        assert!(refused.contains("steady.json") && refused.contains("remove it"), "{refused}");
    }

    #[test]
    fn a_file_in_its_place_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = DataDir::open(file.path()).unwrap_err().to_string();
        assert!(refused.contains(&file.path().display().to_string()), "{refused}");
    }
}
