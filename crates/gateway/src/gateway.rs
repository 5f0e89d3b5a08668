//! The gateway: what the server mounts.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Method, Request};
use sliderule_api::OrganizationName;
use sliderule_api::discovery::SERVICE;

use crate::forward::Forwarder;
use crate::members::Members;
use crate::outbound::Outbound;
use crate::refusal::Refusal;
use crate::{ClusterFace, Clusters, NodeAddress, Settings, admission, answer, intake, nodes};

/// The gateway in front of every cluster of a provisioning system.
pub struct Gateway {
    clusters: Arc<dyn Clusters>,
    members: Arc<Members>,
    forwarder: Forwarder,
    settings: Settings,
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
        let members = Arc::new(Members::default());
        let forwarder = Forwarder::new(Arc::clone(&members), settings);
        Arc::new(Self { clusters, members, forwarder, settings })
    }

    /// Answers a client. The path of `request` is relative to the cluster's root: `/source/…`,
    /// `/discovery/status`; whoever mounts the gateway removes `/clusters/<organization>`.
    ///
    /// Dropping the future, or the body of the response, ends the request on its node.
    pub async fn serve(&self, organization: OrganizationName, request: Request<Body>) -> Response {
        // Before everything else: a browser sends its preflight without the token.
        let mut response = if request.method() == Method::OPTIONS {
            answer::preflight()
        } else {
            self.answer(&organization, request).await.unwrap_or_else(IntoResponse::into_response)
        };
        answer::dress(response.headers_mut());
        response
    }

    /// Answers a node, on the internal listener only. The path is relative to the cluster's root:
    /// `/discovery/register`, `lock`, `unlock`, `status`, `health`.
    pub async fn serve_node(&self, organization: OrganizationName, request: Request<Body>) -> Response {
        nodes::answer(&*self.clusters, &self.members, &self.settings, &organization, request)
            .await
            .unwrap_or_else(IntoResponse::into_response)
    }

    /// A node of the organization serves at `address` (`http://ip:port`), and need not register again
    /// before it is chosen. It must do so within two minutes. Changes nothing about a node that is
    /// registered.
    pub fn admit(&self, organization: &OrganizationName, address: &str) {
        match address.parse() {
            Ok(node) => self.members.with(organization, |registry, now| registry.admit(node, now)),
            Err(error) => tracing::error!(%organization, "a node was not admitted: {error}"),
        }
    }

    /// The node at `address` gets no new requests; those that run go on.
    pub fn withdraw(&self, organization: &OrganizationName, address: &str) {
        // What is not an address was never a member.
        if let Ok(node) = address.parse() {
            self.members.with(organization, |registry, _| registry.withdraw(node));
        }
    }

    /// Whether the node at `address` can be chosen now.
    #[must_use]
    pub fn is_member(&self, organization: &OrganizationName, address: &str) -> bool {
        let serves = |node: NodeAddress| {
            self.members.read(organization, |registry, now| registry.is_member(node, now))
        };
        address.parse().is_ok_and(serves)
    }

    /// How many nodes of the organization can be chosen now.
    #[must_use]
    pub fn ready(&self, organization: &OrganizationName) -> usize {
        self.members.read(organization, |registry, now| registry.count(SERVICE, now))
    }

    /// How many requests of clients the node at `address` is answering now, registered or not.
    #[must_use]
    pub fn in_flight(&self, organization: &OrganizationName, address: &str) -> usize {
        let running =
            |node: NodeAddress| self.members.read(organization, |registry, _| registry.running(node));
        address.parse().map(running).unwrap_or_default()
    }

    async fn answer(
        &self,
        organization: &OrganizationName,
        request: Request<Body>,
    ) -> Result<Response, Refusal> {
        let unknown = || Refusal::UnknownOrganization(organization.clone());
        let cluster = self.clusters.cluster(organization).await.ok_or_else(unknown)?;
        match (request.uri().path(), request.method()) {
            ("/discovery/status", &(Method::GET | Method::POST)) => self.status(organization, request).await,
            ("/discovery/status", _) => Err(Refusal::MethodNotAllowed),
            (path, _) if path.starts_with("/source/") => self.source(organization, cluster, request).await,
            _ => Err(Refusal::NoSuchPath),
        }
    }

    /// Needs no token, on private clusters neither; clients watch a cluster wake by it.
    async fn status(
        &self,
        organization: &OrganizationName,
        request: Request<Body>,
    ) -> Result<Response, Refusal> {
        let body = self.read(request.into_body()).await?;
        Ok(Json(nodes::status(&self.members, organization, &body)?).into_response())
    }

    async fn source(
        &self,
        organization: &OrganizationName,
        cluster: ClusterFace,
        request: Request<Body>,
    ) -> Result<Response, Refusal> {
        let (head, body) = request.into_parts();
        admission::check(&*self.clusters, organization, &cluster, &head.headers).await?;
        let outbound = Outbound::new(&head, self.settings.plain_calls)?;
        let outbound = outbound.with_body(self.read(body).await?);
        let (code, sentence) = cluster.off;
        self.forwarder.forward(organization, &outbound, Refusal::Off { code, sentence }).await
    }

    async fn read(&self, body: Body) -> Result<bytes::Bytes, Refusal> {
        intake::read(body, self.settings.max_request_body, self.settings.request_body_timeout).await
    }
}
