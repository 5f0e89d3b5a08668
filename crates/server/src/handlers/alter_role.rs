//! `PUT /api/v1/organizations/<org>/members/<user>/role`: a member may do more from now on, or less.

use axum::Json;
use axum::extract::{Request, State};
use sliderule_api::members::{Member, NewRole};
use sliderule_provisioning::membership::Act;

use crate::app::Shared;
use crate::http::fields::whole_json;
use crate::http::{Account, Origin, Refusal, Segments};
use crate::members;

/// What a role looks like, for who sent another thing.
const EXAMPLE: &str = "{\"role\": \"manager\"}";

/// For owners. Repeating it changes nothing.
pub async fn put(
    State(app): State<Shared>,
    origin: Origin,
    caller: Account,
    Segments(whose): Segments<(String, String)>,
    request: Request,
) -> Result<Json<Member>, Refusal> {
    let NewRole { role } = whole_json(request, EXAMPLE).await?;
    members::act(&app, &origin, &caller, whose, Act::Give(role)).await
}
