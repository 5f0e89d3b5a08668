//! The gateway: what the server mounts.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use sliderule_api::OrganizationName;

use crate::{Clusters, Settings};

/// The gateway in front of every cluster of a provisioning system.
pub struct Gateway {
    _clusters: Arc<dyn Clusters>,
    _settings: Settings,
}

impl Gateway {
    /// A gateway with the default [`Settings`] and no node yet.
    #[must_use]
    pub fn new(clusters: Arc<dyn Clusters>) -> Arc<Self> {
        Self::with_settings(clusters, Settings::default())
    }

    /// A gateway with settings of one's own.
    #[must_use]
    pub fn with_settings(clusters: Arc<dyn Clusters>, settings: Settings) -> Arc<Self> {
        Arc::new(Self { _clusters: clusters, _settings: settings })
    }

    /// Answers a client. The path of `request` is relative to the cluster's root: `/source/…`,
    /// `/discovery/status`; whoever mounts the gateway removes `/clusters/<organization>`.
    pub async fn serve(&self, _organization: OrganizationName, _request: Request<Body>) -> Response {
        StatusCode::NOT_IMPLEMENTED.into_response()
    }

    /// Answers a node, on the internal listener only. The path is relative to the cluster's root:
    /// `/discovery/register`, `lock`, `unlock`, `status`, `health`.
    pub async fn serve_node(&self, _organization: OrganizationName, _request: Request<Body>) -> Response {
        StatusCode::NOT_IMPLEMENTED.into_response()
    }

    /// A node of the organization serves at `address` (`http://ip:port`).
    pub fn admit(&self, _organization: &OrganizationName, _address: &str) {}

    /// The node at `address` gets no new requests; those that run go on.
    pub fn withdraw(&self, _organization: &OrganizationName, _address: &str) {}

    /// How many nodes of the organization can be chosen now.
    #[must_use]
    pub fn ready(&self, _organization: &OrganizationName) -> usize {
        0
    }

    /// How many requests of clients the node at `address` is answering now.
    #[must_use]
    pub fn in_flight(&self, _organization: &OrganizationName, _address: &str) -> usize {
        0
    }
}
