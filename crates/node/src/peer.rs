//! A small HTTP client, for the orchestrator and for other nodes: plain HTTP, as both are on the same network.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Time to reach the other.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for a short question and its answer.
const QUESTION: Duration = Duration::from_secs(10);
/// Largest answer to a short question.
const LARGEST_ANSWER: usize = 1 << 20;

/// Posts JSON to other servers.
#[derive(Clone, Debug)]
pub struct Peers {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Default for Peers {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        // Every request has its own connection, so that hanging up ends what was asked for.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Self { client }
    }
}

impl Peers {
    /// Asks and reads the whole answer, all within ten seconds.
    ///
    /// # Errors
    ///
    /// [`Error::Peer`] if there is no answer in time, or not the one expected.
    pub async fn ask<A: DeserializeOwned>(&self, url: &str, question: &impl Serialize) -> Result<A, Error> {
        let answered = async {
            let body = self.open(url, question).await?.into_body();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await;
            let body = body.map_err(|error| fault(url, format!("broke off its answer: {error}")))?;
            serde_json::from_slice(&body.to_bytes())
                .map_err(|error| fault(url, format!("answered what is not expected: {error}")))
        };
        tokio::time::timeout(QUESTION, answered)
            .await
            .unwrap_or_else(|_| Err(fault(url, format!("did not answer within {} s", QUESTION.as_secs()))))
    }

    /// Asks and answers the response once its head is there; anything but 200 is an error.
    ///
    /// # Errors
    ///
    /// [`Error::Peer`]; `unreached` if no connection was made, so that nothing was asked yet.
    pub async fn open(&self, url: &str, question: &impl Serialize) -> Result<Response<Incoming>, Error> {
        let body =
            serde_json::to_vec(question).map_err(|error| fault(url, format!("cannot be asked: {error}")))?;
        let request = Request::post(url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::from(body))
            .map_err(|error| fault(url, format!("is no address: {error}")))?;
        let response = self.client.request(request).await.map_err(|error| Error::Peer {
            address: url.to_owned(),
            unreached: error.is_connect(),
            problem: format!("cannot be reached: {error}"),
        })?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(fault(url, format!("answered {status}"))),
        }
    }
}

/// The other was reached, and this is what it did.
pub(crate) fn fault(url: &str, problem: String) -> Error {
    Error::Peer { address: url.to_owned(), problem, unreached: false }
}
