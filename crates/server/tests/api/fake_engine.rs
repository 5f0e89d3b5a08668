//! An engine whose nodes live in this process: each pulls its lease and registers by itself, as a runner
//! and its program would, and answers every request with the path it was asked for; `/source/endless` begins and does not
//! end.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Uri;
use axum::routing::any;
use futures_util::{StreamExt, stream};
use sliderule_api::discovery::{Register, SERVICE};
use sliderule_api::lease::{LeaseRequest, lease_path};
use sliderule_api::{NodeId, OrganizationName};
use sliderule_engines::{ClusterEngine, EngineError, INTERNAL_ADDRESS, ListedNode, Listing, NodeSpec};
use sliderule_provisioning::time::Terms;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

pub(crate) struct FakeEngine {
    data: PathBuf,
    nodes: Mutex<BTreeMap<NodeId, Node>>,
    may_boot: watch::Sender<bool>,
    launched: AtomicUsize,
}

struct Node {
    organization: OrganizationName,
    address: String,
    secret: String,
    life: AbortHandle,
}

impl FakeEngine {
    pub(crate) fn new(data: &Path) -> Arc<Self> {
        Arc::new(Self {
            data: data.to_owned(),
            nodes: Mutex::default(),
            may_boot: watch::Sender::new(true),
            launched: AtomicUsize::default(),
        })
    }

    /// Whether nodes get on with booting; launched ones wait until they may.
    pub(crate) fn let_boot(&self, may: bool) {
        self.may_boot.send_replace(may);
    }

    /// How many nodes were ever launched.
    pub(crate) fn launched(&self) -> usize {
        self.launched.load(Ordering::SeqCst)
    }

    /// What a node was given to pull its lease with.
    pub(crate) fn secret(&self, id: &NodeId) -> String {
        self.nodes.lock().unwrap()[id].secret.clone()
    }

    /// Where a node listens.
    pub(crate) fn address(&self, id: &NodeId) -> String {
        self.nodes.lock().unwrap()[id].address.clone()
    }

    /// The nodes that exist.
    pub(crate) fn ids(&self) -> Vec<NodeId> {
        self.nodes.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) fn running(&self) -> usize {
        self.nodes.lock().unwrap().len()
    }
}

#[async_trait]
impl ClusterEngine for FakeEngine {
    fn terms(&self) -> Terms {
        Terms::LOCAL
    }

    async fn launch(&self, spec: &NodeSpec) -> Result<(), EngineError> {
        if self.nodes.lock().unwrap().contains_key(&spec.id) {
            // The same id again is the same node.
            return Ok(());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let internal = std::fs::read_to_string(self.data.join(INTERNAL_ADDRESS)).unwrap();
        let may_boot = self.may_boot.subscribe();
        let life = tokio::spawn(live(
            spec.clone(),
            format!("http://{}", internal.trim()),
            address.clone(),
            listener,
            may_boot,
        ));
        let (organization, secret) = (spec.organization.clone(), spec.secret.clone());
        let node = Node { organization, address, secret, life: life.abort_handle() };
        self.launched.fetch_add(1, Ordering::SeqCst);
        self.nodes.lock().unwrap().insert(spec.id.clone(), node);
        Ok(())
    }

    async fn list(&self) -> Result<Listing, EngineError> {
        let nodes = self.nodes.lock().unwrap();
        let listed = nodes.iter().map(|(id, node)| ListedNode {
            id: id.clone(),
            organization: Some(node.organization.clone()),
            address: Some(node.address.clone()),
            has_runner: true,
        });
        Ok(Listing { age: Duration::ZERO, nodes: listed.collect() })
    }

    async fn terminate(&self, id: &NodeId) -> Result<(), EngineError> {
        if let Some(node) = self.nodes.lock().unwrap().remove(id) {
            node.life.abort();
        }
        Ok(())
    }

    async fn kill(&self, id: &NodeId) -> Result<(), EngineError> {
        self.terminate(id).await
    }
}

async fn live(
    spec: NodeSpec,
    internal: String,
    address: String,
    listener: TcpListener,
    mut may_boot: watch::Receiver<bool>,
) {
    let http = reqwest::Client::new();
    let lease = || {
        let pull = http.post(format!("{internal}{}", lease_path(&spec.id))).bearer_auth(&spec.secret);
        pull.json(&LeaseRequest { address: address.clone() }).send()
    };
    assert_eq!(lease().await.unwrap().status(), 200, "a node that was launched gets its first lease");
    let serving = tokio::spawn(async {
        let paths = Router::new().route("/source/endless", any(endless));
        axum::serve(listener, paths.fallback(|uri: Uri| async move { uri.path().to_owned() })).await
    });
    let _ends_with_this_task = Ends(serving.abort_handle());
    may_boot.wait_for(|may| *may).await.unwrap();
    let register = http.post(format!("{internal}/clusters/{}/discovery/register", spec.organization));
    let body = Register { service: SERVICE.into(), lifetime: 120, address: address.clone(), reset: true };
    assert_eq!(register.json(&body).send().await.unwrap().status(), 200);
    while lease().await.is_ok_and(|answer| answer.status() == 200) {
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
}

async fn endless() -> Body {
    Body::from_stream(stream::once(async { Ok::<_, Infallible>("begun") }).chain(stream::pending()))
}

struct Ends(AbortHandle);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}
