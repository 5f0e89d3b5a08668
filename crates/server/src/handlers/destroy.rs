//! `POST /api/v1/organizations/<org>/destroy`: releases all requests and keeps the cluster from running.

use axum::Json;
use axum::extract::State;
use sliderule_api::status::ReleasedAll;
use sliderule_provisioning::{hand, size};

use crate::app::Shared;
use crate::http::{Caller, Origin, Refusal, Segments};

/// Releases all requests and keeps the cluster from running.
///
/// Nothing starts the cluster again but a deploy. Never refused to who may do it, and repeating it changes nothing.
#[utoipa::path(
    post,
    path = "",
    operation_id = "destroy_cluster",
    tag = "Cluster",
    extensions(("x-role" = json!("manager"))),
    responses((status = 200, description = "What was released.", body = ReleasedAll))
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<ReleasedAll>, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_may("destroy the cluster")?;
    let user = Some(&member.claims.user_name);
    let destroy = |cluster: &_, now| Ok(hand::destroy(cluster, user, now));
    let tell =
        |released: &u32| member.deed(&origin, "cluster.destroyed", format!("requests released: {released}"));
    let released = app.decide_audited(&member.organization, destroy, tell).await?;
    let cluster = app.cluster(&member.organization).await?;
    let target_nodes = size::size(&cluster, app.clock.now(), app.policy.terms).target;
    Ok(Json(ReleasedAll { released, target_nodes }))
}
