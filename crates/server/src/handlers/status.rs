//! `GET /api/v1/organizations/<org>/status`: what the cluster is doing, and why.

use axum::Json;
use axum::extract::State;
use sliderule_api::status::{CapacityRequest, ClusterStatus};
use sliderule_provisioning::describe;

use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};
use crate::instants;

/// Everything is read in one transaction, so that its parts fit each other.
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<ClusterStatus>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let cluster = app.cluster(&member.organization).await?;
    let now = app.clock.now();
    let description = describe::describe(&cluster, now, app.config.terms());
    let live = cluster.requests.iter().filter(|request| request.expires_at > now && request.nodes > 0);
    let requests = live.map(|request| CapacityRequest {
        id: request.id.clone(),
        user: request.user.clone(),
        nodes: request.nodes,
        expires_at: instants::rfc3339(request.expires_at),
    });
    Ok(Json(ClusterStatus {
        organization: cluster.organization.clone(),
        state: description.state,
        blocked: description.sizing.blocked,
        message: description.message,
        nodes: description.nodes,
        target_nodes: description.sizing.target,
        min_nodes: cluster.limits.min_nodes,
        max_nodes: cluster.limits.max_nodes,
        version: cluster.version.to_string(),
        is_public: cluster.is_public,
        requests: requests.collect(),
        balance_micro_usd: cluster.balance,
    }))
}
