//! `POST /api/v1/organizations/<org>/refresh`: forgives failed boots, and has the cluster looked at now.

use axum::Json;
use axum::extract::State;
use sliderule_api::status::ClusterStatus;
use sliderule_provisioning::hand;

use super::status;
use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};

/// The answer is the status afterwards.
pub async fn post(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<ClusterStatus>, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_may("refresh the cluster")?;
    let user = Some(&member.claims.user_name);
    app.carry(&member.organization, |cluster, now| hand::refresh(cluster, user, now)).await?;
    app.reconciler.wake(&member.organization);
    let cluster = app.cluster(&member.organization).await?;
    Ok(Json(status::of(&app, &cluster)))
}
