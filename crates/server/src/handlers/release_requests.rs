//! `DELETE /api/v1/organizations/<org>/requests`: releases all of the caller's requests, or everybody's.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sliderule_api::status::ReleasedAll;
use sliderule_provisioning::size;
use utoipa::IntoParams;

use crate::app::Shared;
use crate::capacity;
use crate::http::{Caller, Origin, Query, Refusal, Segments};

/// Whose requests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// Everybody's; for managers.
    #[serde(default)]
    everybody: bool,
}

/// Releases all of one's requests; for managers, everybody's.
///
/// Never refused to who may do it, and repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "",
    operation_id = "release_requests",
    tag = "Capacity requests",
    extensions(("x-role" = json!("member"))),
    params(Whose),
    responses((status = 200, description = "What was released.", body = ReleasedAll))
)]
pub async fn delete(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments(organization): Segments<String>,
    Query(Whose { everybody }): Query<Whose>,
) -> Result<Json<ReleasedAll>, Refusal> {
    let mut member = caller.member_of(&app, &organization).await?;
    if everybody {
        member = member.who_may("release the requests of others")?;
    }
    let released = match everybody {
        true => capacity::release_all(&app, &member, &origin).await?,
        false => capacity::release_own(&app, &member).await?,
    };
    let cluster = app.cluster(&member.organization).await?;
    let target_nodes = size::size(&cluster, app.clock.now(), app.policy.terms).target;
    Ok(Json(ReleasedAll { released, target_nodes }))
}
