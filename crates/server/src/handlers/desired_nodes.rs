//! `PUT` and `PATCH /api/desired_org_num_nodes/<org>/<n>/`: n nodes until the presented token ends.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::CapacityAnswer;
use sliderule_provisioning::order::Wish;
use sliderule_provisioning::time::Moment;

use crate::app::{App, Shared};
use crate::capacity;
use crate::http::path::number;
use crate::http::{Caller, Refusal, Segments};

/// So many nodes until the token ends; 0 releases one's own.
///
/// The limits of the time to live do not apply: the token's lifetime is the operator's choice already.
#[utoipa::path(
    method(put, patch),
    path = "",
    operation_id = "put_desired_org_num_nodes",
    tag = "Organization-token API",
    extensions(("x-role" = json!("member"))),
    responses((status = 200, description = "What was granted.", body = CapacityAnswer))
)]
pub async fn put(
    State(app): State<Shared>,
    caller: Caller,
    Segments((organization, nodes)): Segments<(String, String)>,
) -> Result<Json<CapacityAnswer>, Refusal> {
    let nodes = number(&nodes, "nodes")?;
    let member = caller.member_of(&app, &organization).await?;
    let until = ending(&app, member.claims.exp);
    let wish = Wish::Place { id: capacity::new_id()?, nodes, until, replace: false };
    let grant = capacity::order(&app, &member, wish, None).await?;
    Ok(Json(capacity::answered(&app, &member, &grant)))
}

/// When a token ends, whose end is told by the wall. To the nearest second, so that the same token always says the same
/// although the two clocks are milliseconds apart.
fn ending(app: &App, exp: u64) -> Moment {
    let now = app.clock.now();
    let ahead =
        i64::try_from(exp).unwrap_or(i64::MAX).saturating_mul(1000).saturating_sub(app.clock.wall(now).0);
    let end = now.0.saturating_add(ahead).saturating_add(500);
    Moment(end.saturating_sub(end.rem_euclid(1000)))
}
