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

/// A member may do more from now on, or less.
///
/// For owners. Repeating it changes nothing.
#[utoipa::path(
    put,
    path = "",
    operation_id = "alter_role",
    tag = "Members",
    extensions(("x-role" = json!("owner"))),
    security(("account_token" = [])),
    request_body = NewRole,
    responses(
        (status = 200, description = "The member.", body = Member),
        (status = 404, description = "They have no membership, and asked for none."),
        (status = 409, description = "That cannot be done to a membership in this state."),
    )
)]
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
