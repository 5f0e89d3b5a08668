//! The table of contents of the HTTP API.
//!
//! Paths stand here without a trailing slash; [`crate::front`] removes one before it asks this router, so
//! that both forms exist and no POST is ever redirected. `/api/…` is the organization-token API of
//! existing clients, `/api/v1/…` is ours.

use axum::Router;
use axum::routing::{get, post, put};

use crate::app::Shared;
use crate::handlers::{
    alter_request, blacklist, configuration, configure, costs, deploy, desired_nodes, desired_nodes_ttl,
    destroy, disable_provisioning, estimate, events, github_token, ledger, membership_status, notices,
    org_config, org_ip_adr, org_num_nodes, password_token, ping, place_request, refresh, refresh_token,
    release_all, release_own, release_request, release_requests, request, requests, sign_in, spend, status,
};
use crate::http::{layers, refusal};

/// The API of the provisioning system.
pub fn api(app: Shared) -> Router {
    let routes = Router::new()
        .route("/ping", get(ping::get))
        // tokens
        .route("/api/org_token", post(password_token::post))
        .route("/api/org_token_github", post(github_token::post))
        .route("/api/org_token/refresh", post(refresh_token::post))
        .route("/api/token/blacklist", post(blacklist::post))
        // the cluster, as existing clients see it
        .route("/api/membership_status/{organization}", get(membership_status::get))
        .route("/api/org_num_nodes/{organization}", get(org_num_nodes::get))
        .route("/api/org_ip_adr/{organization}", get(org_ip_adr::get))
        .route(
            "/api/desired_org_num_nodes_ttl/{organization}/{nodes}/{minutes}",
            post(desired_nodes_ttl::post),
        )
        .route(
            "/api/desired_org_num_nodes/{organization}/{nodes}",
            put(desired_nodes::put).patch(desired_nodes::put),
        )
        .route(
            "/api/remove_user_org_num_nodes_reqs/{organization}",
            put(release_own::put).patch(release_own::put),
        )
        .route(
            "/api/remove_all_org_num_nodes_reqs/{organization}",
            put(release_all::put).patch(release_all::put),
        )
        .route("/api/org_config/{organization}/{min}/{max}", put(org_config::put).patch(org_config::put))
        .route("/api/disable_provisioning", put(disable_provisioning::put).patch(disable_provisioning::put))
        // ours
        .route("/api/v1/session", post(sign_in::post))
        .route("/api/v1/organizations/{organization}/status", get(status::get))
        .route("/api/v1/organizations/{organization}/estimate", get(estimate::get))
        .route(
            "/api/v1/organizations/{organization}/requests",
            get(requests::get).post(place_request::post).delete(release_requests::delete),
        )
        .route(
            "/api/v1/organizations/{organization}/requests/{id}",
            get(request::get).patch(alter_request::patch).delete(release_request::delete),
        )
        .route("/api/v1/organizations/{organization}/deploy", post(deploy::post))
        .route("/api/v1/organizations/{organization}/destroy", post(destroy::post))
        .route("/api/v1/organizations/{organization}/refresh", post(refresh::post))
        .route("/api/v1/organizations/{organization}/notices", get(notices::get))
        .route("/api/v1/organizations/{organization}/costs", get(costs::get))
        .route("/api/v1/organizations/{organization}/costs/spend", get(spend::get))
        .route("/api/v1/organizations/{organization}/events", get(events::get))
        .route("/api/v1/organizations/{organization}/ledger", get(ledger::get))
        .route(
            "/api/v1/organizations/{organization}/configuration",
            get(configuration::get).put(configure::put).patch(configure::patch),
        )
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed)
        .with_state(app);
    layers::wrap(routes)
}
