//! `POST /api/v1/organizations/<org>/refresh`: forgives failed boots, and has the cluster looked at now.

use axum::Json;
use axum::extract::State;
use sliderule_api::status::ClusterStatus;
use sliderule_provisioning::hand;

use super::status;
use crate::app::Shared;
use crate::http::{Caller, Origin, Refusal, Segments};

/// Forgives failed boots, and has the cluster looked at now.
///
/// The answer is the status afterwards.
#[utoipa::path(
    post,
    path = "",
    operation_id = "refresh_cluster",
    tag = "Cluster",
    extensions(("x-role" = json!("manager"))),
    responses((status = 200, description = "The status afterwards.", body = ClusterStatus))
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<ClusterStatus>, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_may("refresh the cluster")?;
    let user = Some(&member.claims.user_name);
    let refresh = |cluster: &_, now| Ok(hand::refresh(cluster, user, now));
    let tell = |(): &()| member.deed(&origin, "cluster.refreshed", "failed boots are forgiven");
    app.decide_audited(&member.organization, refresh, tell).await?;
    app.reconciler.wake(&member.organization);
    let cluster = app.cluster(&member.organization).await?;
    Ok(Json(status::of(&app, &cluster).await))
}
