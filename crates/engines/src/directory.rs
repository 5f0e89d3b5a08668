//! The folder of one node, which its runner and the local engine share: `<data>/nodes/<node-id>/`.
//!
//! | file | what it holds | written by |
//! |---|---|---|
//! | `spec.json` | what to run; no secret | the engine, before the folder gets its name |
//! | `runner.lock` | empty; locked while the runner lives | the engine |
//! | `node.lock` | empty; locked while the program lives | the runner |
//! | `runner.pid` | the runner's process id | the runner |
//! | `node.json` | address and process group of the program | the runner |
//! | `node.log` | what runner and program print | both |
//! | `gone` | empty; nothing is left of the node | the engine |
//!
//! A lock is an open file that the process it stands for has as its standard input: the kernel lets go
//! of it when that process, and whatever it started, is gone. No process id is ever guessed at, and a
//! restarted server sees what the one before it started. Folders of nodes that are gone are kept a
//! while, for their logs and so that no id is launched twice.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::process::Pid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sliderule_api::{NodeId, OrganizationName, ReleaseVersion};

/// File in the data directory that names the internal listener: `127.0.0.1:PORT`, one line.
pub const INTERNAL_ADDRESS: &str = "internal.address";

/// What a runner is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Whose cluster the node belongs to.
    pub(crate) organization: OrganizationName,
    /// The release it shall announce.
    pub(crate) version: ReleaseVersion,
    /// Program and arguments, with placeholders.
    pub(crate) command: Vec<String>,
    /// How long ending the program may take, in milliseconds.
    pub(crate) tail_ms: u64,
    /// How long the runner may wait for its first lease, in milliseconds.
    pub(crate) boot_ms: u64,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    /// `http://ip:port`.
    pub(crate) address: String,
    /// Process group of the program.
    pub(crate) group: i32,
}

/// The folder of one node.
#[derive(Clone, Debug)]
pub(crate) struct NodeDirectory {
    path: PathBuf,
}

impl NodeDirectory {
    /// The folder that holds the folders of all nodes.
    pub(crate) fn all(data: &Path) -> PathBuf {
        data.join("nodes")
    }

    /// The folder of `node`.
    pub(crate) fn of(data: &Path, node: &NodeId) -> Self {
        Self { path: Self::all(data).join(node.as_str()) }
    }

    /// A folder under a name that no node has, in which a new node is prepared.
    pub(crate) fn draft(data: &Path, node: &NodeId) -> Self {
        Self { path: Self::all(data).join(format!(".{node}")) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether somebody prepared a node in it; whatever else is there is none of ours.
    pub(crate) fn is_a_node_s(&self) -> io::Result<bool> {
        self.path.join("spec.json").try_exists()
    }

    pub(crate) fn runner_lock(&self) -> Lock {
        Lock(self.path.join("runner.lock"))
    }

    pub(crate) fn node_lock(&self) -> Lock {
        Lock(self.path.join("node.lock"))
    }

    /// Opens the log to append to it.
    pub(crate) fn log(&self) -> io::Result<File> {
        File::options().create(true).append(true).open(self.path.join("node.log"))
    }

    /// The last lines of the log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read(self.path.join("node.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }

    pub(crate) fn write_spec(&self, spec: &Spec) -> io::Result<()> {
        self.write("spec.json", &serde_json::to_vec_pretty(spec)?)
    }

    pub(crate) fn spec(&self) -> io::Result<Spec> {
        self.read_json("spec.json")
    }

    pub(crate) fn write_running(&self, running: &Running) -> io::Result<()> {
        self.write("node.json", &serde_json::to_vec(running)?)
    }

    /// What runs; `None` before anything does.
    pub(crate) fn running(&self) -> io::Result<Option<Running>> {
        none_if_absent(self.read_json("node.json"))
    }

    pub(crate) fn write_runner_pid(&self, pid: Pid) -> io::Result<()> {
        self.write("runner.pid", pid.as_raw_nonzero().to_string().as_bytes())
    }

    /// The runner; `None` before it can take signals.
    pub(crate) fn runner_pid(&self) -> io::Result<Option<Pid>> {
        let text = none_if_absent(fs::read_to_string(self.path.join("runner.pid")))?;
        Ok(text.and_then(|text| text.trim().parse().ok()).and_then(Pid::from_raw))
    }

    /// Records that nothing is left of the node.
    pub(crate) fn mark_gone(&self) -> io::Result<()> {
        File::create(self.path.join("gone")).map(drop)
    }

    /// For how long the node has been recorded as gone; `None` if it is not.
    pub(crate) fn gone_for(&self) -> io::Result<Option<std::time::Duration>> {
        let marked = none_if_absent(fs::metadata(self.path.join("gone")))?;
        marked.map(|mark| Ok(mark.modified()?.elapsed().unwrap_or_default())).transpose()
    }

    /// Writes a file whole or not at all.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let draft = self.path.join(format!(".{name}"));
        fs::write(&draft, content)?;
        fs::rename(draft, self.path.join(name))
    }

    fn read_json<T: DeserializeOwned>(&self, name: &str) -> io::Result<T> {
        Ok(serde_json::from_slice(&fs::read(self.path.join(name))?)?)
    }
}

/// A lock file that stands for a process.
#[derive(Clone, Debug)]
pub(crate) struct Lock(PathBuf);

impl Lock {
    /// Takes the lock. Whoever probes it holds it for a moment, hence the waiting.
    pub(crate) fn take(&self) -> io::Result<File> {
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&self.0)?;
        file.lock()?;
        Ok(file)
    }

    /// Whether the process lives.
    pub(crate) fn is_held(&self) -> io::Result<bool> {
        let Some(file) = none_if_absent(File::open(&self.0))? else { return Ok(false) };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(why)) => Err(why),
        }
    }
}

fn none_if_absent<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_as_long_as_somebody_has_it_open() {
        let data = tempfile::tempdir().unwrap();
        let directory = NodeDirectory::of(data.path(), &"n1".parse().unwrap());
        fs::create_dir_all(directory.path()).unwrap();
        assert!(!directory.node_lock().is_held().unwrap());
        let held = directory.node_lock().take().unwrap();
        let inherited = held.try_clone().unwrap();
        drop(held);
        assert!(directory.node_lock().is_held().unwrap());
        drop(inherited);
        assert!(!directory.node_lock().is_held().unwrap());
    }

    #[test]
    fn what_was_not_written_yet_is_absent_and_not_an_error() {
        let data = tempfile::tempdir().unwrap();
        let directory = NodeDirectory::of(data.path(), &"n1".parse().unwrap());
        assert_eq!(directory.running().unwrap(), None);
        assert_eq!(directory.runner_pid().unwrap(), None);
        assert_eq!(directory.gone_for().unwrap(), None);
        assert_eq!(directory.last_words(), "");
    }
}
