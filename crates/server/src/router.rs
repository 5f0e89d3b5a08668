//! The table of contents of the HTTP API, and of the document that describes it.
//!
//! Paths stand here without a trailing slash; [`crate::front`] removes one before it asks this router, so
//! that both forms exist and no POST is ever redirected. `/api/…` is the organization-token API of
//! existing clients, `/api/v1/…` is ours. Methods, types and roles stand above each handler.

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::routes;

use crate::app::Shared;
use crate::handlers::{
    alter_request, blacklist, configuration, configure, costs, deploy, desired_nodes, desired_nodes_ttl,
    destroy, disable_provisioning, docs, estimate, events, github_flow, github_session, github_token, ledger,
    membership_status, notices, open_organization, openapi, org_config, org_ip_adr, org_num_nodes,
    password_token, ping, place_request, refresh, refresh_token, release_all, release_own, release_request,
    release_requests, request, requests, revoke_session, revoke_sessions, sessions, sign_in, sign_out,
    signing_keys, spend, status, who_am_i,
};
use crate::http::{layers, refusal, throttling};
use crate::openapi::Table;

/// The API of the provisioning system.
pub fn api(app: Shared) -> Router {
    let (routes, _) = routes().into_parts();
    let routes = routes
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), throttling::per_address))
        .with_state(app);
    layers::wrap(routes)
}

/// Which path is answered by what.
pub(crate) fn routes() -> Table {
    Table::new()
        .at("/ping", routes!(ping::get))
        // tokens
        .at("/api/org_token", routes!(password_token::post))
        .at("/api/org_token_github", routes!(github_token::post))
        .at("/api/org_token/refresh", routes!(refresh_token::post))
        .at("/api/token/blacklist", routes!(blacklist::post))
        .at("/.well-known/jwks.json", routes!(signing_keys::get))
        .at("/api/v1/jwks", routes!(signing_keys::get))
        // the cluster, as existing clients see it
        .at("/api/membership_status/{organization}", routes!(membership_status::get))
        .at("/api/org_num_nodes/{organization}", routes!(org_num_nodes::get))
        .at("/api/org_ip_adr/{organization}", routes!(org_ip_adr::get))
        .at(
            "/api/desired_org_num_nodes_ttl/{organization}/{nodes}/{minutes}",
            routes!(desired_nodes_ttl::post),
        )
        .at("/api/desired_org_num_nodes/{organization}/{nodes}", routes!(desired_nodes::put))
        .at("/api/remove_user_org_num_nodes_reqs/{organization}", routes!(release_own::put))
        .at("/api/remove_all_org_num_nodes_reqs/{organization}", routes!(release_all::put))
        .at("/api/org_config/{organization}/{min}/{max}", routes!(org_config::put))
        .at("/api/disable_provisioning", routes!(disable_provisioning::put))
        .at("/api/schema", routes!(openapi::get))
        .at("/api/schema/swagger-ui", routes!(docs::get))
        .at("/api/schema/redoc", routes!(docs::get))
        // ours
        .at("/api/v1/openapi.json", routes!(openapi::get))
        .at("/api/v1/docs", routes!(docs::get))
        .at("/api/v1/session", routes!(sign_in::post, who_am_i::get, sign_out::delete))
        .at("/api/v1/session/organization", routes!(open_organization::post))
        .at("/api/v1/github/flows", routes!(github_flow::post))
        .at("/api/v1/github/session", routes!(github_session::post))
        .at("/api/v1/sessions", routes!(sessions::get, revoke_sessions::delete))
        .at("/api/v1/sessions/{id}", routes!(revoke_session::delete))
        .at("/api/v1/organizations/{organization}/status", routes!(status::get))
        .at("/api/v1/organizations/{organization}/events", routes!(events::get))
        .at("/api/v1/organizations/{organization}/notices", routes!(notices::get))
        .at("/api/v1/organizations/{organization}/estimate", routes!(estimate::get))
        .at(
            "/api/v1/organizations/{organization}/requests",
            routes!(requests::get, place_request::post, release_requests::delete),
        )
        .at(
            "/api/v1/organizations/{organization}/requests/{id}",
            routes!(request::get, alter_request::patch, release_request::delete),
        )
        .at(
            "/api/v1/organizations/{organization}/configuration",
            routes!(configuration::get, configure::put, configure::patch),
        )
        .at("/api/v1/organizations/{organization}/deploy", routes!(deploy::post))
        .at("/api/v1/organizations/{organization}/destroy", routes!(destroy::post))
        .at("/api/v1/organizations/{organization}/refresh", routes!(refresh::post))
        .at("/api/v1/organizations/{organization}/costs", routes!(costs::get))
        .at("/api/v1/organizations/{organization}/costs/spend", routes!(spend::get))
        .at("/api/v1/organizations/{organization}/ledger", routes!(ledger::get))
}
