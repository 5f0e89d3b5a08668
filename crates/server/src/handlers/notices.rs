//! `GET /api/v1/organizations/<org>/notices?after=&limit=`: what people are told.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sliderule_api::notices::{Notice, Notices};
use utoipa::IntoParams;

use crate::app::{App, Shared};
use crate::http::{Caller, Query, Refusal, Segments};
use crate::store::Told;

/// Notices that an answer carries at most.
const MOST: u32 = 500;

/// Which notices. Without `after`, the newest.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// `next_after` of the answer before; without it, the newest.
    after: Option<u64>,
    /// From 1 to 500.
    #[serde(default = "usual")]
    limit: u32,
}

fn usual() -> u32 {
    100
}

/// What people are told.
///
/// Members see what concerns them and what concerns everybody; owners and managers see all.
#[utoipa::path(
    get,
    path = "",
    operation_id = "notices",
    tag = "Cluster",
    extensions(("x-role" = json!("member"))),
    params(Which),
    responses((status = 200, description = "The notices.", body = Notices))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    Query(Which { after, limit }): Query<Which>,
) -> Result<Json<Notices>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    if !(1..=MOST).contains(&limit) {
        return Err(Refusal::bad_request(format!("`limit` must be from 1 to {MOST}")));
    }
    let reader = (!member.manages()).then_some(&member.claims.user_name);
    let told = app.db.notices(&member.organization, reader, after, limit).await?;
    Ok(Json(Notices {
        next_after: told.last().map(|told| told.number).or(after).unwrap_or(0),
        notices: told.into_iter().map(|told| shown(&app, told)).collect(),
    }))
}

/// A notice as it is shown.
pub(crate) fn shown(app: &App, Told { number, notice }: Told) -> Notice {
    Notice {
        number,
        at: app.utc(notice.at),
        kind: notice.kind.as_str().to_owned(),
        user: notice.user,
        message: notice.message,
    }
}
