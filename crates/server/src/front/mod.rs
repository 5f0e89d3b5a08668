//! The public listener's first decision: which part of the house a request is for.
//!
//! `<organization>.<domain>` is a cluster's gateway. `ps.<domain>`, and any other host name (an address, a
//! proxy's name), is one origin for all: API, clusters and page.
//!
//! | module | what it holds |
//! |---|---|
//! | `destination` | the decision, as a pure function of host and path |
//! | `listener` | the public socket |
//! | `certificate`, `expiry` | its certificate, read again when it changes, and when it ends |
//! | `connections` | how many connections there may be |
//! | `record` | what is kept of every request: client, id, line in the log, numbers |
//! | `dressing` | headers that no answer goes without |
//! | `counted` | a body whose bytes are counted |
//! | `page` | the web page |

mod certificate;
mod connections;
mod counted;
mod destination;
mod dressing;
mod expiry;
mod listener;
mod page;
mod record;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode, Uri};
use sliderule_api::ErrorCode;
use sliderule_gateway::Gateway;
use tower::ServiceExt;

use crate::http::proxies::Proxies;
use crate::http::{Refusal, Route, Seen};
use crate::metrics::Metrics;
use counted::Counted;
use destination::Destination;
use record::Recorder;

pub use certificate::Certificate;
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
    /// Where what happens is counted.
    pub metrics: Arc<Metrics>,
    /// Whether browsers shall come back by HTTPS only.
    pub https: bool,
    /// Who is believed when they say for whom they ask.
    pub proxies: Proxies,
}

impl Front {
    /// The service of the public listener.
    pub fn into_router(self) -> Router {
        let https = self.https;
        let recorder = Arc::new(Recorder { metrics: self.metrics.clone(), proxies: self.proxies.clone() });
        let record = from_fn_with_state(recorder, record::record);
        let dressed = map_response(move |response| async move { dressing::dress(response, https) });
        Router::new().fallback(dispatch).with_state(Arc::new(self)).layer(record).layer(dressed)
    }
}

async fn dispatch(State(front): State<Arc<Front>>, mut request: Request) -> Response {
    let host = host(request.uri(), request.headers());
    match destination::decide(&host, &front.domain, request.uri().path()) {
        Destination::Api { path } => {
            set_path(request.uri_mut(), &path);
            // The router cannot fail; its error type has no values.
            front.api.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
        }
        Destination::Cluster { organization, path } => {
            let seen =
                Seen { route: Route::Fixed(cluster_route(&path)), organization: Some(organization.clone()) };
            set_path(request.uri_mut(), &path);
            let request = request.map(|body| Body::new(Counted::new(body, front.metrics.received())));
            let response = front.gateway.serve(organization, request).await;
            let counted = |body| Counted::new(body, front.metrics.sent()).running(front.metrics.streams());
            noted(response.map(|body| Body::new(counted(body))), seen)
        }
        Destination::Page { path } => {
            let response = front.page.answer(request.method(), &path).await;
            noted(response, Seen { route: Route::Fixed("/{page}"), organization: None })
        }
        Destination::Nowhere { name } => {
            let refusal = Refusal::new(
                StatusCode::NOT_FOUND,
                ErrorCode::UnknownOrganization,
                format!("`{}` is not the name of an organization", name.escape_default()),
            );
            noted(refusal.into_response(), Seen { route: Route::Fixed("{nowhere}"), organization: None })
        }
    }
}

fn noted(mut response: Response, seen: Seen) -> Response {
    response.extensions_mut().insert(seen);
    response
}

/// The template of a path below a cluster's root.
fn cluster_route(path: &str) -> &'static str {
    match path {
        "/discovery/status" => "/clusters/{organization}/discovery/status",
        path if path.starts_with("/source/") => "/clusters/{organization}/source/{service}",
        _ => "/clusters/{organization}/{unknown}",
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
