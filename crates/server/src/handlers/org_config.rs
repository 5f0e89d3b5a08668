//! `PUT` and `PATCH /api/org_config/<org>/<min>/<max>/`: how small and large the cluster may be.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::ConfigAnswer;

use crate::app::Shared;
use crate::configuration;
use crate::http::etag::For;
use crate::http::path::number;
use crate::http::{Caller, Origin, Refusal, Segments};

/// How small and large the cluster may be.
///
/// The rules are those of our own API; the last of two who set it at once wins, as ever in the original.
#[utoipa::path(
    method(put, patch),
    path = "",
    operation_id = "put_org_config",
    tag = "Organization-token API",
    extensions(("x-role" = json!("owner"))),
    responses((status = 200, description = "What was set.", body = ConfigAnswer))
)]
pub async fn put(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments((organization, min, max)): Segments<(String, String, String)>,
) -> Result<Json<ConfigAnswer>, Refusal> {
    let (min_nodes, max_nodes) = (number(&min, "nodes")?, number(&max, "nodes")?);
    let member = caller.member_of(&app, &organization).await?.who_owns("configure the cluster")?;
    let by = &member.claims.user_name;
    let new = |present| sliderule_api::configuration::Configuration { min_nodes, max_nodes, ..present };
    configuration::change(&app, &member, &origin, &For::Anything, new).await?;
    Ok(Json(ConfigAnswer {
        status: "SUCCESS".to_owned(),
        msg: format!("{by} set min_nodes:{min_nodes} max_nodes:{max_nodes} for {organization}"),
    }))
}
