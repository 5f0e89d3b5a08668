//! `GET /api/v1/organizations/<org>/membership`: one's own membership.

use axum::Json;
use axum::extract::State;
use sliderule_api::members::Membership;

use crate::app::Shared;
use crate::http::{Account, Refusal, Segments};
use crate::members;

/// One's own membership.
///
/// Somebody with an account may learn that an organization exists, since they may ask to join it.
#[utoipa::path(
    get,
    path = "",
    operation_id = "membership",
    tag = "Members",
    extensions(("x-role" = json!("account"))),
    responses((status = 200, description = "The membership.", body = Membership))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Account,
    Segments(organization): Segments<String>,
) -> Result<Json<Membership>, Refusal> {
    let person = caller.person(&app).await?;
    let name = members::known(&organization)?;
    let held = app.db.membership(person.id, &name).await?;
    Ok(Json(members::shown(name, held.ok_or_else(|| members::unknown(&organization))?)))
}
