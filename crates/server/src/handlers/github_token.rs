//! `POST /api/org_token_github/`: a pair of tokens for a GitHub access token.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use secrecy::SecretString;
use sliderule_api::ErrorCode;
use sliderule_api::sessions::SignedInBy;
use sliderule_api::tokens::TokenAnswer;

use crate::app::Shared;
use crate::auth::GitHubError;
use crate::http::{Fields, Origin, Refusal};
use crate::sign_in;

/// The account's number decides who it is; its login says nothing.
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    fields: Fields,
) -> Result<Json<TokenAnswer>, Refusal> {
    let [organization, token] = fields.require(["org_name", "access_token"])?;
    let Some(github) = &app.github else {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Unsupported,
            "Permission Denied: this provisioning system does not take GitHub tokens; sign in with user name and \
             password, or ask its operator to set github_api",
        ));
    };
    let denied = |why: String| {
        let message = format!("Permission Denied: {why}");
        Refusal::new(StatusCode::FORBIDDEN, ErrorCode::WrongCredentials, message)
    };
    let account = match github.account_of(&SecretString::from(token)).await {
        Ok(account) => account,
        Err(error @ GitHubError::BadToken) => return Err(denied(error.to_string())),
        Err(error @ GitHubError::Unavailable(_)) => {
            tracing::warn!(%error, "a sign-in by GitHub token failed");
            let message = format!("Server Error: {error}");
            return Err(Refusal::new(StatusCode::BAD_GATEWAY, ErrorCode::Unreachable, message));
        }
    };
    let known = app.db.user_by_github(account).await?;
    let user = known.ok_or_else(|| denied("no user here has this GitHub account; sign in with user name and password, or ask the operator to link it".to_owned()))?;
    sign_in::issue(&app, &user, &organization, SignedInBy::GithubToken, &origin).await.map(Json)
}
