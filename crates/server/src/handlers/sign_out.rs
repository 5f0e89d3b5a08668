//! `DELETE /api/v1/session`: ends the session whose access token is sent, and those that were opened by it.

use axum::Json;
use axum::extract::State;
use sliderule_api::sessions::SessionsRevoked;

use super::sessions::whose;
use crate::app::Shared;
use crate::http::{Caller, Origin, Refusal};
use crate::store::sessions::{Because, Which};

/// Ends the session whose access token is sent, and those that were opened by it.
///
/// Its tokens open nothing from then on.
#[utoipa::path(
    delete,
    path = "",
    operation_id = "sign_out",
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
    let (which, actor) = (Which::One(&claims.sid), origin.of(&claims));
    let revoked = app.db.revoke_sessions(&whose(&claims), which, Because::SignedOut, &actor, at, now).await?;
    Ok(Json(SessionsRevoked { revoked }))
}
