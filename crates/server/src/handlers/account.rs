//! `GET /api/v1/account`: one's own account.

use axum::Json;
use axum::extract::State;
use sliderule_api::people;

use crate::account;
use crate::app::Shared;
use crate::http::{Account, Refusal};

/// One's own account.
///
/// With a token for the account itself.
#[utoipa::path(
    get,
    path = "",
    operation_id = "account",
    tag = "People",
    extensions(("x-role" = json!("account"))),
    responses((status = 200, description = "The account.", body = people::Account))
)]
pub async fn get(State(app): State<Shared>, caller: Account) -> Result<Json<people::Account>, Refusal> {
    let person = caller.person(&app).await?;
    account::shown(&app, person).await.map(Json)
}
