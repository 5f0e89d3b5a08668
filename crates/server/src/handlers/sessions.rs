//! `GET /api/v1/sessions`: where one is signed in.

use axum::Json;
use axum::extract::State;
use sliderule_api::sessions::{Session, Sessions};
use sliderule_api::tokens::Claims;

use crate::app::Shared;
use crate::http::{Caller, Refusal};
use crate::instants::utc_of;
use crate::store::sessions::Whose;

/// Where one is signed in.
///
/// A token for the account sees all of one's sessions, one for an organization those in it.
#[utoipa::path(
    get,
    path = "",
    operation_id = "sessions",
    tag = "Signing in",
    extensions(("x-role" = json!("account"))),
    security(("account_token" = []), ("organization_token" = [])),
    responses((status = 200, description = "The sessions.", body = Sessions))
)]
pub async fn get(State(app): State<Shared>, Caller(claims, _): Caller) -> Result<Json<Sessions>, Refusal> {
    let found = app.db.sessions(&whose(&claims), app.now_seconds()).await?;
    let shown = found.into_iter().map(|session| Session {
        current: session.id == claims.sid,
        id: session.id,
        organization: session.organization,
        how: session.how,
        address: session.address,
        agent: session.agent,
        began_at: utc_of(session.began_at),
        used_at: utc_of(session.used_at),
        ends_at: utc_of(session.ends_at),
    });
    Ok(Json(Sessions { sessions: shown.collect() }))
}

/// The sessions that the holder of a token may see and end.
pub(super) fn whose(claims: &Claims) -> Whose {
    Whose { user: claims.user_id, organization: claims.aud.organization().cloned() }
}
