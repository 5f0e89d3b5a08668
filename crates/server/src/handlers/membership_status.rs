//! `GET /api/membership_status/<org>/`: whether the caller's membership is active.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::MembershipAnswer;

use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};
use crate::store::Standing;

/// Whether one's membership is active.
///
/// An inactive member is told so with 200, as in the original: the answer is the question's.
#[utoipa::path(
    get,
    path = "",
    operation_id = "membership_status",
    tag = "Organization-token API",
    extensions(("x-role" = json!("applicant"))),
    responses((status = 200, description = "Whether it is.", body = MembershipAnswer))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<MembershipAnswer>, Refusal> {
    let (_, standing) = caller.standing_in(&app, &organization).await?;
    Ok(Json(MembershipAnswer { active: matches!(standing, Standing::Active(_)) }))
}
