//! Every process of a node of one data directory.
//!
//! A runner's standard input is its node's `runner.lock`, a program's its `node.lock`, and both are inherited by
//! whatever they start: so no process of a node can hide, whoever is its parent now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// The processes of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Alive {
    /// Its runner, and whatever has the runner's lock.
    pub(crate) runner: BTreeSet<i32>,
    /// Its program, and whatever that started.
    pub(crate) program: BTreeSet<i32>,
}

impl Alive {
    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = i32> + '_ {
        self.runner.iter().chain(&self.program).copied()
    }
}

/// The nodes of `data` of which anything lives, by their ids.
pub(crate) fn of(data: &Path) -> BTreeMap<String, Alive> {
    let nodes = data.canonicalize().unwrap().join("nodes");
    let mut found = BTreeMap::<String, Alive>::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        // A process that ends meanwhile, or a zombie, has no files.
        let Ok(input) = std::fs::read_link(entry.path().join("fd/0")) else { continue };
        let Ok(below) = input.strip_prefix(&nodes) else { continue };
        let (Some(node), Some(file)) = (below.parent(), below.file_name()) else { continue };
        let node = node.to_str().unwrap().trim_start_matches('.').to_owned();
        let alive = found.entry(node).or_default();
        match file.to_str().unwrap().trim_end_matches(" (deleted)") {
            "runner.lock" => alive.runner.insert(id),
            "node.lock" => alive.program.insert(id),
            other => panic!("process {id} has {other} of a node as its standard input"),
        };
    }
    found
}

/// Ends every process of a node of `data`: a test that failed leaves none.
pub(crate) fn end_all(data: &Path) {
    for id in of(data).values().flat_map(Alive::all).filter_map(Pid::from_raw) {
        // Gone already is as good.
        let _ = kill_process(id, Signal::KILL);
    }
}
