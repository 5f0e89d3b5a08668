//! `PATCH /api/v1/organizations/<org>/requests/<id>`: larger, smaller, longer, or shorter where that is said.

use axum::Json;
use axum::extract::{Request, State};
use sliderule_api::RequestId;
use sliderule_api::status::{Grant, RequestChange};
use sliderule_provisioning::order::Wish;

use crate::app::Shared;
use crate::capacity;
use crate::http::fields::whole_json;
use crate::http::{Caller, Refusal, Segments, idempotency};

const EXAMPLE: &str = "{\"nodes\": 3, \"time_to_live_seconds\": 3600}";

/// Makes a request larger, smaller or longer, or shorter where that is said.
///
/// Times count from now. What saves money is never refused; an end that would come earlier has to be asked for with
/// `shorten`, since who extends a request does not mean to shorten it.
#[utoipa::path(
    patch,
    path = "",
    operation_id = "alter_request",
    tag = "Capacity requests",
    extensions(("x-role" = json!("member"))),
    request_body = RequestChange,
    params(
        (
            "Idempotency-Key" = Option<String>,
            Header,
            description = "New for every change; the same one makes a retry harmless.",
        ),
    ),
    responses(
        (status = 200, description = "What was granted.", body = Grant),
        (status = 402, description = "The money does not cover it; `fits` says what would do."),
        (status = 404, description = "One has no such request."),
        (
            status = 409,
            description = "It would end earlier, and `shorten` was not said; or the key stands for another change.",
        ),
    )
)]
pub async fn patch(
    State(app): State<Shared>,
    caller: Caller,
    Segments((organization, id)): Segments<(String, String)>,
    request: Request,
) -> Result<Json<Grant>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let key = idempotency::optional(&request)?;
    let change: RequestChange = whole_json(request, EXAMPLE).await?;
    if change.nodes.is_none() && change.time_to_live_seconds.is_none() {
        return Err(Refusal::bad_request(format!("say what shall change, such as {EXAMPLE}")));
    }
    let id: RequestId = id.parse().map_err(|_| capacity::unknown_request())?;
    let key = key.map(|key| (key, text(&id, &change)));
    if let Some(grant) = capacity::replay(&app, &member, key.as_ref(), change.nodes).await? {
        return Ok(Json(grant));
    }
    let until = change.time_to_live_seconds.map(|seconds| capacity::until(&app, seconds)).transpose()?;
    let wish = Wish::Alter { id, nodes: change.nodes, until, shorten: change.shorten };
    let grant = capacity::order(&app, &member, wish, key).await?;
    Ok(Json(capacity::granted(&app, &grant)))
}

/// A change as it is kept beside its key.
fn text(id: &RequestId, change: &RequestChange) -> String {
    let nodes = change.nodes.map(|nodes| format!(", {nodes} nodes")).unwrap_or_default();
    let seconds = change.time_to_live_seconds.map(|seconds| format!(", for {seconds} s")).unwrap_or_default();
    let shorten = if change.shorten { ", or shorter" } else { "" };
    format!("change of {id}{nodes}{seconds}{shorten}")
}
