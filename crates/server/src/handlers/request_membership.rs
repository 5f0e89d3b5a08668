//! `POST /api/v1/organizations/<org>/membership`: one asks to become a member.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Membership;

use crate::app::Shared;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;
use crate::store::What;

/// Repeating it changes nothing; a member stays what they are.
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(organization): Segments<String>,
) -> Result<Json<Membership>, Refusal> {
    caller.person(&app).await?;
    members::own(&app, &origin, &caller.0, &organization, What::Request).await
}
