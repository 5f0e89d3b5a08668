//! Where the logs of the suites go, to be searched for secrets when all have run (`xtask/src/test/secrets.rs`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The folder for logs, where there is one: `cargo xtask test` names it.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os("SLIDERULE_TEST_LOGS").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// A new file for a log, if they are kept.
fn new_file() -> Option<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    folder().map(|folder| folder.join(format!("program-{}-{number}.log", std::process::id())))
}

/// Has a program log everything, to a file of the folder.
#[allow(dead_code, reason = "not every suite runs programs")]
pub(crate) fn log_everything(command: &mut Command) {
    let Some(path) = new_file() else { return };
    command.env("RUST_LOG", "trace").stderr(Stdio::from(File::create(path).unwrap()));
}

/// The same for a program whose log is at `path`: that leads to the folder.
#[allow(dead_code, reason = "not every suite runs programs")]
pub(crate) fn log_everything_through(path: &Path, command: &mut Command) {
    let Some(kept) = new_file() else { return };
    command.env("RUST_LOG", "trace");
    if !path.exists() {
        File::create(&kept).unwrap();
        std::os::unix::fs::symlink(kept, path).unwrap();
    }
}

/// Keeps a log that lies elsewhere, and is going to be removed.
#[allow(dead_code, reason = "not every suite runs programs")]
pub(crate) fn keep(log: &Path) {
    if let Some(kept) = new_file() {
        fs::copy(log, kept).unwrap();
    }
}

/// Keeps the logs of the nodes in a data directory, which is going to be removed.
#[allow(dead_code, reason = "not every suite runs programs")]
pub(crate) fn keep_those_of_nodes(data: &Path) {
    for node in fs::read_dir(data.join("nodes")).into_iter().flatten().flatten() {
        for file in fs::read_dir(node.path()).into_iter().flatten().flatten() {
            let is_log = file.path().extension().is_some_and(|extension| extension == "log");
            if let Some(kept) = new_file().filter(|_| is_log) {
                // A node that is just being removed has no log any more.
                let _ = fs::copy(file.path(), kept);
            }
        }
    }
}
