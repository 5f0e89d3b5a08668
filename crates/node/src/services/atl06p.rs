//! `/source/atl06p`: the elevations of several granules, shared among the nodes of the cluster.
//!
//! `{"resources": [names], "parms": {…}}`. Each granule is one piece of work. A free node is locked for it
//! through the orchestrator and asked for `/source/atl06`; its records are passed on as they come, each
//! whole. Without an orchestrator, or when no node becomes free, this node does the work itself, so that
//! a request always comes to its end. What always holds:
//!
//! - Each granule ends with a record that says whether it was completed; one that failed, wherever it
//!   failed, never just lacks rows. The others still come.
//! - Each lock is given back when its granule ends, whichever way, also when the client hangs up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use serde_json::{Value, json};
use sliderule_records::{Frames, encode};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::atl06;
use crate::announced::{Family, Kind, Level};
use crate::error::Error;
use crate::node::Node;
use crate::orchestrator::LockedNode;
use crate::output::Output;
use crate::parameters::Parameters;
use crate::peer::fault;

/// Wait before asking again when no node is free.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// How long a request waits for a free node before this one does a granule without a lock.
const PATIENCE: Duration = Duration::from_secs(2);
/// Granules that one request has this node process at the same time without locks.
const UNLOCKED_AT_ONCE: usize = 2;
/// Largest record taken from another node; ours have 20 kB.
const LARGEST_RECORD: usize = 4 << 20;

/// A request, read and checked.
struct Job {
    resources: Vec<String>,
    parms: Value,
    parameters: Parameters,
    deadline: Instant,
}

impl Job {
    fn read(request: &Value) -> Result<Self, Error> {
        let refusal = || Error::Parameter("resources is a list of the names of granules".to_owned());
        let names = request.get("resources").and_then(Value::as_array).ok_or_else(refusal)?;
        let name = |name: &Value| name.as_str().map(str::to_owned).ok_or_else(refusal);
        let parms = request.get("parms").cloned().unwrap_or_default();
        let parameters = Parameters::read(&parms)?;
        Ok(Self {
            resources: names.iter().map(name).collect::<Result<_, _>>()?,
            parms,
            deadline: Instant::now() + parameters.request_timeout,
            parameters,
        })
    }

    fn resource(&self, index: usize) -> &str {
        self.resources.get(index).map_or("", String::as_str)
    }

    /// A granule as messages name it, such as `[1 out of 3]: ATL03_….h5`.
    fn label(&self, index: usize) -> String {
        format!("[{} out of {}]: {}", index + 1, self.resources.len(), self.resource(index))
    }
}

pub(super) async fn run(node: Arc<Node>, request: Value, output: Output) -> Result<(), Error> {
    let job = match Job::read(&request) {
        Ok(job) => Arc::new(job),
        Err(refusal) => return output.exception(Kind::Failure, Level::Error, &refusal.to_string()).await,
    };
    let count = job.resources.len();
    if count == 0 {
        return Ok(());
    }
    if node.wire.family() == Family::V4_20 {
        let threads = if node.orchestrator.is_some() { count } else { count.min(UNLOCKED_AT_ONCE) };
        let text =
            format!("Starting proxy for atl06 to process {count} resource(s) with {threads} thread(s)");
        output.progress(&text).await?;
    }
    let mut working = JoinSet::new();
    let unserved = hand_out(&node, &job, &output, &mut working).await;
    // To the last, whatever becomes of the first: dropped work would keep its lock.
    let mut outcome = Ok(());
    while let Some(done) = working.join_next().await {
        outcome = outcome.and(noted(done, &output).await);
    }
    for index in unserved {
        timed_out(&job, index, job.parameters.request_timeout, &output).await?;
    }
    outcome
}

/// Starts the work on every granule, as nodes become free; answers those left when the time was up.
async fn hand_out(
    node: &Arc<Node>,
    job: &Arc<Job>,
    output: &Output,
    working: &mut JoinSet<Result<(), Error>>,
) -> VecDeque<usize> {
    let mut waiting: VecDeque<usize> = (0..job.resources.len()).collect();
    let mut patient_until = Instant::now() + PATIENCE;
    while !waiting.is_empty() && !output.is_hung_up() && Instant::now() < job.deadline {
        // Never dropped half-way: what the orchestrator locked would stay locked.
        let places = places(node, job, waiting.len(), working.len(), Instant::now() >= patient_until).await;
        if places.is_empty() {
            pause(working, output).await;
            continue;
        }
        for place in places {
            let Some(index) = waiting.pop_front() else {
                // More nodes than were asked for: give them back.
                give_back(node, place).await;
                continue;
            };
            let (node, job, output) = (Arc::clone(node), Arc::clone(job), output.clone());
            working.spawn(granule(node, job, index, place, output));
        }
        patient_until = Instant::now() + PATIENCE;
    }
    if output.is_hung_up() { VecDeque::new() } else { waiting }
}

/// Where a granule is processed: on a locked node, or here without a lock.
type Place = Option<LockedNode>;

