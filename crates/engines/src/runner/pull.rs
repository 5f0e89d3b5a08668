//! One lease pull: an HTTP request over loopback to the server's internal listener.
//!
//! The listener's address is read from its file for every pull, since a restarted server may have another.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sliderule_api::lease::{LeaseAnswer, LeaseRequest, lease_path};
use sliderule_api::{ErrorCode, NodeId, OrganizationName, Problem};
use tokio::net::TcpStream;

use super::RunnerOptions;
use crate::directory::INTERNAL_ADDRESS;

/// How long to wait for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The largest answer that is read.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Where leases come from.
pub(super) struct LeaseSource {
    server: PathBuf,
    node: NodeId,
    secret: String,
    /// `http://ip:port` on which the program will listen.
    address: String,
}

impl LeaseSource {
    pub(super) fn new(options: &RunnerOptions, address: String) -> Self {
        Self {
            server: options.data.join(INTERNAL_ADDRESS),
            node: options.node.clone(),
            secret: options.secret.clone(),
            address,
        }
    }

    /// Where the node finds its cluster's discovery service.
    pub(super) async fn orchestrator(&self, organization: &OrganizationName) -> io::Result<String> {
        Ok(format!("http://{}/clusters/{organization}", self.server_address().await?))
    }

    /// Asks for a lease: `Some` if it was granted, `None` if it was refused.
    ///
    /// # Errors
    /// There was no answer, or none that makes sense.
    pub(super) async fn pull(&self) -> io::Result<Option<Duration>> {
        let server = self.server_address().await?;
        let body = serde_json::to_vec(&LeaseRequest { address: self.address.clone() })?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(lease_path(&self.node))
            .header(header::HOST, &server)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.secret))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(io::Error::other)?;
        let (status, answer) = send(&server, request).await?;
        if is_refusal(status, &answer) {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(io::Error::other(format!("the server answered {status}")));
        }
        let answer: LeaseAnswer = serde_json::from_slice(&answer)?;
        Ok(Some(Duration::from_millis(answer.lease_ms)))
    }

    async fn server_address(&self) -> io::Result<String> {
        Ok(tokio::fs::read_to_string(&self.server).await?.trim().to_owned())
    }
}

/// Whether the server itself says that the node shall end. Nothing else that may answer at the address does: a
/// server that does not know the route, a proxy, another program on that port.
fn is_refusal(status: StatusCode, answer: &[u8]) -> bool {
    let code = || serde_json::from_slice::<Problem>(answer).ok().map(|problem| problem.code);
    status == StatusCode::FORBIDDEN && code().as_deref() == Some(ErrorCode::ScaleRefused.as_str())
}

/// One request on a connection of its own, which ends with this call however it ends.
async fn send(server: &str, request: Request<Full<Bytes>>) -> io::Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status();
        let body =
            Limited::new(response.into_body(), LARGEST_ANSWER).collect().await.map_err(io::Error::other)?;
        Ok((status, body.to_bytes()))
    };
    tokio::pin!(exchange, connection);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        // The connection may be over once the answer is complete, before it has been read.
        ended = &mut connection => match ended {
            Ok(()) => exchange.await,
            Err(why) => Err(io::Error::other(why)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_s_own_refusal_ends_a_node() {
        let problem = |code| serde_json::to_vec(&Problem::new(code, "no")).unwrap();
        assert!(is_refusal(StatusCode::FORBIDDEN, &problem(ErrorCode::ScaleRefused)));
        assert!(!is_refusal(StatusCode::FORBIDDEN, &problem(ErrorCode::NotAMember)));
        assert!(!is_refusal(StatusCode::NOT_FOUND, &problem(ErrorCode::ScaleRefused)));
        assert!(!is_refusal(StatusCode::FORBIDDEN, b"<html>forbidden</html>"));
        assert!(!is_refusal(StatusCode::UNAUTHORIZED, b""));
    }
}
