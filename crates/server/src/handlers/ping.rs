//! `GET /ping/`: whether the server lives, for load balancers.

/// Whether the server lives.
///
/// Answers before anything is checked.
#[utoipa::path(
    get,
    path = "",
    operation_id = "ping",
    tag = "Operation",
    extensions(("x-role" = json!("open"))),
    responses((status = 200, description = "`pong!`", body = String, content_type = "text/plain"))
)]
pub async fn get() -> &'static str {
    "pong!"
}
