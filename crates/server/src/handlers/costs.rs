//! `GET /api/v1/organizations/<org>/costs`: what the cluster cost, and what is left.

use axum::Json;
use axum::extract::State;
use sliderule_api::costs::Costs;

use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};

/// Every member may see it: they spend it.
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<Costs>, Refusal> {
    let organization = caller.member_of(&app, &organization).await?.organization;
    let account = app.db.account(&organization).await?.ok_or_else(Refusal::internal)?;
    Ok(Json(Costs {
        organization,
        balance_micro_usd: account.balance,
        credited_micro_usd: account.credited,
        spent_micro_usd: account.credited - account.balance,
        node_hour_micro_usd: account.node_hour,
        entries: account.entries,
    }))
}
