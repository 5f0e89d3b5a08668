//! `GET /api/v1/account`: one's own account.

use axum::Json;
use axum::extract::State;
use sliderule_api::people;

use crate::account;
use crate::app::Shared;
use crate::http::{Account, Refusal};

/// With a token for the account itself.
pub async fn get(State(app): State<Shared>, caller: Account) -> Result<Json<people::Account>, Refusal> {
    let person = caller.person(&app).await?;
    account::shown(&app, person).await.map(Json)
}
