//! The public socket: taken early, so that a port in use is told before anything else happens, and served
//! with or without TLS.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;

use crate::Error;
use crate::config::{Config, Tls};

/// How long a new connection may be silent before it is closed.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// The public socket, with its certificate.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
}

impl Listener {
    /// Takes the socket and reads the certificate. rustls must have its provider by then.
    ///
    /// # Errors
    /// The address cannot be had, or the certificate not be used.
    pub async fn bind(config: &Config) -> Result<Self, Error> {
        let tls = match &config.tls {
            Some(files) => Some(read(files).await?),
            None => None,
        };
        let refused = |error| refused(config.listen, &error);
        let socket = TcpListener::bind(config.listen).map_err(refused)?;
        socket.set_nonblocking(true).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        Ok(Self { socket, address, tls })
    }

    /// The address that was taken, with its port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it speaks HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.tls.is_some()
    }

    /// Scheme, address and port.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_https() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until the handle says otherwise.
    ///
    /// # Errors
    /// The socket broke.
    pub async fn serve(self, handle: Handle<SocketAddr>, router: Router) -> std::io::Result<()> {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        match self.tls {
            Some(tls) => {
                let server = axum_server::from_tcp_rustls(self.socket, tls)?.handle(handle);
                server.first_request_timeout(FIRST_REQUEST).serve(service).await
            }
            None => {
                let server = axum_server::from_tcp(self.socket)?.handle(handle);
                server.first_request_timeout(FIRST_REQUEST).serve(service).await
            }
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

async fn read(files: &Tls) -> Result<RustlsConfig, Error> {
    RustlsConfig::from_pem_file(&files.cert, &files.key).await.map_err(|error| {
        let (cert, key) = (files.cert.display(), files.key.display());
        Error::Input(format!("the certificate {cert} and the key {key} cannot be used: {error}"))
    })
}
