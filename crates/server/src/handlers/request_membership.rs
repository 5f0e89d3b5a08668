//! `POST /api/v1/organizations/<org>/membership`: one asks to become a member.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Membership;

use crate::app::Shared;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;
use crate::store::What;

/// One asks to become a member.
///
/// Repeating it changes nothing; a member stays what they are.
#[utoipa::path(
    post,
    path = "",
    operation_id = "request_membership",
    tag = "Members",
    extensions(("x-role" = json!("account"))),
    responses((status = 200, description = "The membership.", body = Membership))
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(organization): Segments<String>,
) -> Result<Json<Membership>, Refusal> {
    caller.person(&app).await?;
    members::own(&app, &origin, &caller.0, &organization, What::Request).await
}
