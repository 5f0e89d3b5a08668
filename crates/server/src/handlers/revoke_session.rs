//! `DELETE /api/v1/sessions/<id>`: ends one of one's sessions.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use sliderule_api::ErrorCode;
use sliderule_api::sessions::SessionsRevoked;

use super::sessions::whose;
use crate::app::Shared;
use crate::http::{Caller, Origin, Refusal, Segments};
use crate::store::sessions::{Because, Which};

/// Ends one of one's sessions.
///
/// Somebody else's session is none that there is, nor is one that has ended.
#[utoipa::path(
    delete,
    path = "",
    operation_id = "revoke_session",
    tag = "Signing in",
    extensions(("x-role" = json!("account"))),
    security(("account_token" = []), ("organization_token" = [])),
    responses(
        (status = 200, description = "How many ended.", body = SessionsRevoked),
        (status = 404, description = "One has no such session."),
    )
)]
pub async fn delete(
    State(app): State<Shared>,
    origin: Origin,
    Caller(claims, _): Caller,
    Segments(id): Segments<String>,
) -> Result<Json<SessionsRevoked>, Refusal> {
    let (at, now) = (app.clock.now(), app.now_seconds());
    let (which, actor) = (Which::One(&id), origin.of(&claims));
    match app.db.revoke_sessions(&whose(&claims), which, Because::Revoked, &actor, at, now).await? {
        0 => {
            let message = "you have no session of that id; GET /api/v1/sessions lists those you have";
            Err(Refusal::new(StatusCode::NOT_FOUND, ErrorCode::InvalidArgument, message))
        }
        revoked => Ok(Json(SessionsRevoked { revoked })),
    }
}
