//! `POST /api/v1/organizations/<org>/members/<user>/refuse`: a request for a membership is turned down.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Member;
use sliderule_provisioning::membership::Act;

use crate::app::Shared;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;

/// Whoever asked may ask again; the audit log remembers.
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(whose): Segments<(String, String)>,
) -> Result<Json<Member>, Refusal> {
    members::act(&app, &origin, &caller, whose, Act::Refuse).await
}
