//! Nodes as processes of this machine, each under a runner.
//!
//! The engine starts runners and reads what they leave in their folders (see the module `directory`); it keeps nothing in
//! memory, so that a restarted server finds every node the one before it started. Runners belong to no
//! terminal and outlive the server; what ends them is a signal or the end of their lease.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sliderule_api::NodeId;
use sliderule_api::lease::SECRET_VARIABLE;
use sliderule_provisioning::time::Terms;
use tokio::process::Command;

use crate::directory::{NodeDirectory, Spec};
use crate::engine::{ClusterEngine, EngineError, ListedNode, Listing, NodeSpec};

/// How long the folder of a node that is gone is kept.
const KEEP_GONE: Duration = Duration::from_secs(3600);

/// How the local engine runs nodes.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// The server's data directory; the nodes' folders are in `nodes` below it.
    pub data: PathBuf,
    /// The program whose subcommand `runner` is the runner: `sliderule-ps` itself.
    pub runner: PathBuf,
    /// The node program and its arguments, with the placeholders `{address}`, `{port}`, `{version}`,
    /// `{organization}` and `{orchestrator}`; see [`default_node_command`].
    pub node_command: Vec<String>,
    /// Lease, tail and boot bound.
    pub terms: Terms,
}

/// The reference node, expected beside the program `beside`.
#[must_use]
pub fn default_node_command(beside: &Path) -> Vec<String> {
    let program = beside.with_file_name("sliderule-node").to_string_lossy().into_owned();
    let arguments = [
        ["--listen", "{address}"],
        ["--announce", "{version}"],
        ["--organization", "{organization}"],
        ["--orchestrator", "{orchestrator}"],
    ];
    std::iter::once(program).chain(arguments.into_iter().flatten().map(str::to_owned)).collect()
}

/// The engine of local processes.
#[derive(Clone, Debug)]
pub struct LocalEngine {
    config: LocalConfig,
}

impl LocalEngine {
    /// Prepares the folder of the nodes. One server at a time may use a data directory.
    ///
    /// # Errors
    /// There is no node command, or the folder cannot be made or cleared of half-made nodes.
    pub fn new(config: LocalConfig) -> Result<Self, EngineError> {
        if config.node_command.first().is_none_or(String::is_empty) {
            return Err(EngineError::Misconfigured("`node_command` names no program".to_owned()));
        }
        let all = NodeDirectory::all(&config.data);
        let failed = |source| EngineError::Io { what: format!("preparing {}", all.display()), source };
        fs::create_dir_all(&all).map_err(failed)?;
        remove_drafts(&all).map_err(failed)?;
        Ok(Self { config })
    }

    /// Makes the node's folder, with the runner's lock taken, appear at once: whoever lists it finds it
    /// either held or gone. Returns `None` if the id was launched before.
    fn prepare(&self, spec: &NodeSpec) -> io::Result<Option<Launch>> {
        let directory = NodeDirectory::of(&self.config.data, &spec.id);
        if directory.path().try_exists()? {
            return Ok(None);
        }
        let draft = NodeDirectory::draft(&self.config.data, &spec.id);
        fs::create_dir_all(draft.path())?;
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        draft.write_spec(&Spec {
            organization: spec.organization.clone(),
            version: spec.version,
            command: self.config.node_command.clone(),
            tail_ms: milliseconds(self.config.terms.tail),
            boot_ms: milliseconds(self.config.terms.boot),
        })?;
        let lock = draft.runner_lock().take()?;
        let log = draft.log()?;
        fs::rename(draft.path(), directory.path())?;
        Ok(Some(Launch { directory, lock, log }))
    }

    fn start_runner(&self, spec: &NodeSpec, launch: Launch) -> io::Result<()> {
        let arguments: [OsString; 5] = [
            "runner".into(),
            "--data".into(),
            self.config.data.clone().into(),
            "--node".into(),
            spec.id.as_str().into(),
        ];
        let mut command = Command::new(&self.config.runner);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_the_server(name)) {
            command.env_remove(name);
        }
        let mut child = command
            .args(arguments)
            .env(SECRET_VARIABLE, &spec.secret)
            .stdin(Stdio::from(launch.lock))
            .stdout(Stdio::from(launch.log.try_clone()?))
            .stderr(Stdio::from(launch.log))
            .process_group(0)
            .spawn()?;
        let (id, directory) = (spec.id.clone(), launch.directory);
        // Waits so that no zombie is left, and so that a node that fails tells somebody why.
        tokio::spawn(async move {
            match child.wait().await {
                Ok(status) if status.success() => {}
                Ok(status) => {
                    tracing::warn!(node = %id, %status, log = %directory.last_words(), "a node ended by itself");
                }
                Err(error) => tracing::warn!(node = %id, %error, "could not wait for a runner"),
            }
        });
        Ok(())
    }

    /// What is wrong with the node program, if it is named by its path and not there.
    fn check_program(&self) -> Result<(), EngineError> {
        match self.config.node_command.first() {
            Some(program) if program.contains('/') && !Path::new(program).is_file() => {
                Err(EngineError::Misconfigured(format!(
                    "there is no program {program}; build sliderule-node or set `node_command`"
                )))
            }
            _ => Ok(()),
        }
    }
}

/// A prepared node: its folder, and what its runner is started with.
struct Launch {
    directory: NodeDirectory,
    lock: fs::File,
    log: fs::File,
}

#[async_trait]
impl ClusterEngine for LocalEngine {
    fn terms(&self) -> Terms {
        self.config.terms
    }

