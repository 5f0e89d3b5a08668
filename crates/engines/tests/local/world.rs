//! A data directory with somebody who grants leases, and an engine on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use rustix::process::{Pid, Signal, kill_process};
use sliderule_api::lease::{LeaseAnswer, LeaseRequest};
use sliderule_api::{ErrorCode, NodeId, Problem};
use sliderule_engines::conformance::Stage;
use sliderule_engines::local::{LocalConfig, LocalEngine};
use sliderule_engines::{ClusterEngine, INTERNAL_ADDRESS, ListedNode, NodeSpec};
use sliderule_provisioning::time::Terms;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the lease server has seen and is to answer.
#[derive(Default)]
pub(crate) struct Ledger {
    refused: Mutex<BTreeSet<String>>,
    pulls: Mutex<BTreeMap<String, u32>>,
    refusals: Mutex<BTreeMap<String, u32>>,
}

/// An engine with short terms on a directory of its own. Whatever still runs at the end is killed.
pub(crate) struct World {
    data: TempDir,
    pub(crate) engine: LocalEngine,
    pub(crate) ledger: Arc<Ledger>,
    server: Mutex<Option<JoinHandle<()>>>,
    launched: AtomicU32,
}

pub(crate) const TERMS: Terms =
    Terms { lease: Duration::from_millis(1500), tail: Duration::from_secs(1), boot: Duration::from_secs(5) };

const SECRET: &str = "the-secret-of-the-test";

impl World {
    /// Runs `sh -c script` as the node program; `$1` is its port.
    pub(crate) async fn new(script: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let command = ["sh", "-c", script, "node", "{port}"].map(str::to_owned).into();
        let engine = LocalEngine::new(LocalConfig {
            data: data.path().to_owned(),
            runner: runner_program(),
            node_command: command,
            terms: TERMS,
        })
        .unwrap();
        let world = Self {
            data,
            engine,
            ledger: Arc::default(),
            server: Mutex::default(),
            launched: AtomicU32::new(0),
        };
        world.start_server().await;
        world
    }

