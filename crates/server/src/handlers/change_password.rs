//! `POST /api/v1/account/password`: one has another password from now on, and every other session ends.

use axum::Json;
use axum::extract::{Request, State};
use secrecy::{ExposeSecret, SecretString};
use sliderule_api::people::{ChangePassword, Done};

use crate::account;
use crate::app::Shared;
use crate::auth::choice::may_be_chosen;
use crate::http::fields::whole_json;
use crate::http::{Account, Origin, Refusal};
use crate::instants::Now;

/// What a change looks like, for who sent another thing.
const EXAMPLE: &str = "{\"old_password\": \"…\", \"new_password\": \"…\"}";

/// One has another password from now on, and every other session ends.
///
/// Whoever has a password proves it; whoever has none proves that they signed in a moment ago. A token alone, which may
/// have been left lying around, takes no account over.
#[utoipa::path(
    post,
    path = "",
    operation_id = "change_password",
    tag = "People",
    extensions(("x-role" = json!("account"))),
    request_body = ChangePassword,
    responses(
        (status = 200, description = "It is changed.", body = Done),
        (status = 429, description = "Too many wait for their passwords to be checked."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    request: Request,
) -> Result<Json<Done>, Refusal> {
    let person = caller.person(&app).await?;
    let ChangePassword { old_password, new_password } = whole_json(request, EXAMPLE).await?;
    let new_password = SecretString::from(new_password);
    may_be_chosen(new_password.expose_secret(), person.name.as_str(), &person.email)
        .map_err(|why| Refusal::bad_request(why.to_string()))?;
    let former =
        account::prove(&app, &origin, &caller, &person, old_password.map(SecretString::from)).await?;
    let password = app.hasher.hash(new_password).await?;
    let (actor, now) = (origin.of(&caller.0), Now::by(&*app.clock));
    let set = app.db.set_password(person.id, former.as_ref(), &password, &actor, now).await;
    set.map_err(account::not_altered)?;
    Ok(Json(Done {}))
}
