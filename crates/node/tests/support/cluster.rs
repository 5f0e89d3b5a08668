//! Those a node meets in its cluster: an orchestrator that remembers what it was asked, and a node that fails.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use sliderule_api::discovery::{Lock, LockAnswer, Register, RegisterAnswer, Unlock, UnlockAnswer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{TestNode, until};

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
