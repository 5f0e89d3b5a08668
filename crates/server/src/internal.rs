//! The loopback listener for runners and nodes.
//!
//! Runners pull leases here with their node's secret; nodes register and share work through the gateway's
//! discovery service. Its port is kept over restarts where it is free, because nodes that outlive a
//! killed server go on talking to the address they were started with. `/metrics` is here as well.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use sliderule_api::bearer::bearer;
use sliderule_api::lease::{LeaseAnswer, LeaseRequest};
use sliderule_api::{ErrorCode, NodeId, OrganizationName};
use sliderule_control::decide::Undecided;
use sliderule_control::{Clock, NodeSecrets, Reconciler};
use sliderule_gateway::Gateway;
use sliderule_provisioning::life;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Error;
use crate::data::DataDir;
use crate::handlers::metrics;
use crate::http::{Refusal, refusal};
use crate::metrics::Exposition;
use crate::store::Database;

/// What the internal listener serves from.
#[derive(Clone)]
pub struct Internal {
    /// Where nodes are recorded.
    pub db: Database,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What nodes' runners identify themselves with.
    pub secrets: NodeSecrets,
    /// Decides about nodes.
    pub reconciler: Arc<Reconciler>,
    /// The nodes' discovery service.
    pub gateway: Arc<Gateway>,
    /// What is told to Prometheus.
    pub exposition: Arc<Exposition>,
}

/// Starts the internal listener; it ends when the task is aborted.
///
/// # Errors
/// No port can be had, or the address cannot be written down.
pub async fn start(
    data: &DataDir,
    configured: SocketAddr,
    internal: Internal,
) -> Result<JoinHandle<()>, Error> {
    let listener = listen(data, configured).await?;
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router(internal)).await {
            tracing::error!(%error, "the internal listener ended");
        }
    }))
}

/// Listens at the port of the last start where nothing else is fixed and that port is free, and tells
/// runners where.
async fn listen(data: &DataDir, configured: SocketAddr) -> Result<TcpListener, Error> {
    let refused = |error: std::io::Error| Error::Listen {
        address: format!("{configured} (the internal listener)"),
        reason: format!("{error}; set internal_listen to a free loopback address"),
    };
    let last =
        data.last_internal_address().filter(|last| configured.port() == 0 && last.ip() == configured.ip());
    let listener = match last {
        Some(last) => match TcpListener::bind(last).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind(configured).await.map_err(refused)?,
        },
        None => TcpListener::bind(configured).await.map_err(refused)?,
    };
    data.publish_internal_address(listener.local_addr().map_err(refused)?)?;
    Ok(listener)
}

fn router(internal: Internal) -> Router {
    Router::new()
        .route("/internal/v1/nodes/{node}/lease", post(lease))
        .route("/clusters/{organization}/{*path}", any(discovery))
        .route("/metrics", get(numbers))
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed)
        .with_state(internal)
}

/// What is left of the lease; asking renews nothing. A refusal (403 `scale_refused`) ends the node; any other failure
/// lets it run to the end of what it has.
async fn lease(
    State(internal): State<Internal>,
    Path(node): Path<String>,
    headers: HeaderMap,
    Json(LeaseRequest { address }): Json<LeaseRequest>,
) -> Result<Json<LeaseAnswer>, Refusal> {
    let refused = || {
        let message = "this node gets no lease: it is unknown, shall end, or its secret is not right";
        Refusal::new(StatusCode::FORBIDDEN, ErrorCode::ScaleRefused, message)
    };
    let node: NodeId = node.parse().map_err(|_| refused())?;
    let values = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let secret = bearer(values).map_err(|_| refused())?;
    if !internal.secrets.verify(&node, secret) {
        return Err(refused());
    }
    let organization = internal.db.organization_of_node(&node).await?.ok_or_else(refused)?;
    let terms = internal.reconciler.plane().policy.terms;
    let pulled = |cluster: &_| {
        Ok::<_, Infallible>(life::pulled(cluster, &node, &address, internal.clock.now(), terms))
    };
    match internal.reconciler.decide(&organization, pulled).await {
        Ok(Some(left)) => {
            let lease_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
            Ok(Json(LeaseAnswer { lease_ms }))
        }
        Ok(None) | Err(Undecided::UnknownOrganization) => Err(refused()),
        Err(Undecided::Store(error)) => Err(error.into()),
        Err(Undecided::Breach(breach)) => {
            tracing::error!(%node, %breach, "a lease pull breaks a rule of the store");
            Err(Refusal::internal())
        }
        Err(Undecided::Refused(never)) => match never {},
    }
}

/// For whoever is on this machine.
async fn numbers(State(internal): State<Internal>) -> Response {
    metrics::answer(&internal.exposition).await
}

async fn discovery(
    State(internal): State<Internal>,
    Path((organization, path)): Path<(String, String)>,
    mut request: Request,
) -> Response {
    let Ok(organization) = organization.parse::<OrganizationName>() else {
        return refusal::not_found().await.into_response();
    };
    let Ok(inner) = format!("/{path}").parse::<PathAndQuery>() else {
        return refusal::not_found().await.into_response();
    };
    *request.uri_mut() = Uri::from(inner);
    internal.gateway.serve_node(organization, request).await
}
