//! `GET /api/v1/openapi.json` and `/api/schema/`: the API for programs, as an OpenAPI document.

use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;

use crate::openapi;

/// The API for programs: this document.
#[utoipa::path(
    get,
    path = "",
    operation_id = "openapi",
    tag = "Operation",
    extensions(("x-role" = json!("open"))),
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = serde_json::Value))
)]
pub async fn get() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi::json())
}
