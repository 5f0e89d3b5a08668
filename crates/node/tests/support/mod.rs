//! Real nodes on ports of their own, a client that can send what a browser cannot, and an orchestrator that
//! remembers what it was asked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Each test file is a program of its own and uses a part of this.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use clap::Parser;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sliderule_api::discovery::{Lock, LockAnswer, Register, RegisterAnswer, Unlock, UnlockAnswer};
use sliderule_node::server::serve;
use sliderule_node::settings::Settings;
use sliderule_records::{Batch, Decoder, Event, Exception, Item};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What the tests wait for at most. Reached only by a failure.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A granule that exists.
pub const GRANULE: &str = "ATL03_20200304065203_10470607_003_01.h5";

/// A running node.
pub struct TestNode {
    pub address: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl TestNode {
    pub async fn alone(release: &str) -> Self {
        Self::start(&["--announce", release]).await
    }

    pub async fn start(arguments: &[&str]) -> Self {
        let arguments = ["sliderule-node", "--organization", "acme"].iter().chain(arguments);
        let settings = Settings::try_parse_from(arguments).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let shutdown = async move {
                let _dropped = stopped.await;
            };
            serve(listener, settings, shutdown).await.unwrap();
        });
        Self { address, stop, served }
    }

    /// Tells the node to end; the handle is ready when it has.
    pub fn stop(self) -> JoinHandle<()> {
        let _gone = self.stop.send(());
        self.served
    }

    pub async fn get(&self, service: &str, body: &str) -> Answer {
        send(Method::GET, &self.url(service), &[], body).await
    }

    pub async fn post_plain(&self, service: &str, body: &str) -> Answer {
        send(Method::POST, &self.url(service), &[("x-sliderule-streaming", "0")], body).await
    }

    pub async fn post(&self, service: &str, body: &str) -> Answer {
        send(Method::POST, &self.url(service), &[], body).await
    }

    pub fn url(&self, service: &str) -> String {
        format!("{}/source/{service}", self.address)
    }

    /// Asks for a stream and decodes it with the definitions of this node.
    pub async fn records(&self, service: &str, request: &Value) -> Records {
        let answer = self.post(service, &request.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK);
        self.decode(&answer.body).await
    }

    pub async fn decode(&self, stream: &[u8]) -> Records {
        let mut decoder = Decoder::default();
        let mut items = Vec::new();
        for chunk in stream.chunks(10_000) {
            items.extend(decoder.push(chunk).unwrap());
            while let Some(name) = decoder.needs().first().cloned() {
                let definition = self.get("definition", &json!({ "rectype": name }).to_string()).await;
                items.extend(decoder.define(&name, definition.text()).unwrap());
            }
        }
        decoder.finish().unwrap();
        let mut records = Records::default();
        for item in items {
            match item {
                Item::Batch(batch) => records.batches.push(batch),
                Item::Event(event) => records.events.push(event),
                Item::Exception(exception) => records.exceptions.push(exception),
            }
        }
        records
    }
}

/// A response, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A stream, decoded.
#[derive(Default)]
pub struct Records {
    pub batches: Vec<Batch>,
    pub events: Vec<Event>,
    pub exceptions: Vec<Exception>,
}

impl Records {
    pub fn rows(&self) -> usize {
        self.batches.iter().map(|batch| batch.length).sum()
    }

    /// Every value of a column as text, over all batches: enough to compare.
    pub fn column(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for batch in &self.batches {
            let text = format!("{:?}", batch.column(name).unwrap().values);
            let inner = text.split_once('[').unwrap().1.split_once(']').unwrap().0;
            values.extend(inner.split(", ").map(str::to_owned));
        }
        values
    }

    pub fn exception(&self, part: &str) -> &Exception {
        self.exceptions
            .iter()
            .find(|exception| exception.text.contains(part))
            .unwrap_or_else(|| panic!("no exception says {part:?}: {:?}", self.exceptions))
    }
}

pub async fn open(method: Method, url: &str, headers: &[(&str, &str)], body: &str) -> Response<Incoming> {
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http::<Full<Bytes>>();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.request(request.body(Full::from(Bytes::from(body.to_owned()))).unwrap()).await.unwrap()
}

