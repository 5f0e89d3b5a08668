//! `POST /api/token/blacklist/`: makes a refresh token worthless, as signing out does.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use sliderule_api::tokens::TokenKind;

use super::refresh_token::refuse;
use crate::app::Shared;
use crate::http::{Fields, Refusal};
use crate::store::Spending;

/// Makes a refresh token worthless.
///
/// Whoever holds the token may do it.
#[utoipa::path(
    post,
    path = "",
    operation_id = "token_blacklist",
    tag = "Organization-token API",
    extensions(("x-role" = json!("open"))),
    request_body = sliderule_api::tokens::RefreshToken,
    responses((status = 200, description = "Nothing.", body = serde_json::Value))
)]
pub async fn post(State(app): State<Shared>, fields: Fields) -> Result<Json<Value>, Refusal> {
    let [refresh] = fields.require(["refresh"])?;
    let now = app.now_seconds();
    let claims = app.mint.verify(&refresh, TokenKind::Refresh, now).map_err(refuse)?;
    match app.db.spend_token(&claims, now).await? {
        Spending::Spent => Ok(Json(json!({}))),
        Spending::SpentBefore => {
            Err(Refusal::token_not_valid("Token is blacklisted; there is nothing left to revoke"))
        }
    }
}
