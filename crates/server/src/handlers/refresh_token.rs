//! `POST /api/org_token/refresh/`: a fresh pair of tokens for a refresh token, which is good for one use.

use axum::Json;
use axum::extract::State;
use sliderule_api::tokens::{TokenAnswer, TokenKind};

use crate::app::Shared;
use crate::auth::TokenProblem;
use crate::http::{Fields, Refusal};
use crate::sign_in;
use crate::store::{Spending, User};

/// A fresh pair of tokens for a refresh token.
///
/// The token is verified before anything in it is believed, and used up last, so that a refusal for
/// another reason costs the caller nothing.
#[utoipa::path(
    post,
    path = "",
    operation_id = "org_token_refresh",
    tag = "Organization-token API",
    extensions(("x-role" = json!("open"))),
    request_body = sliderule_api::tokens::RefreshToken,
    responses((status = 200, description = "The tokens.", body = TokenAnswer))
)]
pub async fn post(State(app): State<Shared>, fields: Fields) -> Result<Json<TokenAnswer>, Refusal> {
    let [refresh] = fields.require(["refresh"])?;
    let now = app.now_seconds();
    let claims = app.mint.verify(&refresh, TokenKind::Refresh, now).map_err(refuse)?;
    let user = User { id: claims.user_id, name: claims.user_name.clone() };
    if let Some(organization) = claims.aud.organization() {
        sign_in::check(&app, &user, organization.as_str()).await?;
    }
    let pair = app.mint.issue(&user, &claims.aud, &claims.sid, now)?;
    match app.db.spend_token(&claims, now).await? {
        Spending::Spent => Ok(Json(pair)),
        Spending::SpentBefore => {
            Err(Refusal::token_not_valid("Token is blacklisted; sign in again at /api/org_token/"))
        }
    }
}

/// Why a refresh token is not accepted, in the words of the original, and what to do.
pub fn refuse(problem: TokenProblem) -> Refusal {
    Refusal::token_not_valid(match problem {
        TokenProblem::WrongKind => "Token has wrong type; send the refresh token",
        TokenProblem::Invalid | TokenProblem::Expired => {
            "Token is invalid or expired; sign in again at /api/org_token/"
        }
    })
}