pub async fn send(method: Method, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let (parts, body) = open(method, url, headers, body).await.into_parts();
    let body = tokio::time::timeout(DEADLINE, body.collect()).await.expect("an end").unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// Looks again and again until it is so.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    let looking = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, looking).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// What the orchestrator knows.
#[derive(Default)]
pub struct Book {
    /// Addresses, with the number of registrations, and whether the first asked for a reset.
    pub registered: BTreeMap<String, (u32, bool)>,
    /// Every lock ever granted, by transaction.
    pub granted: BTreeMap<u64, String>,
    /// Transactions not given back yet.
    pub open: Vec<u64>,
    /// Whether to say that no node is free.
    pub busy: bool,
}

impl Book {
    fn load(&self, address: &str) -> usize {
        self.open.iter().filter(|transaction| self.granted[*transaction] == address).count()
    }
}

/// A stand-in for the orchestrator: three locks per node, the least locked first.
#[derive(Clone, Default)]
pub struct Orchestra {
    pub url: String,
    pub book: Arc<Mutex<Book>>,
}

impl Orchestra {
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap()).await
    }

    pub async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}/clusters/acme", listener.local_addr().unwrap());
        let orchestra = Self { url, book: Arc::default() };
        let routes = Router::new()
            .route("/clusters/acme/discovery/register", post(register))
            .route("/clusters/acme/discovery/lock", post(lock))
            .route("/clusters/acme/discovery/unlock", post(unlock))
            .with_state(Arc::clone(&orchestra.book));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        orchestra
    }

    /// A node of this cluster, once it has registered.
    pub async fn node(&self, release: &str) -> TestNode {
        let node = TestNode::start(&["--announce", release, "--orchestrator", &self.url]).await;
        until("the node registers", || self.book.lock().unwrap().registered.contains_key(&node.address))
            .await;
        node
    }

    /// Makes this the only node that is ever locked.
    pub fn only(&self, address: &str) {
        let mut book = self.book.lock().unwrap();
        book.registered.clear();
        book.registered.insert(address.to_owned(), (1, true));
    }

    pub fn open_locks(&self) -> usize {
        self.book.lock().unwrap().open.len()
    }

    pub fn granted(&self) -> Vec<String> {
        self.book.lock().unwrap().granted.values().cloned().collect()
    }
}

async fn register(State(book): State<Arc<Mutex<Book>>>, Json(body): Json<Register>) -> Json<RegisterAnswer> {
    let mut book = book.lock().unwrap();
    book.registered.entry(body.address.clone()).or_insert((0, body.reset)).0 += 1;
    Json(BTreeMap::from([(body.address, (body.service, 0))]))
}

async fn lock(State(book): State<Arc<Mutex<Book>>>, Json(body): Json<Lock>) -> Json<LockAnswer> {
    let mut book = book.lock().unwrap();
    let mut answer = LockAnswer::default();
    while !book.busy && answer.members.len() < body.nodes_needed as usize {
        let free = book.registered.keys().map(|address| (book.load(address), address.clone())).min();
        let Some((0..3, address)) = free else { break };
        let transaction = book.granted.len() as u64 + 1;
        book.granted.insert(transaction, address.clone());
        book.open.push(transaction);
        answer.members.push(address);
        answer.transactions.push(transaction);
    }
    Json(answer)
}

async fn unlock(State(book): State<Arc<Mutex<Book>>>, Json(body): Json<Unlock>) -> Json<UnlockAnswer> {
    let mut book = book.lock().unwrap();
    let before = book.open.len();
    book.open.retain(|transaction| !body.transactions.contains(transaction));
    let complete = u32::try_from(before - book.open.len()).unwrap();
    Json(UnlockAnswer { complete, fail: 0 })
}

/// A node that answers one request with these bytes after a head for chunked records, and then closes the
/// connection, or keeps it open for ever.
pub async fn broken_node(chunks: Vec<Vec<u8>>, hangs: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"}") {
                let mut piece = [0; 4096];
                let count = connection.read(&mut piece).await.unwrap();
                seen.extend_from_slice(&piece[..count]);
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\
                        transfer-encoding: chunked\r\n\r\n";
            connection.write_all(head.as_bytes()).await.unwrap();
            for chunk in &chunks {
                connection.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
                connection.write_all(chunk).await.unwrap();
                connection.write_all(b"\r\n").await.unwrap();
            }
            if hangs {
                // Ends when the other hangs up.
                let _end = connection.read(&mut [0]).await;
            }
        }
    });
    address
}
