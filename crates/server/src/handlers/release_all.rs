//! `PUT` and `PATCH /api/remove_all_org_num_nodes_reqs/<org>/`: releases all that anybody asked for.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::CapacityAnswer;

use super::release_own;
use crate::app::Shared;
use crate::capacity;
use crate::http::{Caller, Origin, Refusal, Segments};

/// Releases all that anybody asked for.
///
/// As with one's own, also those that count at the moment.
#[utoipa::path(
    method(put, patch),
    path = "",
    operation_id = "put_remove_all_org_num_nodes_reqs",
    tag = "Organization-token API",
    extensions(("x-role" = json!("manager"))),
    responses((status = 200, description = "What was released.", body = CapacityAnswer))
)]
pub async fn put(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<CapacityAnswer>, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_may("release the requests of others")?;
    let released = capacity::release_all(&app, &member, &origin).await?;
    release_own::told(&app, &member, released).await.map(Json)
}
