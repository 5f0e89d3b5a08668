//! `POST /api/v1/organizations/<org>/requests`: so many nodes for so many seconds.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sliderule_api::status::CapacityOrder;

use crate::app::Shared;
use crate::capacity;
use crate::http::fields::whole_json;
use crate::http::{Caller, Refusal, Segments, idempotency};

/// What an order looks like, for who sent another thing.
pub(super) const EXAMPLE: &str = "{\"nodes\": 2, \"time_to_live_seconds\": 3600}";

/// So many nodes for so many seconds.
///
/// The same key with the same order leads to the same request, however often it is sent; it is shown as it is now, with
/// what it was granted for. Another key leads to another request, which asks for no more nodes: of each user the largest
/// request counts.
#[utoipa::path(
    post,
    path = "",
    operation_id = "place_request",
    tag = "Capacity requests",
    extensions(("x-role" = json!("member"))),
    request_body = CapacityOrder,
    params(
        (
            "Idempotency-Key" = String,
            Header,
            description = "New for every order; the same one makes a retry harmless.",
        ),
    ),
    responses(
        (status = 201, description = "What was granted.", body = sliderule_api::status::Grant),
        (
            status = 200,
            description = "What was granted before for this key.",
            body = sliderule_api::status::Grant,
        ),
        (status = 402, description = "The money does not cover it; `fits` says what would do."),
        (
            status = 409,
            description = "The key stands for another order, or an owner switched the cluster off.",
        ),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let key = idempotency::required(&request)?;
    let order: CapacityOrder = whole_json(request, EXAMPLE).await?;
    let key = Some((key, text(&order)));
    if let Some(grant) = capacity::replay(&app, &member, key.as_ref(), Some(order.nodes)).await? {
        return Ok(Json(grant).into_response());
    }
    let wish = capacity::place(&app, order.nodes, order.time_to_live_seconds, order.replace)?;
    let grant = capacity::order(&app, &member, wish, key).await?;
    let status = if grant.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(capacity::granted(&app, &grant))).into_response())
}

/// An order as it is kept beside its key.
fn text(order: &CapacityOrder) -> String {
    let replacing = if order.replace { " in place of all" } else { "" };
    format!("{} nodes for {} s{replacing}", order.nodes, order.time_to_live_seconds)
}
