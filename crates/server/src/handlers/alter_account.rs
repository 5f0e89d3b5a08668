//! `PATCH /api/v1/account`: one is reached elsewhere from now on.

use axum::Json;
use axum::extract::{Request, State};
use sliderule_api::EmailAddress;
use sliderule_api::people::{self, AlterAccount};

use crate::account;
use crate::app::Shared;
use crate::http::fields::whole_json;
use crate::http::{Account, Origin, Refusal};

/// What a change looks like, for who sent another thing.
const EXAMPLE: &str = "{\"email\": \"ada@example.org\"}";

/// One is reached elsewhere from now on.
///
/// Repeating it changes nothing.
#[utoipa::path(
    patch,
    path = "",
    operation_id = "alter_account",
    tag = "People",
    extensions(("x-role" = json!("account"))),
    request_body = AlterAccount,
    responses((status = 200, description = "The account.", body = people::Account))
)]
pub async fn patch(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    request: Request,
) -> Result<Json<people::Account>, Refusal> {
    let person = caller.person(&app).await?;
    let AlterAccount { email } = whole_json(request, EXAMPLE).await?;
    let email: EmailAddress = email.parse().map_err(account::wrong_email)?;
    if email.as_str() != person.email {
        let actor = origin.of(&caller.0);
        let set = app.db.set_email(person.id, email.as_str(), &actor, app.clock.now()).await;
        set.map_err(account::not_altered)?;
    }
    account::shown(&app, caller.person(&app).await?).await.map(Json)
}
