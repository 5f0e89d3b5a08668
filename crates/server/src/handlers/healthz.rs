//! `GET /healthz`: whether the server can do its work, and what is wrong if it cannot.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::Shared;
use crate::health::Report;

/// Whether the server can do its work, and what is wrong if it cannot.
///
/// 200 if it can, 503 if not.
#[utoipa::path(
    get,
    path = "",
    operation_id = "healthz",
    tag = "Operation",
    extensions(("x-role" = json!("open"))),
    responses(
        (status = 200, description = "It can.", body = Report),
        (status = 503, description = "It cannot.", body = Report),
    )
)]
pub async fn get(State(app): State<Shared>) -> (StatusCode, Json<Report>) {
    let report = app.health.report().await;
    let status = if report.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report))
}
