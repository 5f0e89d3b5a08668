//! `GET /api/v1/organizations/<org>/estimate?nodes=&time_to_live_seconds=`: what an order would be granted now.

use axum::Json;
use axum::extract::State;
use sliderule_api::status::{CapacityOrder, Estimate};

use crate::app::Shared;
use crate::capacity;
use crate::http::{Caller, Query, Refusal, Segments};

/// What an order would be granted now.
///
/// The same question as the order's, asked of the same function: the same numbers, and the same refusal.
#[utoipa::path(
    get,
    path = "",
    operation_id = "estimate",
    tag = "Capacity requests",
    extensions(("x-role" = json!("member"))),
    params(CapacityOrder),
    responses(
        (status = 200, description = "What it would be.", body = Estimate),
        (status = 402, description = "The money does not cover it; `fits` says what would do."),
    )
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    Query(order): Query<CapacityOrder>,
) -> Result<Json<Estimate>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let wish = capacity::place(&app, order.nodes, order.time_to_live_seconds, order.replace)?;
    capacity::estimate(&app, &member, wish).await.map(Json)
}
