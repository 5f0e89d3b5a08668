//! Making a data directory from a backup.
//!
//! Everything is unpacked and checked in a folder within the directory, and moved to its place at the end, the database
//! last. While that folder is there, no other command uses the directory; so a restore that was killed leaves nothing that
//! looks whole, and is simply run again.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use tar::{Archive, Entry};

use super::manifest::{self, Listed, Manifest};
use super::unrestored::Unrestored;
use super::{measure, unusable};
use crate::Error;
use crate::data::DATABASE;
use crate::store::copy;

/// Longest manifest that is read.
const LONGEST_MANIFEST: u64 = 64 * 1024;

/// Makes the data directory `into` from the backup `from`, and ends the term of every server that used the database before.
///
/// # Errors
/// It is no backup, is damaged, or is of a newer release; or the directory holds a database already, or is served from. The
/// directory is as it was then, or refused by every other command until this one is run again.
pub async fn restore(into: &Path, from: &Path) -> Result<Manifest, Error> {
    let open = || File::open(from).map_err(Error::io(format!("read the backup {}", from.display())));
    // Before anything is touched.
    let manifest = unpack(open()?, |_| Ok(None)).map_err(unusable(from))?;
    let directory = Unrestored::begin(into)?;
    let place = |name: &str| {
        let path = directory.staged(name);
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
        file.map(Some).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    unpack(open()?, place).map_err(unusable(from))?;
    let database = directory.staged(DATABASE);
    let found = copy::check(&database, from).await?;
    if found != manifest.schema {
        let reason = format!("it says that its database has schema {}, which has {found}", manifest.schema);
        return Err(unusable(from)(reason));
    }
    copy::end_terms(&database).await?;
    directory.finish()?;
    Ok(manifest)
}

/// Reads the whole archive, and puts each file where `place` says. Returns the manifest if all is as it says.
fn unpack(
    archive: File,
    mut place: impl FnMut(&str) -> Result<Option<File>, String>,
) -> Result<Manifest, String> {
    let broken = |error: std::io::Error| format!("it is damaged or no backup: {error}");
    let mut archive = Archive::new(archive);
    let mut entries = archive.entries().map_err(broken)?.raw(true);
    let first = entries.next().ok_or("it is empty")?.map_err(broken)?;
    let manifest = read_manifest(first)?;
    let mut left: Vec<&Listed> = manifest.files.iter().collect();
    for entry in entries {
        let entry = entry.map_err(broken)?;
        let name = name(&entry);
        let Some(at) = left.iter().position(|listed| listed.name == name) else {
            return Err(format!("it is damaged: there is {}, which it does not list", name.escape_default()));
        };
        let listed = left.swap_remove(at);
        if entry.size() != listed.bytes || !entry.header().entry_type().is_file() {
            return Err(format!("it is damaged: {name} has another size than it lists"));
        }
        let mut file = place(&name)?;
        let write = |piece: &[u8]| file.as_mut().map_or(Ok(()), |file| file.write_all(piece));
        let (bytes, sha256) = measure(entry, write).map_err(broken)?;
        if (bytes, &sha256) != (listed.bytes, &listed.sha256) {
            return Err(format!("it is damaged: {name} is not what it lists"));
        }
        if let Some(file) = file {
            file.sync_all().map_err(|error| format!("{name} cannot be written: {error}"))?;
        }
    }
    match left.first() {
        Some(missing) => Err(format!("it is cut off: {} is missing", missing.name)),
        None => Ok(manifest),
    }
}

fn read_manifest(entry: Entry<'_, File>) -> Result<Manifest, String> {
    if name(&entry) != manifest::NAME || entry.size() > LONGEST_MANIFEST {
        return Err(format!("it is no backup of sliderule-ps: it does not begin with {}", manifest::NAME));
    }
    let mut text = Vec::new();
    entry
        .take(LONGEST_MANIFEST)
        .read_to_end(&mut text)
        .map_err(|error| format!("its manifest cannot be read: {error}"))?;
    Manifest::read(&text)
}

fn name(entry: &Entry<'_, File>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).into_owned()
}
