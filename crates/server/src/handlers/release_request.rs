//! `DELETE /api/v1/organizations/<org>/requests/<id>`: releases one request of the caller's.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use sliderule_api::status::Released;
use sliderule_api::{ErrorCode, RequestId};
use sliderule_provisioning::size;

use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};

/// Never refused for lack of money or any other state: releasing saves money. Repeating it changes
/// nothing.
pub async fn delete(
    State(app): State<Shared>,
    caller: Caller,
    Segments((organization, id)): Segments<(String, String)>,
) -> Result<Json<Released>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let unknown = || {
        let message = "you have no capacity request of that id; see the status for those there are";
        Refusal::new(StatusCode::NOT_FOUND, ErrorCode::InvalidArgument, message)
    };
    let id: RequestId = id.parse().map_err(|_| unknown())?;
    let now = app.clock.now();
    if !app.db.release_request(&member.organization, member.claims.user_id, &id, now).await? {
        return Err(unknown());
    }
    app.wake(&member.organization);
    let cluster = app.cluster(&member.organization).await?;
    Ok(Json(Released { id, target_nodes: size::size(&cluster, now, app.config.terms()).target }))
}
