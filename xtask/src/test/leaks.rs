//! What tests must not leave behind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::descendants;
use crate::failure::{Failure, Result};

/// How long processes may take to be gone: a browser's helpers end a moment after it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fails if a process that was started still runs, or a file is left in `temporary`.
pub(super) fn check(temporary: &Path) -> Result<()> {
    let processes = descendants::wait_until_gone(PATIENCE).into_iter().map(|process| process.to_string());
    let entries = fs::read_dir(temporary).map_err(Failure::file("read", temporary))?;
    let files = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut left: Vec<String> = processes.chain(files).collect();
    left.sort();
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::said(format!("the tests left behind: {}", left.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_forgotten_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path()).unwrap();
        std::fs::write(folder.path().join("forgotten.db"), "").unwrap();
        assert!(check(folder.path()).unwrap_err().to_string().contains("forgotten.db"));
    }
}
