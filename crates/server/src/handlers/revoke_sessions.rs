//! `DELETE /api/v1/sessions`: ends all of one's sessions but the one whose token is sent.

use axum::Json;
use axum::extract::State;
use sliderule_api::sessions::SessionsRevoked;

use super::sessions::whose;
use crate::app::Shared;
use crate::http::{Caller, Origin, Refusal};
use crate::store::sessions::{Because, Which};

/// Ends all of one's sessions but the one whose token is sent.
///
/// Also those that were opened by this one: whoever had its token for a while may have opened them.
#[utoipa::path(
    delete,
    path = "",
    operation_id = "revoke_sessions",
    tag = "Signing in",
    extensions(("x-role" = json!("account"))),
    security(("account_token" = []), ("organization_token" = [])),
    responses((status = 200, description = "How many ended.", body = SessionsRevoked))
)]
pub async fn delete(
    State(app): State<Shared>,
    origin: Origin,
    Caller(claims, _): Caller,
) -> Result<Json<SessionsRevoked>, Refusal> {
    let (at, now) = (app.clock.now(), app.now_seconds());
    let (which, actor) = (Which::AllBut(&claims.sid), origin.of(&claims));
    let revoked = app.db.revoke_sessions(&whose(&claims), which, Because::Revoked, &actor, at, now).await?;
    Ok(Json(SessionsRevoked { revoked }))
}
