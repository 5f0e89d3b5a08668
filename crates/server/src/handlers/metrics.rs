//! `GET /metrics`: numbers for Prometheus, for whoever has the operator's token for them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use prometheus_client::encoding::prometheus_text;
use sliderule_api::ErrorCode;
use sliderule_api::bearer::bearer;

use crate::app::Shared;
use crate::http::{Refusal, refusal};
use crate::metrics::Exposition;

/// Numbers for Prometheus.
///
/// Where the operator set no token, there is nothing here.
#[utoipa::path(
    get,
    path = "",
    operation_id = "metrics",
    tag = "Operation",
    extensions(("x-role" = json!("operator"))),
    responses(
        (status = 200, description = "The numbers.", body = String, content_type = "text/plain"),
        (status = 404, description = "The operator has set no token for them."),
    )
)]
pub async fn get(State(app): State<Shared>, headers: HeaderMap) -> Result<Response, Refusal> {
    if app.exposition.token.is_none() {
        return Err(refusal::not_found().await);
    }
    let values = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    match bearer(values) {
        Ok(token) if app.exposition.opens(token) => Ok(answer(&app.exposition).await),
        _ => Err(Refusal::unauthorized(
            ErrorCode::WrongCredentials,
            "this needs the token of metrics.token_file as a bearer token",
        )),
    }
}

/// The numbers, for whoever may have them.
pub async fn answer(exposition: &Exposition) -> Response {
    ([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], exposition.text().await).into_response()
}
