//! `POST /api/v1/organizations/<org>/deploy`: lets a destroyed cluster run again, with nodes for the caller.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sliderule_api::status::CapacityOrder;
use sliderule_provisioning::hand;
use sliderule_provisioning::order::Order;

use super::place_request::EXAMPLE;
use crate::app::Shared;
use crate::capacity;
use crate::http::fields::whole_json;
use crate::http::{Caller, Origin, Refusal, Segments, idempotency};

/// Lets a destroyed cluster run again, with nodes for oneself.
///
/// The order is one like any other: if it is refused, the cluster stays as it is.
#[utoipa::path(
    post,
    path = "",
    operation_id = "deploy_cluster",
    tag = "Cluster",
    extensions(("x-role" = json!("manager"))),
    request_body = CapacityOrder,
    params(
        (
            "Idempotency-Key" = String,
            Header,
            description = "New for every order; the same one makes a retry harmless.",
        ),
    ),
    responses(
        (status = 201, description = "What was granted.", body = sliderule_api::status::Grant),
        (
            status = 200,
            description = "What was granted for this key before.",
            body = sliderule_api::status::Grant,
        ),
        (status = 402, description = "The money does not cover it; `fits` says what would do."),
        (status = 409, description = "The key stands for another order."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments(organization): Segments<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_may("deploy the cluster")?;
    let key = idempotency::required(&request)?;
    let CapacityOrder { nodes, time_to_live_seconds, replace } = whole_json(request, EXAMPLE).await?;
    if nodes == 0 {
        return Err(Refusal::bad_request("a deploy needs at least 1 node; `destroy` ends a cluster"));
    }
    let key =
        Some((key, format!("deploy with {nodes} nodes for {time_to_live_seconds} s, replace: {replace}")));
    if let Some(grant) = capacity::replay(&app, &member, key.as_ref(), Some(nodes)).await? {
        return Ok(Json(grant).into_response());
    }
    let wish = capacity::place(&app, nodes, time_to_live_seconds, replace)?;
    let order = Order { user: member.claims.user_name.clone(), wish, key };
    let decided = |cluster: &_, now| capacity::decided(&app, cluster, &order, now, hand::deploy);
    let tell = |_: &_| {
        member.deed(&origin, "cluster.deployed", format!("with {nodes} nodes for {time_to_live_seconds} s"))
    };
    let grant = app.decide_audited(&member.organization, decided, tell).await?;
    Ok((StatusCode::CREATED, Json(capacity::granted(&app, &grant))).into_response())
}
