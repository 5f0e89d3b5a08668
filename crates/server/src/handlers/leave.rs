//! `DELETE /api/v1/organizations/<org>/membership`: one leaves, or withdraws one's request.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Membership;

use crate::app::Shared;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;
use crate::store::What;

/// What one asked for is released with it. Repeating it changes nothing.
pub async fn delete(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(organization): Segments<String>,
) -> Result<Json<Membership>, Refusal> {
    caller.person(&app).await?;
    members::own(&app, &origin, &caller.0, &organization, What::Leave).await
}
