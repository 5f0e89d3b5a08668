//! What is kept of every request: its id, one line in the log, and its numbers.
//!
//! Always holds: exactly one line a request, also of one whose client hung up; in it is nothing that the client chose but
//! its address, its id, and an organization's name that can be one: no path, no query, no header, no body.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode};
use sliderule_api::{ErrorCode, OrganizationName};
use tracing::{Instrument, Span};

use crate::http::proxies::{ClientAddress, Proxies};
use crate::http::request_id::{self, REQUEST_ID};
use crate::http::{Route, Seen};
use crate::metrics::{Metrics, method_name};

/// Where the line of a request is found, and switched off: `log.level = "info,request=off"`.
const LINE: &str = "request";

/// What it takes to record a request.
pub(super) struct Recorder {
    /// Where what happens is counted.
    pub(super) metrics: Arc<Metrics>,
    /// Who is believed when they say for whom they ask.
    pub(super) proxies: Proxies,
}

/// Answers with the request's id, tells whatever comes after it for whom it is, and keeps what is to be kept.
pub(super) async fn record(
    State(recorder): State<Arc<Recorder>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request_id::of(request.headers());
    let client = recorder.proxies.client(peer.ip(), request.headers());
    let pending = Pending::begin(recorder.metrics.clone(), request.method().clone(), client, &id);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    request.extensions_mut().insert(ClientAddress(client));
    let span = pending.span.clone();
    let mut response = next.run(request).instrument(span).await;
    response.headers_mut().insert(REQUEST_ID, id);
    pending.answered(&mut response);
    response
}

/// A request without an answer yet. Dropped like that, its client hung up.
struct Pending {
    metrics: Arc<Metrics>,
    method: Method,
    client: IpAddr,
    began: Instant,
    span: Span,
    is_answered: bool,
}

impl Pending {
    fn begin(metrics: Arc<Metrics>, method: Method, client: IpAddr, id: &HeaderValue) -> Self {
        metrics.begin();
        // At this level, so that a warning carries the id even where nothing less is logged.
        let span = tracing::error_span!("request", id = id.to_str().unwrap_or_default());
        Self { metrics, method, client, began: Instant::now(), span, is_answered: false }
    }

    fn answered(mut self, response: &mut Response) {
        self.is_answered = true;
        let (took, status) = (self.began.elapsed(), response.status());
        let code = response.extensions_mut().remove::<ErrorCode>();
        let seen = response.extensions_mut().remove::<Seen>();
        let seen = seen.unwrap_or(Seen { route: Route::Fixed("{unnamed}"), organization: None });
        self.metrics.answered(&seen, &self.method, status, code, took);
        self.line(seen.route.as_str(), Some(status), seen.organization.as_ref());
    }

    fn line(&self, route: &str, status: Option<StatusCode>, organization: Option<&OrganizationName>) {
        let milliseconds = self.began.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(
            target: LINE,
            parent: &self.span,
            method = method_name(&self.method),
            route,
            status = status.map(|status| status.as_u16()),
            milliseconds = (milliseconds * 1000.0).round() / 1000.0,
            client = %self.client,
            organization = organization.map(display),
            "{}",
            if status.is_some() { "answered" } else { "the client hung up" },
        );
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_answered {
            self.metrics.hung_up(&self.method, self.began.elapsed());
            self.line("{unanswered}", None, None);
        }
    }
}
