//! `PUT` and `PATCH /api/remove_user_org_num_nodes_reqs/<org>/`: releases all the caller asked for.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::CapacityAnswer;
use sliderule_provisioning::{order, size};

use crate::app::Shared;
use crate::capacity;
use crate::http::{Caller, Refusal, Segments};

/// The original skipped requests that counted at the moment, which left nobody a way to end their own;
/// here all of the caller's are released.
pub async fn put(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<CapacityAnswer>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let user = &member.claims.user_name;
    let release = |cluster: &_, now| order::release(cluster, Some(user), None, now);
    let released = app.carry(&member.organization, release).await?;
    let (cluster, now) = (app.cluster(&member.organization).await?, app.clock.now());
    let explanation = size::size(&cluster, now, app.policy.terms).explanation.to_string();
    Ok(Json(CapacityAnswer {
        status: "SUCCESS".to_owned(),
        msg: format!("{user} cleaned all PENDING org node reqs for {organization} ({released} released)"),
        error_msg: String::new(),
        request_id: None,
        granted_nodes: None,
        expires_at: None,
        cost_micro_usd: None,
        explanation: Some(explanation),
        runway: Some(capacity::lasting(&app, &cluster, now)),
    }))
}
