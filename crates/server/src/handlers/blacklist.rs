//! `POST /api/token/blacklist/`: ends the session of a refresh token, as signing out does.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use sliderule_api::tokens::TokenKind;

use super::refresh_token::{presented, refuse};
use super::sessions::whose;
use crate::app::Shared;
use crate::auth::rotation::{Decision, decide};
use crate::http::{Fields, Origin, Refusal};
use crate::store::sessions::{Because, Which};

/// Whoever holds the token may do it, also with one that was exchanged while that is still good for its child. With one
/// that is older the session ends, too, but as a stolen one.
pub async fn post(State(app): State<Shared>, origin: Origin, fields: Fields) -> Result<Json<Value>, Refusal> {
    let [refresh] = fields.require(["refresh"])?;
    let (at, now) = (app.clock.now(), app.now_seconds());
    let claims = app.mint.verify(&refresh, TokenKind::Refresh, now).map_err(refuse)?;
    let over = || Refusal::token_not_valid("Token is blacklisted; there is nothing left to revoke");
    let family =
        app.db.family(&claims).await?.filter(|family| family.goes_on_for(&claims)).ok_or_else(over)?;
    let child = app.mint.children(&claims).refresh;
    let because = match decide(presented(&claims, &child, &family), now) {
        Decision::Exchange | Decision::Again(_) => Because::SignedOut,
        Decision::Theft => Because::TokenReused,
    };
    let (whose, which) = (whose(&claims), Which::One(&claims.sid));
    let revoked = app.db.revoke_sessions(&whose, which, because, &origin.of(&claims), at, now).await?;
    match (revoked, because) {
        (1.., Because::SignedOut) => Ok(Json(json!({}))),
        _ => Err(over()),
    }
}