    /// Starts a lease server on a port of its own, in place of the one before.
    pub(crate) async fn start_server(&self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/internal/v1/nodes/{node}/lease", post(lease))
            .with_state(self.ledger.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        fs::write(self.data.path().join(INTERNAL_ADDRESS), format!("{address}\n")).unwrap();
        self.stop_server();
        *self.server.lock().unwrap() = Some(server);
    }

    pub(crate) fn stop_server(&self) {
        if let Some(server) = self.server.lock().unwrap().take() {
            server.abort();
        }
    }

    /// Launches a node and waits until its program runs.
    pub(crate) async fn running_node(&self) -> NodeId {
        let spec = self.spec();
        self.engine.launch(&spec).await.unwrap();
        self.until("the program runs", async || self.listed(&spec.id).await?.address).await;
        spec.id
    }

    pub(crate) async fn listed(&self, id: &NodeId) -> Option<ListedNode> {
        self.engine.list().await.unwrap().nodes.into_iter().find(|node| node.id == *id)
    }

    /// Waits until the node's program has printed `text`.
    pub(crate) async fn printed(&self, id: &NodeId, text: &str) {
        self.until("the program prints", async || self.log(id).contains(text).then_some(())).await;
    }

    /// Waits until the node is gone; answers how long that took.
    pub(crate) async fn gone(&self, id: &NodeId) -> Duration {
        let start = tokio::time::Instant::now();
        self.until("the node is gone", async || self.listed(id).await.is_none().then_some(())).await;
        start.elapsed()
    }

    /// How often the node has pulled its lease.
    pub(crate) fn pulls(&self, id: &NodeId) -> u32 {
        self.ledger.pulls.lock().unwrap().get(id.as_str()).copied().unwrap_or(0)
    }

    /// How often it was refused one.
    pub(crate) fn refusals(&self, id: &NodeId) -> u32 {
        self.ledger.refusals.lock().unwrap().get(id.as_str()).copied().unwrap_or(0)
    }

    /// Whether nobody holds that lock of the node.
    pub(crate) fn lock_is_free(&self, id: &NodeId, name: &str) -> bool {
        fs::File::open(self.file(id, name)).unwrap().try_lock_shared().is_ok()
    }

    /// Kills the node's runner as nobody can be warned.
    pub(crate) fn kill_runner(&self, id: &NodeId) {
        let runner = fs::read_to_string(self.file(id, "runner.pid")).unwrap().parse().unwrap();
        kill_process(Pid::from_raw(runner).unwrap(), Signal::KILL).unwrap();
    }

    /// Process group of the node's program.
    pub(crate) fn group(&self, id: &NodeId) -> Pid {
        let running = fs::read(self.file(id, "node.json")).unwrap();
        let running: serde_json::Value = serde_json::from_slice(&running).unwrap();
        Pid::from_raw(i32::try_from(running["group"].as_i64().unwrap()).unwrap()).unwrap()
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.data.path()
    }

    pub(crate) fn file(&self, id: &NodeId, name: &str) -> PathBuf {
        self.data.path().join("nodes").join(id.as_str()).join(name)
    }

    pub(crate) fn log(&self, id: &NodeId) -> String {
        fs::read_to_string(self.file(id, "node.log")).unwrap_or_default()
    }

    /// Polls until there is an answer; a minute is far beyond what a busy machine needs.
    pub(crate) async fn until<T>(&self, what: &str, attempt: impl AsyncFn() -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(found) = attempt().await {
                return found;
            }
            assert!(tokio::time::Instant::now() < deadline, "{what}: waited for a minute");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Stage for World {
    fn engine(&self) -> &dyn ClusterEngine {
        &self.engine
    }

    fn spec(&self) -> NodeSpec {
        let number = self.launched.fetch_add(1, Ordering::Relaxed);
        NodeSpec {
            id: format!("node-{number}").parse().unwrap(),
            organization: "acme".parse().unwrap(),
            version: "v4.0.4".parse().unwrap(),
            secret: SECRET.to_owned(),
        }
    }

    fn refuse(&self, node: &NodeId) {
        self.ledger.refused.lock().unwrap().insert(node.as_str().to_owned());
    }
}

impl Drop for World {
    /// A failed test leaves no process: without a server and with every node told to end, nothing lives on.
    fn drop(&mut self) {
        self.stop_server();
        let nodes: Vec<NodeId> = fs::read_dir(self.data.path().join("nodes"))
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        let engine = self.engine.clone();
        let kill = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                for node in nodes {
                    engine.kill(&node).await.ok();
                }
            });
        });
        kill.join().ok();
    }
}

async fn lease(
    State(ledger): State<Arc<Ledger>>,
    Path(node): Path<String>,
    headers: HeaderMap,
    Json(request): Json<LeaseRequest>,
) -> Result<Json<LeaseAnswer>, (StatusCode, Json<Problem>)> {
    let refusal = |status| (status, Json(Problem::new(ErrorCode::ScaleRefused, "no lease")));
    if headers.get("authorization").is_none_or(|bearer| bearer != &format!("Bearer {SECRET}")) {
        return Err(refusal(StatusCode::UNAUTHORIZED));
    }
    if !request.address.starts_with("http://127.0.0.1:") {
        return Err(refusal(StatusCode::BAD_REQUEST));
    }
    *ledger.pulls.lock().unwrap().entry(node.clone()).or_default() += 1;
    if ledger.refused.lock().unwrap().contains(&node) {
        *ledger.refusals.lock().unwrap().entry(node).or_default() += 1;
        return Err(refusal(StatusCode::FORBIDDEN));
    }
    Ok(Json(LeaseAnswer { lease_ms: u64::try_from(TERMS.lease.as_millis()).unwrap() }))
}

/// `examples/test_runner.rs`, which Cargo builds with this crate's tests.
fn runner_program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let runner = test.parent().unwrap().with_file_name("examples").join("test_runner");
    assert!(runner.is_file(), "{} is missing; run `cargo test -p sliderule-engines`", runner.display());
    runner
}
