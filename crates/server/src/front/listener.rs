//! The public socket: taken early, so that a port in use is told before anything else happens, and served
//! with or without TLS.
//!
//! Always holds: a connection that is silent or slow is not kept for nothing, and what it may send before it is read
//! is bounded.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;

use super::Certificate;
use super::connections::Connections;
use crate::Error;
use crate::config::Config;

/// How long a new connection may take to say what it wants.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// How long the head of a further request may take to arrive, from the answer before it: longer than the minute for
/// which proxies keep an idle connection.
const NEXT_REQUEST: Duration = Duration::from_secs(75);

/// Bytes of a request's head over HTTP/1, and of what waits to be written.
const BUFFER: usize = 128 * 1024;

/// Bytes of a request's head over HTTP/2.
const HEADERS: u32 = 16 * 1024;

/// Requests at once over one HTTP/2 connection.
const STREAMS: u32 = 128;

/// How often a connection over HTTP/2 is asked whether somebody is still there, and how long the answer may take.
const PULSE: Duration = Duration::from_secs(30);

/// The public socket, with its certificate.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    certificate: Option<Arc<Certificate>>,
    connections: Connections,
}

impl Listener {
    /// Takes the socket and reads the certificate. rustls must have its provider by then.
    ///
    /// # Errors
    /// The address cannot be had, or the certificate not be used.
    pub async fn bind(config: &Config) -> Result<Self, Error> {
        let certificate = match &config.tls {
            Some(files) => Some(Certificate::read(files.clone()).await?),
            None => None,
        };
        let refused = |error| refused(config.listen, &error);
        let socket = TcpListener::bind(config.listen).map_err(refused)?;
        socket.set_nonblocking(true).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        Ok(Self { socket, address, certificate, connections: Connections::new(&config.http) })
    }

    /// The address that was taken, with its port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate, if it speaks HTTPS.
    #[must_use]
    pub fn certificate(&self) -> Option<Arc<Certificate>> {
        self.certificate.clone()
    }

    /// Scheme, address and port.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until the handle says otherwise.
    ///
    /// # Errors
    /// The socket broke.
    pub async fn serve(self, handle: Handle<SocketAddr>, router: Router) -> std::io::Result<()> {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let mut server =
            axum_server::from_tcp(self.socket)?.handle(handle).first_request_timeout(FIRST_REQUEST);
        let http = server.http_builder();
        http.http1().header_read_timeout(NEXT_REQUEST).max_buf_size(BUFFER);
        http.http2()
            .max_header_list_size(HEADERS)
            .max_concurrent_streams(STREAMS)
            .keep_alive_interval(PULSE)
            .keep_alive_timeout(PULSE);
        match self.certificate {
            Some(certificate) => {
                let tls = RustlsAcceptor::new(certificate.config());
                server.acceptor(tls.acceptor(self.connections)).serve(service).await
            }
            None => server.acceptor(self.connections).serve(service).await,
        }
    }
}

fn refused(address: SocketAddr, error: &std::io::Error) -> Error {
    let port = address.port();
    let reason = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("port {port} is in use; stop what uses it, or choose another port with --listen")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("port {port} needs a privilege that this account does not have; choose one above 1023")
        }
        _ => format!("{error}; choose another address with --listen"),
    };
    Error::Listen { address: address.to_string(), reason }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;
    use axum_server::Handle;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::time::Instant;

    use super::{FIRST_REQUEST, Listener, NEXT_REQUEST};
    use crate::config::{Config, HttpSettings};

    async fn listen(http: HttpSettings) -> SocketAddr {
        let config = Config { listen: "127.0.0.1:0".parse().unwrap(), http, ..Config::default() };
        let listener = Listener::bind(&config).await.unwrap();
        let address = listener.address();
        let router = Router::new().route("/", get(async || "here"));
        tokio::spawn(listener.serve(Handle::new(), router));
        address
    }

    /// Reads until the server closes the connection.
    async fn closed(connection: &mut TcpStream) {
        connection.read_to_end(&mut Vec::new()).await.unwrap();
    }

    async fn answered(connection: &mut TcpStream) -> String {
        connection.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 1024];
        let length = connection.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    /// The time is tokio's, which stands still while something happens and jumps when all wait.
    fn took(begun: Instant, limit: Duration) -> bool {
        (limit..limit + Duration::from_secs(1)).contains(&begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_request_that_trickles_in_for_ever_is_not_waited_for() {
        let address = listen(HttpSettings::default()).await;
        for beginning in
            ["", "G", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
        {
            let begun = Instant::now();
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(beginning.as_bytes()).await.unwrap();
            closed(&mut connection).await;
            assert!(took(begun, FIRST_REQUEST), "{beginning}: {:?}", begun.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_further_request_that_does_not_come_or_trickles_is_not_waited_for_either() {
        let address = listen(HttpSettings::default()).await;
        for beginning in ["", "GET / HTTP/1.1\r\nX-Slow: "] {
            let mut connection = TcpStream::connect(address).await.unwrap();
            assert!(answered(&mut connection).await.ends_with("here"));
            let begun = Instant::now();
            connection.write_all(beginning.as_bytes()).await.unwrap();
            closed(&mut connection).await;
            assert!(took(begun, NEXT_REQUEST), "{beginning}: {:?}", begun.elapsed());
        }
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused_before_it_ends() {
        let address = listen(HttpSettings::default()).await;
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nX-Large: {}", "x".repeat(1_000_000));
        // It may be closed while we write.
        let _ = connection.write_all(head.as_bytes()).await;
        let mut answer = [0; 1024];
        let length = connection.read(&mut answer).await.unwrap_or(0);
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }

    #[tokio::test]
    async fn a_connection_too_many_is_closed_and_the_next_one_served_when_another_has_ended() {
        let most = HttpSettings { max_connections_per_address: 2, ..HttpSettings::default() };
        let address = listen(most).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        assert!(
            answered(&mut first).await.ends_with("here") && answered(&mut second).await.ends_with("here")
        );
        let mut third = TcpStream::connect(address).await.unwrap();
        assert_eq!(third.read(&mut [0; 8]).await.unwrap_or(0), 0);
        drop(first);
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mut next = TcpStream::connect(address).await.unwrap();
            let sent = next.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
            if sent.is_ok() && next.read(&mut [0; 8]).await.unwrap_or(0) > 0 {
                break;
            }
            assert!(Instant::now() < deadline, "the place is not given back");
            tokio::task::yield_now().await;
        }
    }
}
