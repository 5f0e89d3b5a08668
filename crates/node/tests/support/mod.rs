//! Real nodes on ports of their own, and a client that can send what a browser cannot.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Each test file is a program of its own and uses a part of this.
#![allow(dead_code, unreachable_pub)]

pub mod cluster;

use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sliderule_node::server::serve;
use sliderule_node::settings::Settings;
use sliderule_records::{Batch, Decoder, Event, Exception, Item};
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
            let text = format!("{:?}", batch.column(name).unwrap().values.unpack());
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
