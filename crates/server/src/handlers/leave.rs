//! `DELETE /api/v1/organizations/<org>/membership`: one leaves, or withdraws one's request.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Membership;

use crate::app::Shared;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;
use crate::store::What;

/// One leaves, or withdraws one's request.
///
/// What one asked for is released with it. Repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "",
    operation_id = "leave",
    tag = "Members",
    extensions(("x-role" = json!("account"))),
    responses(
        (status = 200, description = "No membership.", body = Membership),
        (status = 409, description = "Nobody else owns the organization."),
    )
)]
pub async fn delete(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(organization): Segments<String>,
) -> Result<Json<Membership>, Refusal> {
    caller.person(&app).await?;
    members::own(&app, &origin, &caller.0, &organization, What::Leave).await
}
