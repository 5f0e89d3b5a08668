//! `PUT` and `PATCH /api/desired_org_num_nodes/<org>/<n>/`: n nodes until the presented token ends.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::CapacityAnswer;
use sliderule_provisioning::cluster::Moment;

use crate::app::Shared;
use crate::capacity::{self, End};
use crate::http::path::number;
use crate::http::{Caller, Refusal, Segments};

/// The limits of the time to live do not apply: the token's lifetime is the operator's choice already.
pub async fn put(
    State(app): State<Shared>,
    caller: Caller,
    Segments((organization, nodes)): Segments<(String, String)>,
) -> Result<Json<CapacityAnswer>, Refusal> {
    let nodes = number(&nodes, "nodes")?;
    let member = caller.member_of(&app, &organization).await?;
    let token_ends = Moment(i64::try_from(member.claims.exp).unwrap_or(i64::MAX).saturating_mul(1000));
    let placement = capacity::place(&app, &member, nodes, End::At(token_ends), None).await?;
    Ok(Json(placement.answer()))
}
