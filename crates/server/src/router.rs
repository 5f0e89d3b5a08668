//! The table of contents of the HTTP API.
//!
//! Paths stand here without a trailing slash; [`crate::front`] removes one before it asks this router, so
//! that both forms exist and no POST is ever redirected. `/api/…` is the organization-token API of
//! existing clients, `/api/v1/…` is ours.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, patch, post, put};

use crate::app::Shared;
use crate::handlers::{
    account, account_audit, alter_account, alter_request, alter_role, approve_member, blacklist,
    change_password, costs, deactivate_member, deploy, desired_nodes, desired_nodes_ttl, destroy,
    disable_account, estimate, found_organization, github_flow, github_session, github_token, healthz, leave,
    members, membership, membership_status, metrics, notices, open_organization, operator, org_ip_adr,
    org_num_nodes, organization_audit, organizations, password_token, ping, place_request, reactivate_member,
    refresh, refresh_token, refuse_member, release_own, release_request, release_requests,
    request_membership, revoke_session, revoke_sessions, sessions, sign_in, sign_out, sign_up, signing_keys,
    spend, status, who_am_i,
};
use crate::http::{layers, refusal, throttling};

/// The API of the provisioning system.
pub fn api(app: Shared) -> Router {
    let routes = Router::new()
        .route("/ping", get(ping::get))
        .route("/healthz", get(healthz::get))
        .route("/metrics", get(metrics::get))
        // tokens
        .route("/api/org_token", post(password_token::post))
        .route("/api/org_token_github", post(github_token::post))
        .route("/api/org_token/refresh", post(refresh_token::post))
        .route("/api/token/blacklist", post(blacklist::post))
        .route("/.well-known/jwks.json", get(signing_keys::get))
        .route("/api/v1/jwks", get(signing_keys::get))
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
        // ours
        .route("/api/v1/session", post(sign_in::post).get(who_am_i::get).delete(sign_out::delete))
        .route("/api/v1/session/organization", post(open_organization::post))
        .route("/api/v1/sessions", get(sessions::get).delete(revoke_sessions::delete))
        .route("/api/v1/sessions/{id}", delete(revoke_session::delete))
        .route("/api/v1/github/flows", post(github_flow::post))
        .route("/api/v1/github/session", post(github_session::post))
        .route("/api/v1/organizations/{organization}/status", get(status::get))
        .route("/api/v1/organizations/{organization}/estimate", get(estimate::get))
        .route(
            "/api/v1/organizations/{organization}/requests",
            post(place_request::post).delete(release_requests::delete),
        )
        .route(
            "/api/v1/organizations/{organization}/requests/{id}",
            patch(alter_request::patch).delete(release_request::delete),
        )
        .route("/api/v1/organizations/{organization}/deploy", post(deploy::post))
        .route("/api/v1/organizations/{organization}/destroy", post(destroy::post))
        .route("/api/v1/organizations/{organization}/refresh", post(refresh::post))
        .route("/api/v1/organizations/{organization}/notices", get(notices::get))
        .route("/api/v1/organizations/{organization}/costs", get(costs::get))
        .route("/api/v1/organizations/{organization}/costs/spend", get(spend::get))
        // people
        .route("/api/v1/operator", get(operator::get))
        .route("/api/v1/users", post(sign_up::post))
        .route("/api/v1/account", get(account::get).patch(alter_account::patch))
        .route("/api/v1/account/password", post(change_password::post))
        .route("/api/v1/account/disable", post(disable_account::post))
        .route("/api/v1/account/audit", get(account_audit::get))
        // organizations and their members
        .route("/api/v1/organizations", get(organizations::get).post(found_organization::post))
        .route(
            "/api/v1/organizations/{organization}/membership",
            get(membership::get).post(request_membership::post).delete(leave::delete),
        )
        .route("/api/v1/organizations/{organization}/members", get(members::get))
        .route("/api/v1/organizations/{organization}/members/{user}/approve", post(approve_member::post))
        .route("/api/v1/organizations/{organization}/members/{user}/refuse", post(refuse_member::post))
        .route(
            "/api/v1/organizations/{organization}/members/{user}/deactivate",
            post(deactivate_member::post),
        )
        .route(
            "/api/v1/organizations/{organization}/members/{user}/reactivate",
            post(reactivate_member::post),
        )
        .route("/api/v1/organizations/{organization}/members/{user}/role", put(alter_role::put))
        .route("/api/v1/organizations/{organization}/audit", get(organization_audit::get))
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), throttling::per_address))
        .with_state(app);
    layers::wrap(routes)
}
