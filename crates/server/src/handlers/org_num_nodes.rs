//! `GET /api/org_num_nodes/<org>/`: how many nodes there are, and may be.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::NodeCounts;

use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};

/// How many nodes there are, and may be.
///
/// Counts every node that is not known to be gone.
#[utoipa::path(
    get,
    path = "",
    operation_id = "org_num_nodes",
    tag = "Organization-token API",
    extensions(("x-role" = json!("member"))),
    responses((status = 200, description = "How many.", body = NodeCounts))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<NodeCounts>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let cluster = app.cluster(&member.organization).await?;
    Ok(Json(NodeCounts {
        status: "SUCCESS".to_owned(),
        min_nodes: cluster.limits.min_nodes,
        current_nodes: u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX),
        max_nodes: cluster.limits.max_nodes,
        version: Some(cluster.version.to_string()),
        is_public: cluster.is_public,
    }))
}
