//! `POST /api/v1/users`: somebody makes their own account.

use axum::Json;
use axum::extract::{Request, State};
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use sliderule_api::EmailAddress;
use sliderule_api::people::{NewAccount, SignUp};

use crate::account;
use crate::app::Shared;
use crate::auth::choice::may_be_chosen;
use crate::http::fields::whole_json;
use crate::http::{Origin, Refusal};
use crate::people::own_name;
use crate::store::NewUser;

/// What signing up looks like, for who sent another thing.
const EXAMPLE: &str = "{\"username\": \"ada\", \"email\": \"ada@example.org\", \"password\": \"…\"}";

/// Somebody makes their own account.
///
/// The answer is no token: signing in is the next step, and proves that the password was typed as it was meant.
#[utoipa::path(
    post,
    path = "",
    operation_id = "sign_up",
    tag = "People",
    extensions(("x-role" = json!("open"))),
    request_body = SignUp,
    responses(
        (status = 201, description = "The account.", body = NewAccount),
        (status = 409, description = "The name or the address is another user's."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    request: Request,
) -> Result<(StatusCode, Json<NewAccount>), Refusal> {
    if !app.config.sign_up.open {
        return Err(account::by_the_operator(&app, "people do not make their own accounts here"));
    }
    let SignUp { username, email, password } = whole_json(request, EXAMPLE).await?;
    let password = SecretString::from(password);
    let name = own_name(&username).map_err(Refusal::bad_request)?;
    let email: EmailAddress = email.parse().map_err(account::wrong_email)?;
    may_be_chosen(password.expose_secret(), name.as_str(), email.as_str())
        .map_err(|why| Refusal::bad_request(why.to_string()))?;
    let password = Some(app.hasher.hash(password).await?);
    let new = NewUser { name, email: email.to_string(), password, github_id: None, at: app.clock.now() };
    let user = app.db.sign_up(&new, origin.stranger()).await.map_err(account::taken)?;
    Ok((StatusCode::CREATED, Json(NewAccount { id: user.id, username: user.name, email })))
}