/// Where granules can be processed now; none means that it is worth waiting.
async fn places(node: &Node, job: &Job, wanted: usize, working: usize, impatient: bool) -> Vec<Place> {
    if let Some(orchestrator) = &node.orchestrator {
        match orchestrator.lock(wanted, job.parameters.node_timeout).await {
            Ok(locked) if !locked.is_empty() => return locked.into_iter().map(Some).collect(),
            Ok(_) if !impatient => return Vec::new(),
            Ok(_) => return vec![None],
            Err(error) => {
                node.tell(Level::Warning, &format!("working alone: {error}"));
            }
        }
    }
    vec![None; UNLOCKED_AT_ONCE.saturating_sub(working).min(wanted)]
}

/// Waits a little, or until a granule is done. Its failure has been said; what matters is that it is over.
async fn pause(working: &mut JoinSet<Result<(), Error>>, output: &Output) {
    tokio::select! {
        () = tokio::time::sleep(ASK_AGAIN) => {}
        () = output.hung_up() => {}
        Some(done) = working.join_next() => {
            // A reader that hung up is noticed by whoever asks next.
            let _hung_up = noted(done, output).await;
        }
    }
}

/// Sees to it that work that broke down is not just missing.
async fn noted(done: Result<Result<(), Error>, JoinError>, output: &Output) -> Result<(), Error> {
    match done {
        Ok(result) => result,
        Err(fault) => {
            let text = format!("Failed to complete processing resource: {fault}");
            output.exception(Kind::Incomplete, Level::Error, &text).await
        }
    }
}

async fn give_back(node: &Node, place: Place) {
    if let (Some(orchestrator), Some(locked)) = (&node.orchestrator, place) {
        orchestrator.unlock(vec![locked.transaction]).await;
    }
}

/// Has one granule processed, gives its node back, and says how it went.
async fn granule(
    node: Arc<Node>,
    job: Arc<Job>,
    index: usize,
    place: Place,
    output: Output,
) -> Result<(), Error> {
    let allowed = job.parameters.node_timeout;
    let end = job.deadline.min(Instant::now() + allowed);
    let outcome = tokio::select! {
        outcome = tokio::time::timeout_at(end, process(&node, &job, index, place.as_ref(), &output)) => outcome,
        () = output.hung_up() => Ok(Err(Error::HungUp)),
    };
    give_back(&node, place).await;
    match outcome {
        Ok(Ok(())) => {
            let text = format!("Successfully completed processing resource {}", job.label(index));
            output.exception(Kind::Status, Level::Info, &text).await
        }
        Ok(Err(Error::HungUp)) => Err(Error::HungUp),
        Ok(Err(error)) => {
            let text = format!("Failed to complete processing resource {}: {error}", job.label(index));
            output.exception(Kind::Incomplete, Level::Error, &text).await
        }
        Err(_elapsed) => timed_out(&job, index, allowed.min(job.parameters.request_timeout), &output).await,
    }
}

async fn timed_out(job: &Job, index: usize, allowed: Duration, output: &Output) -> Result<(), Error> {
    let text = format!(
        "Failed to complete processing resource {}: timed-out after {} seconds",
        job.label(index),
        allowed.as_secs()
    );
    output.exception(Kind::Timeout, Level::Error, &text).await
}

/// Processes one granule there, or here if there is here or cannot be reached.
async fn process(
    node: &Arc<Node>,
    job: &Job,
    index: usize,
    place: Option<&LockedNode>,
    output: &Output,
) -> Result<(), Error> {
    let resource = job.resource(index);
    if let Some(other) = place.filter(|place| place.address != node.address) {
        match pass_on(node, job, index, &other.address, output).await {
            // Nothing was asked of it yet, so nothing comes twice.
            Err(error @ Error::Peer { unreached: true, .. }) => {
                node.tell(Level::Warning, &format!("processing {resource} here: {error}"));
            }
            outcome => return outcome,
        }
    }
    atl06::process(node, resource, job.parameters.clone(), output).await
}

/// Asks another node for a granule and passes its records on, each whole.
async fn pass_on(node: &Node, job: &Job, index: usize, address: &str, output: &Output) -> Result<(), Error> {
    let url = format!("{address}/source/atl06");
    let question = json!({
        "resource": job.resource(index),
        "parms": job.parms,
        "timeout": job.parameters.node_timeout.as_secs(),
        "shard": index,
    });
    let mut body = node.peers.open(&url, &question).await?.into_body();
    let mut frames = Frames::with_limit(LARGEST_RECORD);
    let malformed = |error| fault(&url, format!("sent what is no stream of records: {error}"));
    while let Some(piece) = body.frame().await {
        let piece = piece.map_err(|error| fault(&url, format!("broke off: {error}")))?;
        let Some(data) = piece.data_ref() else { continue };
        let mut chunk = data.as_ref();
        while let Some(record) = frames.pull(&mut chunk).map_err(malformed)? {
            let record = encode::frame(record.record_type, record.data)?;
            output.send(record.into()).await?;
        }
    }
    frames.finish().map_err(malformed)
}
