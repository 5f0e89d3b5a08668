//! `POST /api/org_token/`: a pair of tokens for user name and password.

use axum::Json;
use axum::extract::State;
use secrecy::SecretString;
use sliderule_api::sessions::SignedInBy;
use sliderule_api::tokens::TokenAnswer;

use crate::app::Shared;
use crate::http::{Fields, Origin, Refusal};
use crate::{credentials, sign_in};

/// A pair of tokens for user name and password.
///
/// Credentials are checked before the organization is looked at, and an unknown user's password takes as
/// long as a known one's.
#[utoipa::path(
    post,
    path = "",
    operation_id = "org_token",
    tag = "Organization-token API",
    extensions(("x-role" = json!("open"))),
    request_body = sliderule_api::tokens::PasswordSignIn,
    responses(
        (status = 200, description = "The tokens.", body = TokenAnswer),
        (status = 429, description = "Too many wait for their passwords to be checked."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    fields: Fields,
) -> Result<Json<TokenAnswer>, Refusal> {
    let [username, password, organization] = fields.require(["username", "password", "org_name"])?;
    let user = credentials::check(&app, &origin, &username, SecretString::from(password)).await?;
    sign_in::issue(&app, &user, &organization, SignedInBy::Password, &origin).await.map(Json)
}
