//! `POST /api/org_token_github/`: a pair of tokens for a GitHub access token.

use axum::Json;
use axum::extract::State;
use secrecy::SecretString;
use sliderule_api::sessions::SignedInBy;
use sliderule_api::tokens::TokenAnswer;

use crate::app::Shared;
use crate::http::{Fields, Origin, Refusal};
use crate::{github_sign_in, sign_in};

/// The account's number decides who it is; its login says nothing.
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    fields: Fields,
) -> Result<Json<TokenAnswer>, Refusal> {
    let [organization, token] = fields.require(["org_name", "access_token"])?;
    let github = github_sign_in::github(&app)?;
    let account =
        github.account_of_token(&SecretString::from(token)).await.map_err(github_sign_in::refuse)?;
    let user = github_sign_in::user(&app, &account).await?;
    sign_in::issue(&app, &user, &organization, SignedInBy::GithubToken, &origin).await.map(Json)
}
