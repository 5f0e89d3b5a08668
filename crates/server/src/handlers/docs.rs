//! `GET /api/v1/docs`: the API for people, as one page.

use axum::response::IntoResponse;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::openapi;

/// The API for people: the document as one page.
#[utoipa::path(
    get,
    path = "",
    operation_id = "docs",
    tag = "Operation",
    extensions(("x-role" = json!("open"))),
    responses((status = 200, description = "A page.", content_type = "text/html", body = String))
)]
pub async fn get() -> impl IntoResponse {
    let (page, policy) = openapi::page();
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, policy)], page)
}
