//! `PUT` and `PATCH /api/remove_user_org_num_nodes_reqs/<org>/`: releases all the caller asked for.

use axum::Json;
use axum::extract::State;
use sliderule_api::capacity::CapacityAnswer;
use sliderule_provisioning::size;

use crate::app::{App, Shared};
use crate::capacity;
use crate::http::{Caller, Member, Refusal, Segments};

/// Releases all one asked for.
///
/// The original skipped requests that counted at the moment, which left nobody a way to end their own;
/// here all of the caller's are released.
#[utoipa::path(
    method(put, patch),
    path = "",
    operation_id = "put_remove_user_org_num_nodes_reqs",
    tag = "Organization-token API",
    extensions(("x-role" = json!("member"))),
    responses((status = 200, description = "What was released.", body = CapacityAnswer))
)]
pub async fn put(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<CapacityAnswer>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let released = capacity::release_own(&app, &member).await?;
    told(&app, &member, released).await.map(Json)
}

/// What was released, in the words of the original.
pub(super) async fn told(app: &App, member: &Member, released: u32) -> Result<CapacityAnswer, Refusal> {
    let (user, organization) = (&member.claims.user_name, &member.organization);
    let (cluster, now) = (app.cluster(organization).await?, app.clock.now());
    let explanation = size::size(&cluster, now, app.policy.terms).explanation.to_string();
    Ok(CapacityAnswer {
        status: "SUCCESS".to_owned(),
        msg: format!("{user} cleaned all PENDING org node reqs for {organization} ({released} released)"),
        error_msg: String::new(),
        request_id: None,
        granted_nodes: None,
        expires_at: None,
        cost_micro_usd: None,
        explanation: Some(explanation),
        runway: Some(capacity::lasting(app, &cluster, now)),
    })
}
