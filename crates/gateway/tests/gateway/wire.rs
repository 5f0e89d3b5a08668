//! Both ends of the wire, byte by byte: a front that serves the gateway, a client, a stand-in node.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use sliderule_gateway::Gateway;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::house::organization;

/// Nothing in these tests takes this long unless it hangs.
const DEADLINE: Duration = Duration::from_secs(20);

/// Waits for something that must happen.
pub(crate) async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, happens).await.unwrap_or_else(|_| panic!("{what}: never happened"))
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    soon(what, async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// A listener that serves one organization's cluster; gone when dropped.
pub(crate) struct Front {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Front {
    pub(crate) async fn of(gateway: &Arc<Gateway>, name: &'static str) -> Self {
        let gateway = Arc::clone(gateway);
        let serve = move |request: Request<Body>| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.serve(organization(name), request).await }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(serve);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, task }
    }

    /// Connects and sends `request` as it stands.
    pub(crate) async fn send(&self, request: &str) -> Wire {
        let mut wire = Wire::new(TcpStream::connect(self.address).await.unwrap());
        wire.write(request).await;
        wire
    }

    /// Sends a streaming request with a good token.
    pub(crate) async fn post(&self, path: &str) -> Wire {
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: acme\r\nConnection: close\r\nAuthorization: Bearer good\r\nContent-Length: 2\r\n\r\n{{}}"
        ))
        .await
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One end of a connection, with all that was read from it so far.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    fn new(stream: TcpStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn write(&mut self, bytes: &str) {
        soon("a write", self.stream.write_all(bytes.as_bytes())).await.unwrap();
    }

    /// All that was read so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }

    /// Reads until `marker` has arrived.
    pub(crate) async fn read_until(&mut self, marker: &str) -> String {
        while !self.text().contains(marker) {
            let count = soon(marker, self.stream.read_buf(&mut self.read)).await.unwrap();
            assert!(count > 0, "the connection ended before `{marker}`: {}", self.text());
        }
        self.text()
    }

    /// Reads until the other side is gone, in whatever way.
    pub(crate) async fn read_to_end(&mut self) -> String {
        while soon("the end", self.stream.read_buf(&mut self.read)).await.unwrap_or(0) > 0 {}
        self.text()
    }
}

/// A node: a listener of which the test plays the program.
pub(crate) struct StandIn {
    listener: TcpListener,
}

impl StandIn {
    pub(crate) async fn listen() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    /// The address as the node would register it.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// Takes the next request, which must come.
    pub(crate) async fn accept(&self) -> Wire {
        soon("a request", self.next()).await
    }

    /// Takes the next request whenever it comes, with its body as far as its length is announced.
    pub(crate) async fn next(&self) -> Wire {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut wire = Wire::new(stream);
        let head = wire.read_until("\r\n\r\n").await;
        let length = |line: &str| line.strip_prefix("content-length: ").map(|n| n.parse::<usize>().unwrap());
        let length = head.lines().find_map(length).unwrap_or(0);
        let whole = head.find("\r\n\r\n").unwrap() + 4 + length;
        while wire.read.len() < whole {
            assert!(soon("the body", wire.stream.read_buf(&mut wire.read)).await.unwrap() > 0);
        }
        wire
    }
}

/// A node that is not there any more: its port is held, so that nobody else gets it, and not listened on.
pub(crate) struct Gone(TcpSocket);

impl Gone {
    pub(crate) fn node() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}

/// The head with which a node begins a stream.
pub(crate) const STREAM: &str = "HTTP/1.1 200 OK\r\nServer: sliderule/v4.20.0\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A short plain answer of a node.
pub(crate) const PLAIN: &str = "HTTP/1.1 200 OK\r\nServer: sliderule/v4.20.0\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine";

/// The end of a stream that is complete.
pub(crate) const END: &str = "0\r\n\r\n";
