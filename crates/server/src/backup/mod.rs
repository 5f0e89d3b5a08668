//! Backups: the whole of a data directory in one file, and back.
//!
//! A backup is a tar file: first a manifest, then the database as of one instant and what belongs to it. It holds
//! password hashes and keys, so that only its owner may read it. Always holds: a backup is written whole or not at all, and
//! a restored directory is whole or refused by every command; nothing that was damaged on the way is ever restored.
//!
//! | module | what it holds |
//! |---|---|
//! | [`make`](mod@make) | making one, beside a server that runs |
//! | [`restore`](mod@restore) | making a data directory from one |
//! | [`manifest`] | what a backup says of itself |
//! | `unrestored` | a directory that becomes a data directory |
//!
//! What belongs to a data directory is listed in [`crate::data`].

pub mod make;
pub mod manifest;
pub mod restore;
mod unrestored;

use std::io::{ErrorKind, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

pub use make::make;
pub use manifest::Manifest;
pub use restore::restore;

/// What is wrong with a backup.
fn unusable(path: &Path) -> impl Fn(String) -> Error {
    move |reason| Error::Backup { path: path.to_owned(), reason }
}

/// Removes a file, if there is one.
fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Length and SHA-256 of what is read, in hexadecimal digits; what is read goes to `each` as well.
fn measure(
    mut from: impl Read,
    mut each: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<(u64, String)> {
    let (mut digest, mut length, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = from.read(&mut buffer)?;
        let Some(piece @ [_, ..]) = buffer.get(..read) else { break };
        digest.update(piece);
        each(piece)?;
        length += u64::try_from(read).unwrap_or(u64::MAX);
    }
    let hexadecimal = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((length, hexadecimal))
}
