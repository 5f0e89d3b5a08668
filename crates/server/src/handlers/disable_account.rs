//! `POST /api/v1/account/disable`: one closes one's own account.

use axum::Json;
use axum::extract::{Request, State};
use secrecy::SecretString;
use sliderule_api::people::{DisableAccount, Done};

use crate::account;
use crate::app::Shared;
use crate::http::fields::whole_json;
use crate::http::{Account, Origin, Refusal};
use crate::instants::Now;

/// What closing looks like, for who sent another thing.
const EXAMPLE: &str = "{\"password\": \"…\"}";

/// One's own account is switched off.
///
/// Memberships are left and requests for nodes released. The name is nobody else's afterwards; the operator can enable
/// the account again.
#[utoipa::path(
    post,
    path = "",
    operation_id = "disable_account",
    tag = "People",
    extensions(("x-role" = json!("account"))),
    request_body = DisableAccount,
    responses((status = 200, description = "It is switched off.", body = Done))
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    request: Request,
) -> Result<Json<Done>, Refusal> {
    let person = caller.person(&app).await?;
    let DisableAccount { password } = whole_json(request, EXAMPLE).await?;
    account::prove(&app, &origin, &caller, &person, password.map(SecretString::from)).await?;
    let closed = app.db.close_account(person.id, &origin.of(&caller.0), Now::by(&*app.clock)).await;
    for organization in closed.map_err(account::not_altered)? {
        app.reconciler.wake(&organization);
    }
    Ok(Json(Done {}))
}
