//! The public listener's first decision: which part of the house a request is for.
//!
//! `<organization>.<domain>` is a cluster's gateway. `ps.<domain>`, and any other host name (an address, a
//! proxy's name), is one origin for all: API, clusters and page.
//!
//! | module | what it holds |
//! |---|---|
//! | `destination` | the decision, as a pure function of host and path |
//! | `listener` | the public socket |
//! | `connections` | how many connections there may be |
//! | `dressing` | headers that no answer goes without |
//! | `page` | the web page |

mod connections;
mod destination;
mod dressing;
mod listener;
mod page;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode, Uri};
use sliderule_api::ErrorCode;
use sliderule_gateway::Gateway;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::http::Refusal;
use crate::http::layers::REQUEST_ID;
use crate::http::proxies::{ClientAddress, Proxies};
use destination::Destination;

pub use listener::Listener;
pub use page::Page;

/// What the public listener serves.
pub struct Front {
    /// The domain below which host names mean something.
    pub domain: String,
    /// The provisioning API.
    pub api: Router,
    /// The clusters.
    pub gateway: Arc<Gateway>,
    /// The web page.
    pub page: Page,
    /// Whether browsers shall come back by HTTPS only.
    pub https: bool,
    /// Who is believed when they say for whom they ask.
    pub proxies: Proxies,
}

impl Front {
    /// The service of the public listener.
    pub fn into_router(self) -> Router {
        let https = self.https;
        let around = ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
            .layer(TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(log_answer))
            .layer(PropagateRequestIdLayer::new(REQUEST_ID));
        let dressed = map_response(move |response| async move { dressing::dress(response, https) });
        Router::new().fallback(dispatch).with_state(Arc::new(self)).layer(around).layer(dressed)
    }
}

async fn dispatch(
    State(front): State<Arc<Front>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let client = front.proxies.client(peer.ip(), request.headers());
    request.extensions_mut().insert(ClientAddress(client));
    let host = host(request.uri(), request.headers());
    match destination::decide(&host, &front.domain, request.uri().path()) {
        Destination::Api { path } => {
            set_path(request.uri_mut(), &path);
            // The router cannot fail; its error type has no values.
            front.api.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
        }
        Destination::Cluster { organization, path } => {
            set_path(request.uri_mut(), &path);
            front.gateway.serve(organization, request.map(Body::new)).await
        }
        Destination::Page { path } => front.page.answer(request.method(), &path).await,
        Destination::Nowhere { name } => Refusal::new(
            StatusCode::NOT_FOUND,
            ErrorCode::UnknownOrganization,
            format!("`{}` is not the name of an organization", name.escape_default()),
        )
        .into_response(),
    }
}

/// The host name that a request was sent to, without port, in lower case.
fn host(uri: &Uri, headers: &HeaderMap) -> String {
    let header = || headers.get(HOST).and_then(|value| value.to_str().ok());
    let authority = uri.authority().map(|authority| authority.as_str()).or_else(header).unwrap_or_default();
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Replaces the path and keeps the query.
fn set_path(uri: &mut Uri, path: &str) {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let Ok(path_and_query) = format!("{path}{query}").parse::<PathAndQuery>() else { return };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    if let Ok(changed) = Uri::from_parts(parts) {
        *uri = changed;
    }
}

/// The path without its query: nothing secret belongs there, and nothing of it is logged.
fn span(request: &Request) -> Span {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}

fn log_answer(response: &Response, took: Duration, _span: &Span) {
    tracing::debug!(status = response.status().as_u16(), milliseconds = took.as_millis(), "answered");
}
