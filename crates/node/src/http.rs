//! How requests reach the services, and what the answers look like.
//!
//! As on the real service, GET wants a plain answer and may carry its arguments in a body; POST wants a
//! stream, unless it says `x-sliderule-streaming: 0`, which browsers need since they cannot send a GET with a
//! body. A stream is answered with 200 before anything is known about it, so that its errors are records; a
//! stream request that makes no sense at all is an empty stream.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::any;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value};
use tokio_stream::wrappers::ReceiverStream;
use tracing::debug;

use crate::announced::{Kind, Level};
use crate::error::Error;
use crate::node::Node;
use crate::output::Output;
use crate::services::{self, Service, Work};

/// Largest request body: ten thousand granules and a detailed polygon.
const LARGEST_REQUEST: usize = 2 << 20;
/// With the value 0, a POST wants a plain answer.
const STREAMING: &str = "x-sliderule-streaming";

/// The node's routes: one for every service of [`services::find`].
pub fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/source/{service}", any(answer))
        .fallback(|| async { plain(StatusCode::NOT_FOUND, "services are under /source/".to_owned()) })
        .with_state(node)
}

/// What kind of answer a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Plain,
    Stream,
}

impl Mode {
    fn of(method: &Method, headers: &HeaderMap) -> Self {
        let not_streaming = headers.get(STREAMING).is_some_and(|value| value == "0");
        if method == Method::GET || (method == Method::POST && not_streaming) {
            Self::Plain
        } else {
            Self::Stream
        }
    }
}

async fn answer(State(node): State<Arc<Node>>, Path(name): Path<String>, request: Request) -> Response {
    let mode = Mode::of(request.method(), request.headers());
    let Ok(body) = to_bytes(request.into_body(), LARGEST_REQUEST).await else {
        let text = format!("Request body exceeds {LARGEST_REQUEST} bytes or broke off");
        return named(&node, plain(StatusCode::PAYLOAD_TOO_LARGE, text));
    };
    let arguments = if mode == Mode::Plain && body.is_empty() {
        Some(Value::Object(Map::new()))
    } else {
        serde_json::from_slice::<Value>(&body).ok()
    };
    debug!(name, ?mode, "request");
    let response = match (mode, services::find(&name), arguments) {
        (Mode::Plain, Some(Service::Plain(service)), Some(arguments)) => match service(&node, &arguments) {
            Some(result) => plain(StatusCode::OK, result.to_string()),
            None => plain(StatusCode::NOT_FOUND, "Missing results".to_owned()),
        },
        (Mode::Plain, Some(Service::Stream(_)), Some(_)) => {
            plain(StatusCode::NOT_FOUND, "Missing results".to_owned())
        }
        (Mode::Plain, _, _) => plain(StatusCode::INTERNAL_SERVER_ERROR, "Failed execution".to_owned()),
        (Mode::Stream, Some(Service::Stream(service)), Some(arguments)) => {
            let (output, records) = Output::new(Arc::clone(&node));
            let work = service(Arc::clone(&node), arguments, output.clone());
            tokio::spawn(see_through(Running::begin(&node), work, output));
            stream(records)
        }
        (Mode::Stream, _, _) => stream(Output::new(Arc::clone(&node)).1),
    };
    named(&node, response)
}

/// Runs a stream service to its end. What went wrong and did not become a record there, a breakdown of this
/// program included, becomes one here: the stream must not look whole.
async fn see_through(running: Running, work: Work, output: Output) {
    let problem = match tokio::spawn(work).await {
        Ok(Ok(())) => None,
        Ok(Err(Error::HungUp)) => {
            debug!("the client hung up");
            None
        }
        Ok(Err(error)) => Some(error.to_string()),
        Err(breakdown) => Some(format!("the service broke down: {breakdown}")),
    };
    if let Some(problem) = problem {
        // If the reader is gone too, the log has it.
        let _hung_up = output.exception(Kind::Failure, Level::Critical, &problem).await;
    }
    drop(running);
}

/// A stream that is being made; the node does not end before it.
struct Running(Arc<Node>);

impl Running {
    fn begin(node: &Arc<Node>) -> Self {
        node.running.send_modify(|running| *running += 1);
        Self(Arc::clone(node))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

/// Text, as the real service labels it: JSON too is `text/plain`.
fn plain(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// Records, one HTTP chunk each.
fn stream(records: tokio::sync::mpsc::Receiver<bytes::Bytes>) -> Response {
    let mut response =
        Response::new(Body::from_stream(ReceiverStream::new(records).map(Ok::<_, Infallible>)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}

/// Adds the name of the server, which carries the announced release.
fn named(node: &Node, mut response: Response) -> Response {
    if let Ok(name) = HeaderValue::try_from(format!("sliderule/{}", node.identity.release)) {
        response.headers_mut().insert(header::SERVER, name);
    }
    response
}
