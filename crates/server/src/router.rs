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
    account, account_audit, alter_account, alter_request, alter_role, approve_member, blacklist,
    change_password, configuration, configure, costs, deactivate_member, deploy, desired_nodes,
    desired_nodes_ttl, destroy, disable_account, disable_provisioning, docs, estimate, events,
    found_organization, github_flow, github_session, github_token, healthz, leave, ledger, members,
    membership, membership_status, metrics, notices, open_organization, openapi, operator, org_config,
    org_ip_adr, org_num_nodes, organization_audit, organizations, password_token, ping, place_request,
    reactivate_member, refresh, refresh_token, refuse_member, release_all, release_own, release_request,
    release_requests, request, request_membership, requests, revoke_session, revoke_sessions, sessions,
    sign_in, sign_out, sign_up, signing_keys, spend, status, who_am_i,
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
        .at("/healthz", routes!(healthz::get))
        .at("/metrics", routes!(metrics::get))
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
        // people
        .at("/api/v1/operator", routes!(operator::get))
        .at("/api/v1/users", routes!(sign_up::post))
        .at("/api/v1/account", routes!(account::get, alter_account::patch))
        .at("/api/v1/account/password", routes!(change_password::post))
        .at("/api/v1/account/disable", routes!(disable_account::post))
        .at("/api/v1/account/audit", routes!(account_audit::get))
        // organizations and their members
        .at("/api/v1/organizations", routes!(organizations::get, found_organization::post))
        .at(
            "/api/v1/organizations/{organization}/membership",
            routes!(membership::get, request_membership::post, leave::delete),
        )
        .at("/api/v1/organizations/{organization}/members", routes!(members::get))
        .at("/api/v1/organizations/{organization}/members/{user}/approve", routes!(approve_member::post))
        .at("/api/v1/organizations/{organization}/members/{user}/refuse", routes!(refuse_member::post))
        .at(
            "/api/v1/organizations/{organization}/members/{user}/deactivate",
            routes!(deactivate_member::post),
        )
        .at(
            "/api/v1/organizations/{organization}/members/{user}/reactivate",
            routes!(reactivate_member::post),
        )
        .at("/api/v1/organizations/{organization}/members/{user}/role", routes!(alter_role::put))
        .at("/api/v1/organizations/{organization}/audit", routes!(organization_audit::get))
}
