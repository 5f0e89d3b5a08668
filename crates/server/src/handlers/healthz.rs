//! `GET /healthz`: whether the server can do its work, and what is wrong if it cannot.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::Shared;
use crate::health::Report;

/// 200 if it can, 503 if not.
pub async fn get(State(app): State<Shared>) -> (StatusCode, Json<Report>) {
    let report = app.health.report().await;
    let status = if report.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report))
}
