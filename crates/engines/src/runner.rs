//! The dead-man's switch around a node: the program runs while its runner gets leases, and no longer.
//!
//! The runner waits for a lease, starts the program, and pulls the next lease every third of one. When it
//! is refused, when the lease ends, or when it is told to end (SIGTERM), it asks the program to finish, and
//! kills the program's process group when the tail is over. It needs no server for that: a server that is
//! gone takes its nodes with it, a lease later.
//!
//! | module | what it holds |
//! |---|---|
//! | [`lease`] | the time left, and when to pull; no I/O |
//! | `pull` | one lease pull over loopback |
//! | `program` | the program: its port, its process group, its end |
//! | [`bound`] | the step that binds the program's life to the runner's |

pub mod bound;
pub mod lease;
mod program;
mod pull;

use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sliderule_api::NodeId;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::directory::{NodeDirectory, Spec};
use crate::engine::EngineError;
use lease::{Lease, Pulled};
use program::{Program, ReservedPort};
use pull::LeaseSource;

/// Which node to run.
#[derive(Clone)]
pub struct RunnerOptions {
    /// The server's data directory.
    pub data: PathBuf,
    /// The node, whose folder the engine has prepared.
    pub node: NodeId,
    /// The node's secret, from the environment variable `sliderule_api::lease::SECRET_VARIABLE`.
    pub secret: String,
}

/// Why a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The runner was told to end it.
    Told,
    /// The system refused another lease.
    Refused,
    /// The lease ended before there was another.
    LeaseEnded,
    /// The program ended by itself. The process should then exit with a failure.
    ByItself,
}

/// Runs the node until it ends. The standard input of the process is the runner's lock, and stays open.
///
/// To be awaited on the main thread, not in a task: the program is killed when the thread that started it ends
/// (see [`bound`]).
///
/// # Errors
/// The node could not be started; nothing runs then.
pub async fn run(options: RunnerOptions) -> Result<Ended, EngineError> {
    let node = options.node.clone();
    let ended = run_node(options).await;
    match &ended {
        Ok(why) => tracing::info!(%node, ?why, "the node ended"),
        Err(error) => tracing::error!(%node, %error, "the node could not be started"),
    }
    ended
}

async fn run_node(options: RunnerOptions) -> Result<Ended, EngineError> {
    let directory = NodeDirectory::of(&options.data, &options.node);
    // From here on a signal is a request; only then does the engine learn whom to send it to.
    let mut told = signal(SignalKind::terminate()).map_err(doing("watching for SIGTERM"))?;
    directory
        .write_runner_pid(rustix::process::getpid())
        .map_err(doing("writing the runner's process id"))?;
    let spec = directory.spec().map_err(doing("reading what to run"))?;
    let port = ReservedPort::take().map_err(doing("reserving a port"))?;
    let source = LeaseSource::new(&options, port.address());

    let lease = match first_lease(&source, &spec, &mut told).await {
        Ok(lease) => lease,
        Err(ended) => return Ok(ended),
    };
    let orchestrator = source.orchestrator(&spec.organization).await.map_err(doing("finding the server"))?;
    let mut program = Program::start(&directory, &spec, &port, &orchestrator)
        .map_err(doing("starting the node program"))?;
    let ended = supervise(&mut program, lease, &source, &mut told).await;
    program.end(Duration::from_millis(spec.tail_ms)).await;
    Ok(ended)
}

/// No program without a lease: waits for the first one, as long as a boot may take.
async fn first_lease(source: &LeaseSource, spec: &Spec, told: &mut Signal) -> Result<Lease, Ended> {
    let begun = Instant::now();
    let mut lease = Lease::awaited(begun, Duration::from_millis(spec.boot_ms));
    loop {
        tokio::select! {
            _ = told.recv() => return Err(Ended::Told),
            () = sleep_until(lease.end()) => return Err(Ended::LeaseEnded),
            pulled = pull_when_due(source, lease) => {
                lease.take(pulled, Instant::now());
                if pulled == Pulled::Refused {
                    return Err(Ended::Refused);
                }
                if lease.is_granted() {
                    return Ok(lease);
                }
            }
        }
    }
}

/// Keeps the lease alive until something ends the node.
async fn supervise(
    program: &mut Program,
    mut lease: Lease,
    source: &LeaseSource,
    told: &mut Signal,
) -> Ended {
    loop {
        tokio::select! {
            () = program.exited() => return Ended::ByItself,
            _ = told.recv() => return Ended::Told,
            () = sleep_until(lease.end()) => return Ended::LeaseEnded,
            pulled = pull_when_due(source, lease) => {
                if pulled == Pulled::Refused {
                    return Ended::Refused;
                }
                lease.take(pulled, Instant::now());
            }
        }
    }
}

/// Pulls once it is time to; an answer that takes longer than the lease lasts is of no use.
async fn pull_when_due(source: &LeaseSource, lease: Lease) -> Pulled {
    sleep_until(lease.next_pull()).await;
    let asked = Instant::now();
    let give_up = lease.end().min(asked + pull::PATIENCE);
    match timeout_at(give_up, source.pull()).await {
        Ok(Ok(Some(duration))) if !duration.is_zero() => Pulled::Granted { asked, duration },
        Ok(Ok(_)) => Pulled::Refused,
        Ok(Err(error)) => {
            tracing::warn!(%error, "no lease this time");
            Pulled::Nothing
        }
        Err(_) if give_up == lease.end() => pending().await,
        Err(_) => {
            tracing::warn!("no lease this time: the server does not answer");
            Pulled::Nothing
        }
    }
}

fn doing(what: &'static str) -> impl Fn(io::Error) -> EngineError {
    move |source| EngineError::Io { what: what.to_owned(), source }
}
