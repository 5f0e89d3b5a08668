//! Sending a request to a node, and to another one where that is safe.
//!
//! A node that nobody can connect to has not seen the request: the next one is asked, up to
//! [`MAX_NODES`]. A node that took the request and closed without a byte may be one that ends, or one
//! that this very request brings down: exactly one more node is asked, so that no request can go through
//! a cluster node by node. Once a node has answered anything, there is no second try.

use std::error::Error;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use sliderule_api::OrganizationName;

use crate::members::{Claim, Members};
use crate::outbound::Outbound;
use crate::refusal::Refusal;
use crate::stream::NodeStream;
use crate::{Settings, answer};

/// How many nodes are asked for one request at most.
const MAX_NODES: usize = 3;

/// Sends requests to nodes.
#[derive(Debug)]
pub(crate) struct Forwarder {
    client: Client<HttpConnector, Full<Bytes>>,
    members: Arc<Members>,
    settings: Settings,
}

/// What became of a request that a node did not answer.
enum Failure {
    /// The node was not reached.
    NotSent,
    /// The node was reached, and closed the connection without a byte.
    Closed,
    /// It would end the same way on any node.
    Final(Refusal),
}

impl Forwarder {
    /// Keeps no connection for later: nodes close theirs after each answer, and a connection that belongs
    /// to one request tells without doubt what became of that request.
    pub(crate) fn new(members: Arc<Members>, settings: Settings) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(settings.connect_timeout));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .build(connector);
        Self { client, members, settings }
    }

    /// Passes the request to a node. `off` is the answer where the cluster has none.
    pub(crate) async fn forward(
        &self,
        organization: &OrganizationName,
        request: &Outbound,
        off: Refusal,
    ) -> Result<Response, Refusal> {
        let mut refusal = off;
        let mut tried = Vec::new();
        let mut sent = false;
        while tried.len() < MAX_NODES {
            let Some(claim) = self.members.claim(organization, &tried) else { break };
            tried.push(claim.address);
            refusal = match self.ask(claim, request).await {
                Ok(response) => return Ok(response),
                Err(Failure::Final(refusal)) => return Err(refusal),
                Err(Failure::Closed) if sent => return Err(Refusal::NoAnswer),
                Err(Failure::Closed) => Refusal::NoAnswer,
                Err(Failure::NotSent) if sent => Refusal::NoAnswer,
                Err(Failure::NotSent) => Refusal::Unreachable,
            };
            sent = refusal == Refusal::NoAnswer;
        }
        Err(refusal)
    }

    /// Asks one node.
    async fn ask(&self, claim: Claim, request: &Outbound) -> Result<Response, Failure> {
        let request = request.to(claim.address).map_err(|_| Failure::Final(Refusal::NoSuchPath))?;
        let silence = self.settings.node_silence;
        let answered = tokio::time::timeout(silence, self.client.request(request)).await;
        let answered = answered.map_err(|_| Failure::Final(Refusal::Silent(silence)))?;
        let (parts, body) = answered.map_err(|error| failure(&error, &claim))?.into_parts();
        if parts.status.is_informational() {
            return Err(Failure::Final(Refusal::BadAnswer));
        }
        // Made anew rather than passed on, so that the node's HTTP version and hyper's notes on its
        // connection do not reach the client's.
        let mut response = Response::new(Body::new(NodeStream::new(body, claim, silence)));
        *response.status_mut() = parts.status;
        *response.headers_mut() = parts.headers;
        answer::strip(response.headers_mut());
        Ok(response)
    }
}

/// Tells the failures apart, and leaves out a node at whose address nothing listens.
fn failure(error: &legacy::Error, claim: &Claim) -> Failure {
    tracing::warn!(node = %claim.address, error = error as &dyn Error, "a node did not answer");
    if error.is_connect() {
        let refused = |cause: &io::Error| cause.kind() == io::ErrorKind::ConnectionRefused;
        if causes(error).filter_map(|cause| cause.downcast_ref()).any(refused) {
            claim.forget_node();
        }
        return Failure::NotSent;
    }
    let garbled = |cause: &hyper::Error| cause.is_parse();
    if causes(error).filter_map(|cause| cause.downcast_ref()).any(garbled) {
        return Failure::Final(Refusal::BadAnswer);
    }
    Failure::Closed
}

/// An error and what is behind it.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}