    async fn launch(&self, spec: &NodeSpec) -> Result<(), EngineError> {
        let failed = |source| EngineError::Io { what: format!("launching node {}", spec.id), source };
        let (engine, prepared) = (self.clone(), spec.clone());
        let prepared = blocking(move || Ok(engine.check_program().map(|()| engine.prepare(&prepared))));
        match prepared.await.map_err(failed)??.map_err(failed)? {
            Some(launch) => self.start_runner(spec, launch).map_err(failed),
            None => Ok(()),
        }
    }

    /// Reads the locks themselves, so nothing listed is older than the call.
    async fn list(&self) -> Result<Listing, EngineError> {
        let data = self.config.data.clone();
        let nodes = blocking(move || list(&data))
            .await
            .map_err(|source| EngineError::Io { what: "listing the nodes".to_owned(), source })?;
        Ok(Listing { age: Duration::ZERO, nodes })
    }

    async fn terminate(&self, id: &NodeId) -> Result<(), EngineError> {
        let directory = NodeDirectory::of(&self.config.data, id);
        blocking(move || terminate(&directory))
            .await
            .map_err(|source| EngineError::Io { what: format!("terminating node {id}"), source })
    }

    async fn kill(&self, id: &NodeId) -> Result<(), EngineError> {
        let directory = NodeDirectory::of(&self.config.data, id);
        blocking(move || kill(&directory))
            .await
            .map_err(|source| EngineError::Io { what: format!("killing node {id}"), source })
    }
}

/// Work on files, off the threads that answer requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten()
}

/// Fails only if the folder of all nodes cannot be read. What cannot be looked at alone is taken to exist:
/// believed gone, it would be replaced and paid back while it runs.
fn list(data: &Path) -> io::Result<Vec<ListedNode>> {
    let mut listed = Vec::new();
    for entry in fs::read_dir(NodeDirectory::all(data))? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<NodeId>().ok()) else {
            continue;
        };
        if !entry.file_type()?.is_dir() {
            tracing::debug!(name = %id, "not a node's folder");
            continue;
        }
        listed.extend(look(&NodeDirectory::of(data, &id), &id).unwrap_or_else(|error| {
            tracing::error!(node = %id, %error, "a node cannot be looked at; it is taken to exist");
            Some(ListedNode { id, organization: None, address: None, has_runner: true })
        }));
    }
    Ok(listed)
}

/// The node of a folder, if it exists; tidies up what is gone.
fn look(directory: &NodeDirectory, id: &NodeId) -> io::Result<Option<ListedNode>> {
    let has_runner = directory.runner_lock().is_held()?;
    if !has_runner && !directory.node_lock().is_held()? {
        if directory.is_a_node_s()?
            && let Err(error) = tidy_up(directory)
        {
            tracing::warn!(node = %id, %error, "the folder of a node that is gone cannot be tidied up");
        }
        return Ok(None);
    }
    let unreadable = |error| tracing::error!(node = %id, %error, "the folder of a running node is damaged");
    Ok(Some(ListedNode {
        id: id.clone(),
        organization: directory.spec().map(|spec| spec.organization).map_err(unreadable).ok(),
        address: directory.running().map_err(unreadable).ok().flatten().map(|running| running.address),
        has_runner,
    }))
}

/// Marks the folder of a node that is gone, and removes it once it was kept long enough.
fn tidy_up(directory: &NodeDirectory) -> io::Result<()> {
    match directory.gone_for()? {
        None => directory.mark_gone(),
        Some(gone_for) if gone_for > KEEP_GONE => fs::remove_dir_all(directory.path()),
        Some(_) => Ok(()),
    }
}

/// A living runner is asked to end its program; without one there is nobody left to be patient.
fn terminate(directory: &NodeDirectory) -> io::Result<()> {
    if directory.runner_lock().is_held()? {
        // Without a process id yet, the runner is just starting and the next attempt finds it.
        directory.runner_pid()?.map_or(Ok(()), |pid| signal(kill_process(pid, Signal::TERM)))
    } else {
        kill_program(directory)
    }
}

/// The program first: killed first, a runner could leave a program behind whose group nobody knows yet.
/// A runner that has not said what runs is only asked to end, and minds that.
fn kill(directory: &NodeDirectory) -> io::Result<()> {
    if !directory.runner_lock().is_held()? {
        return kill_program(directory);
    }
    let ending = if directory.running()?.is_some() { Signal::KILL } else { Signal::TERM };
    kill_program(directory)?;
    directory.runner_pid()?.map_or(Ok(()), |pid| signal(kill_process(pid, ending)))
}

/// Kills the program's process group, if anything of the program is left. (A runner killed by somebody
/// else in the very instant between starting its program and recording it leaves a program that is
/// listed and whose group is unknown.)
fn kill_program(directory: &NodeDirectory) -> io::Result<()> {
    if !directory.node_lock().is_held()? {
        return Ok(());
    }
    let group = directory.running()?.and_then(|running| Pid::from_raw(running.group));
    group.map_or(Ok(()), |group| signal(kill_process_group(group, Signal::KILL)))
}

/// A process that is gone already is what was wanted.
fn signal(outcome: rustix::io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(rustix::io::Errno::SRCH) => Ok(()),
        other => other.map_err(io::Error::from),
    }
}

/// Removes what a server left that was killed while it prepared a node.
fn remove_drafts(all: &Path) -> io::Result<()> {
    for entry in fs::read_dir(all)? {
        let entry = entry?;
        let name = entry.file_name();
        let draft = name.to_str().and_then(|name| name.strip_prefix('.')?.parse::<NodeId>().ok());
        if draft.is_some() && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a variable configures the server: secrets of its may stand there, which a node program must not see.
fn is_of_the_server(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("SLIDERULE_PS_")
}
