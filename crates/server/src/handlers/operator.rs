//! `GET /api/v1/operator`: what this deployment lets people do by themselves, and whom to ask for the rest.

use axum::Json;
use axum::extract::State;
use sliderule_api::organizations::Operator;

use crate::app::Shared;
use crate::auth::GitHub;

/// What this deployment lets people do by themselves, and whom to ask for the rest.
///
/// Without a token: the page asks before anybody has one.
#[utoipa::path(
    get,
    path = "",
    operation_id = "operator",
    tag = "Operation",
    extensions(("x-role" = json!("open"))),
    responses((status = 200, description = "What.", body = Operator))
)]
pub async fn get(State(app): State<Shared>) -> Json<Operator> {
    let settings = &app.config.sign_up;
    Json(Operator {
        contact: settings.contact.clone(),
        sign_up_open: settings.open,
        organizations: settings.organizations,
        github: app.github.as_ref().is_some_and(GitHub::has_application),
    })
}
