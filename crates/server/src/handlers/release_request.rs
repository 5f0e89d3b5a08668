//! `DELETE /api/v1/organizations/<org>/requests/<id>`: releases one request of the caller's.

use axum::Json;
use axum::extract::State;
use sliderule_api::RequestId;
use sliderule_api::status::Released;
use sliderule_provisioning::{order, size};

use crate::app::Shared;
use crate::capacity;
use crate::http::{Caller, Refusal, Segments};

/// Releases one request of one's own.
///
/// Never refused for lack of money or any other state: releasing saves money. Repeating it changes
/// nothing.
#[utoipa::path(
    delete,
    path = "",
    operation_id = "release_request",
    tag = "Capacity requests",
    extensions(("x-role" = json!("member"))),
    responses(
        (status = 200, description = "What was released.", body = Released),
        (status = 404, description = "One has no such request."),
    )
)]
pub async fn delete(
    State(app): State<Shared>,
    caller: Caller,
    Segments((organization, id)): Segments<(String, String)>,
) -> Result<Json<Released>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let id: RequestId = id.parse().map_err(|_| capacity::unknown_request())?;
    let user = &member.claims.user_name;
    let release = |cluster: &_, now| order::release(cluster, Some(user), Some(&id), now);
    if app.carry(&member.organization, release).await? == 0
        && !app.db.has_request(&member.organization, user, &id).await?
    {
        return Err(capacity::unknown_request());
    }
    let cluster = app.cluster(&member.organization).await?;
    Ok(Json(Released { id, target_nodes: size::size(&cluster, app.clock.now(), app.policy.terms).target }))
}
