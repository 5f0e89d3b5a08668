//! `POST /api/v1/organizations/<org>/requests`: so many nodes for so many seconds.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sliderule_api::status::CapacityOrder;

use crate::app::Shared;
use crate::capacity::{self, End};
use crate::http::fields::whole_body;
use crate::http::layers::IDEMPOTENCY_KEY;
use crate::http::{Caller, Refusal, Segments};

/// Longest key that is kept.
const LONGEST_KEY: usize = 200;

/// The same key with the same order gives the same grant, however often it is sent.
pub async fn post(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let key = idempotency_key(&request)?;
    let body = whole_body(request, &()).await?;
    let order: CapacityOrder = serde_json::from_slice(&body).map_err(|error| {
        Refusal::bad_request(format!(
            "the body must be JSON such as {{\"nodes\": 2, \"time_to_live_seconds\": 3600}}: {error}"
        ))
    })?;
    if let Some(grant) = capacity::replay(&app, &member, &key, &order).await? {
        return Ok(Json(grant).into_response());
    }
    let end = End::Seconds(order.time_to_live_seconds);
    let placement = capacity::place(&app, &member, order.nodes, end, Some((&key, &order))).await?;
    let status = if placement.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(placement.grant(&member.claims.user_name))).into_response())
}

fn idempotency_key(request: &Request) -> Result<String, Refusal> {
    let key =
        request.headers().get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Refusal::bad_request(format!(
            "what costs money needs an Idempotency-Key header of 1 to {LONGEST_KEY} letters, new for every order"
        )));
    }
    Ok(key.to_owned())
}
