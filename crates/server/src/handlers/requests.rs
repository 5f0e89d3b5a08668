//! `GET /api/v1/organizations/<org>/requests?all=&limit=&after=`: live capacity requests, latest first.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sliderule_api::RequestId;
use sliderule_api::page::Page;
use sliderule_api::status::RequestRecord;
use utoipa::IntoParams;

use crate::app::Shared;
use crate::capacity;
use crate::http::{Caller, Paging, Query, Refusal, Segments};

/// Whose requests, and which of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Everybody's.
    #[serde(default)]
    all: bool,
    /// Entries of a page: from 1 to 100, or 50.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// One's live capacity requests, latest first.
///
/// One's own; owners and managers may ask for everybody's.
#[utoipa::path(
    get,
    path = "",
    operation_id = "requests",
    tag = "Capacity requests",
    extensions(("x-role" = json!("member"))),
    params(Which),
    responses((status = 200, description = "A page.", body = Page<RequestRecord>))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    Query(Which { all, limit, after }): Query<Which>,
) -> Result<Json<Page<RequestRecord>>, Refusal> {
    let mut member = caller.member_of(&app, &organization).await?;
    if all {
        member = member.who_may("list the requests of others")?;
    }
    let paging = Paging::<RequestId>::read(limit, after.as_deref())?;
    let user = (!all).then_some(&member.claims.user_name);
    let now = app.clock.now();
    let found = app.db.live_requests(&member.organization, user, now, paging.after.as_ref(), paging.sought());
    let page = paging.page(found.await?, |record| record.request.id.clone());
    Ok(Json(page.map(|record| capacity::shown_record(&app, &record))))
}
