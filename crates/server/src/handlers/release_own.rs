//! `PUT` and `PATCH /api/remove_user_org_num_nodes_reqs/<org>/`: releases all the caller asked for.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::CapacityAnswer;

use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};

/// The original skipped requests that counted at the moment, which left nobody a way to end their own;
/// here all of the caller's are released.
pub async fn put(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<CapacityAnswer>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let user = &member.claims.user_name;
    let released = app.db.release_own(&member.organization, member.claims.user_id, app.clock.now()).await?;
    app.wake(&member.organization);
    Ok(Json(CapacityAnswer {
        status: "SUCCESS".to_owned(),
        msg: format!("{user} cleaned all PENDING org node reqs for {organization} ({released} released)"),
        error_msg: String::new(),
        request_id: None,
        granted_nodes: None,
        expires_at: None,
    }))
}
