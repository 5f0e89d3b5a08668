//! `GET /api/v1/organizations/<org>/requests/<id>`: one capacity request, live or over.

use axum::Json;
use axum::extract::State;
use sliderule_api::RequestId;
use sliderule_api::status::RequestRecord;

use crate::app::Shared;
use crate::capacity;
use crate::http::{Caller, Refusal, Segments};

/// One capacity request, live or over.
///
/// One's own; owners and managers see everybody's. To anybody else it is not there.
#[utoipa::path(
    get,
    path = "",
    operation_id = "request",
    tag = "Capacity requests",
    extensions(("x-role" = json!("member"))),
    responses(
        (status = 200, description = "The request.", body = RequestRecord),
        (status = 404, description = "One has no such request."),
    )
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments((organization, id)): Segments<(String, String)>,
) -> Result<Json<RequestRecord>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let id: RequestId = id.parse().map_err(|_| capacity::unknown_request())?;
    let found = app.db.request(&member.organization, &id).await?;
    let found = found.filter(|record| member.manages() || record.request.user == member.claims.user_name);
    found.map(|record| Json(capacity::shown_record(&app, &record))).ok_or_else(capacity::unknown_request)
}
