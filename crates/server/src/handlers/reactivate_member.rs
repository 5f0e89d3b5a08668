//! `POST /api/v1/organizations/<org>/members/<user>/reactivate`: a membership is switched on again.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Member;
use sliderule_provisioning::membership::Act;

use crate::app::Shared;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;

/// With the role it had. Repeating it changes nothing.
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(whose): Segments<(String, String)>,
) -> Result<Json<Member>, Refusal> {
    members::act(&app, &origin, &caller, whose, Act::Reactivate).await
}
