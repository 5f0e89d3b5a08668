//! Making a backup, beside a server that runs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sliderule_api::UtcTime;
use tar::{Builder, Header};

use super::manifest::{self, Listed, Manifest};
use super::{measure, remove, unusable};
use crate::Error;
use crate::data::{DATABASE, DataDir};
use crate::store::copy;

/// Makes a backup of the directory in the new file `to`.
///
/// # Errors
/// There is such a file, another backup is written to it, the database is damaged or of a newer release, or the disk failed.
/// Nothing of it is left then.
pub async fn make(data: &DataDir, to: &Path, now: UtcTime) -> Result<Manifest, Error> {
    let draft = Draft::begin(to)?;
    let database = data.database_file();
    copy::copy(&database, &draft.database).await?;
    // A backup that cannot be restored is none.
    let schema = copy::check(&draft.database, &database).await?;
    let manifest = draft.write(data, schema, now)?;
    draft.finish(to)?;
    Ok(manifest)
}

/// A backup that is being written: two files beside what it becomes, removed whatever happens.
struct Draft {
    archive: PathBuf,
    /// Locked: another backup to the same place waits for none of this.
    file: File,
    database: PathBuf,
}

impl Draft {
    fn begin(to: &Path) -> Result<Self, Error> {
        refuse_existing(to)?;
        let (archive, database) = (beside(to, ".unfinished"), beside(to, ".unfinished-database"));
        let cannot = format!("write {}", archive.display());
        // Left by a backup that was killed, it is written over.
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&archive);
        let file = file.map_err(Error::io(cannot.clone()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(unusable(to)(
                    "another backup is being written to it; wait for that one".to_owned(),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(Error::io(cannot)(error)),
        }
        // One that was being written may have been finished, and then is what is locked now.
        refuse_existing(to)?;
        let draft = Self { archive, file, database };
        draft.empty().map_err(Error::io(cannot))?;
        Ok(draft)
    }

    /// Two empty files that nobody else can read: SQLite writes into the second one.
    fn empty(&self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        remove(&self.database)?;
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(&self.database).map(drop)
    }

    fn write(&self, data: &DataDir, schema: i64, now: UtcTime) -> Result<Manifest, Error> {
        let beside = data.beside_the_database()?;
        let written = || -> std::io::Result<Manifest> {
            let (bytes, sha256) = measure(File::open(&self.database)?, |_| Ok(()))?;
            let mut files = vec![Listed { name: DATABASE.to_owned(), bytes, sha256 }];
            for (name, content) in &beside {
                let (bytes, sha256) = measure(content.as_slice(), |_| Ok(()))?;
                files.push(Listed { name: (*name).to_owned(), bytes, sha256 });
            }
            let manifest = Manifest::new(now, schema, files);
            let mut archive = Builder::new(&self.file);
            let mut add = |name: &str, bytes: u64, content: &mut dyn std::io::Read| {
                let mut header = Header::new_ustar();
                header.set_size(bytes);
                header.set_mode(0o600);
                archive.append_data(&mut header, name, content)
            };
            let text = serde_json::to_vec_pretty(&manifest)?;
            add(manifest::NAME, u64::try_from(text.len()).unwrap_or(u64::MAX), &mut text.as_slice())?;
            for Listed { name, bytes, .. } in &manifest.files {
                match beside.iter().find(|(beside, _)| beside == name) {
                    Some((_, content)) => add(name, *bytes, &mut content.as_slice())?,
                    None => add(name, *bytes, &mut File::open(&self.database)?)?,
                }
            }
            archive.finish()?;
            self.file.sync_all()?;
            Ok(manifest)
        };
        written().map_err(Error::io(format!("write {}", self.archive.display())))
    }

    /// Gives it its name, for good.
    fn finish(&self, to: &Path) -> Result<(), Error> {
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::rename(&self.archive, to)
            .and_then(|()| File::open(parent)?.sync_all())
            .map_err(Error::io(format!("write {}", to.display())))
    }
}

impl Drop for Draft {
    /// What cannot be removed is written over by the next backup to the same place.
    fn drop(&mut self) {
        let _ = (remove(&self.archive), remove(&self.database));
    }
}

fn refuse_existing(to: &Path) -> Result<(), Error> {
    match to.symlink_metadata() {
        Ok(_) => Err(unusable(to)("there is such a file already; choose another name".to_owned())),
        Err(_) => Ok(()),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
