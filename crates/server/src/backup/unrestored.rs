//! A directory that becomes a data directory.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::remove;
use crate::Error;
use crate::data::{BACKED_UP, DataDir, RESTORING, ServerLock};

/// A directory that becomes a data directory. Until it is [finished](Self::finish) it is none; dropped before, what was
/// unpacked is removed.
#[derive(Debug)]
pub(super) struct Unrestored {
    data: DataDir,
    /// Whether the directory was made for this.
    is_new: bool,
    /// Whether something was put in its place, and nothing may be taken back any more.
    is_moving: bool,
    _lock: ServerLock,
}

impl Unrestored {
    /// Takes the directory at `path`, made if there is none. What a restore left that was killed is removed.
    ///
    /// # Errors
    /// It holds what a backup holds already, a server uses it, or it cannot be written.
    pub(super) fn begin(path: &Path) -> Result<Self, Error> {
        let is_new = !path.exists();
        let unusable = |reason: String| Error::DataDirectory { path: path.to_owned(), reason };
        let cannot = |error: std::io::Error| unusable(format!("it cannot be written: {error}"));
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(cannot)?;
        let data = DataDir::writable(path.canonicalize().map_err(cannot)?)?;
        let lock = data.lock()?;
        let unfinished = data.path().join(RESTORING);
        if unfinished.exists() {
            // Begun only where there was nothing of the kind: what is there now is of that restore.
            for name in BACKED_UP {
                remove(&data.path().join(name)).map_err(cannot)?;
            }
            fs::remove_dir_all(&unfinished).map_err(cannot)?;
        } else if let Some(found) = BACKED_UP.into_iter().find(|name| data.path().join(name).exists()) {
            return Err(unusable(format!(
                "there is {found} in it already; restore into another directory, or move what is there away"
            )));
        }
        DirBuilder::new().mode(0o700).create(&unfinished).map_err(cannot)?;
        Ok(Self { data, is_new, is_moving: false, _lock: lock })
    }

    /// Where to put the file of that name until all are there.
    #[must_use]
    pub(super) fn staged(&self, name: &str) -> PathBuf {
        self.data.path().join(RESTORING).join(name)
    }

    /// Puts what was staged in its place.
    ///
    /// # Errors
    /// The disk failed; the directory cannot be used until a restore into it succeeds.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.is_moving = true;
        let directory = self.data.path();
        let moved = || {
            for name in BACKED_UP.into_iter().filter(|name| self.staged(name).exists()) {
                fs::rename(self.staged(name), directory.join(name))?;
            }
            File::open(directory)?.sync_all()?;
            fs::remove_dir_all(directory.join(RESTORING))?;
            File::open(directory)?.sync_all()
        };
        moved().map_err(Error::io(format!("move what was restored to {}", directory.display())))
    }
}

impl Drop for Unrestored {
    /// What cannot be removed is refused by every command, and removed by the next restore.
    fn drop(&mut self) {
        if self.is_moving {
            return;
        }
        let _ = fs::remove_dir_all(self.data.path().join(RESTORING));
        if self.is_new {
            let _ = fs::remove_dir_all(self.data.path());
        }
    }
}
