//! `POST /api/v1/organizations/<org>/members/<user>/approve`: a request for a membership is granted.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Member;
use sliderule_provisioning::membership::Act;

use crate::app::Shared;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;

/// A request for a membership is granted.
///
/// Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "",
    operation_id = "approve_member",
    tag = "Members",
    extensions(("x-role" = json!("manager"))),
    security(("account_token" = [])),
    responses(
        (status = 200, description = "The member.", body = Member),
        (status = 404, description = "They have no membership, and asked for none."),
        (status = 409, description = "That cannot be done to a membership in this state."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(whose): Segments<(String, String)>,
) -> Result<Json<Member>, Refusal> {
    members::act(&app, &origin, &caller, whose, Act::Approve).await
}
