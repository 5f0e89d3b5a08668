//! `POST /api/v1/session`: a pair of tokens for user name and password, for an organization or for one's own account.

use axum::Json;
use axum::extract::{Request, State};
use secrecy::SecretString;
use sliderule_api::people::SignIn;
use sliderule_api::sessions::SignedInBy;
use sliderule_api::tokens::TokenAnswer;

use crate::app::Shared;
use crate::http::fields::whole_json;
use crate::http::{Origin, Refusal};
use crate::{credentials, sign_in};

/// What a sign-in looks like, for who sent another thing.
const EXAMPLE: &str = "{\"username\": \"ada\", \"password\": \"…\", \"organization\": \"acme\"}";

/// A pair of tokens for user name and password, for an organization or for one's own account.
///
/// Credentials are checked before the organization is looked at, and an unknown user's password takes as long as a
/// known one's.
#[utoipa::path(
    post,
    path = "",
    operation_id = "sign_in",
    tag = "Signing in",
    extensions(("x-role" = json!("open"))),
    request_body = SignIn,
    responses(
        (status = 200, description = "The tokens.", body = TokenAnswer),
        (status = 429, description = "Too many wait for their passwords to be checked."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    request: Request,
) -> Result<Json<TokenAnswer>, Refusal> {
    let SignIn { username, password, organization } = whole_json(request, EXAMPLE).await?;
    let user = credentials::check(&app, &origin, &username, SecretString::from(password)).await?;
    let how = SignedInBy::Password;
    let pair = match organization {
        Some(organization) => sign_in::issue(&app, &user, &organization, how, &origin).await,
        None => sign_in::issue_account(&app, &user, how, &origin).await,
    };
    pair.map(Json)
}
