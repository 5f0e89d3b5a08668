//! `POST /api/desired_org_num_nodes_ttl/<org>/<n>/<minutes>/`: n nodes for so many minutes.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::CapacityAnswer;

use crate::app::Shared;
use crate::capacity;
use crate::http::path::number;
use crate::http::{Caller, Refusal, Segments};

/// So many nodes for so many minutes; 0 releases one's own.
///
/// Zero nodes release what the caller has, whatever the minutes.
#[utoipa::path(
    post,
    path = "",
    operation_id = "desired_org_num_nodes_ttl",
    tag = "Organization-token API",
    extensions(("x-role" = json!("member"))),
    responses((status = 200, description = "What was granted.", body = CapacityAnswer))
)]
pub async fn post(
    State(app): State<Shared>,
    caller: Caller,
    Segments((organization, nodes, minutes)): Segments<(String, String, String)>,
) -> Result<Json<CapacityAnswer>, Refusal> {
    let (nodes, minutes) = (number(&nodes, "nodes")?, number(&minutes, "minutes")?);
    let member = caller.member_of(&app, &organization).await?;
    let wish = capacity::place(&app, nodes, u64::from(minutes).saturating_mul(60), false)?;
    let grant = capacity::order(&app, &member, wish, None).await?;
    Ok(Json(capacity::answered(&app, &member, &grant)))
}
