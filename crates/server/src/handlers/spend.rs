//! `GET /api/v1/organizations/<org>/costs/spend?by=user|day|month&from=&to=`: who spent how much, or when.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sliderule_api::costs::{Spend, SpendBy};
use sliderule_provisioning::time::Moment;
use utoipa::IntoParams;

use crate::app::{App, Shared};
use crate::http::{Caller, Query, Refusal, Segments};
use crate::instants;

/// What is summed. Without ends, everything is.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// By what it is summed.
    #[serde(default)]
    by: SpendBy,
    /// From this day or instant on, in UTC.
    from: Option<String>,
    /// Up to and without this one.
    to: Option<String>,
}

/// Who spent how much, or when.
///
/// Every member may see it: they share what is there.
#[utoipa::path(
    get,
    path = "",
    operation_id = "spend",
    tag = "Money",
    extensions(("x-role" = json!("member"))),
    params(Asked),
    responses((status = 200, description = "The sums.", body = Spend))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    Query(Asked { by, from, to }): Query<Asked>,
) -> Result<Json<Spend>, Refusal> {
    let organization = caller.member_of(&app, &organization).await?.organization;
    let (from, to) = (end("from", from)?, end("to", to)?);
    let from = from.unwrap_or(Moment(0));
    // What is written now is written before the next whole second.
    let to = to.unwrap_or_else(|| Moment(app.clock.wall(app.clock.now()).0.saturating_add(1000)));
    if to < from {
        return Err(Refusal::bad_request("`to` is earlier than `from`"));
    }
    let lines = app.db.spend(&organization, steady(&app, from), steady(&app, to), by).await?;
    Ok(Json(Spend {
        organization,
        by,
        from: instants::rfc3339(from),
        to: instants::rfc3339(to),
        total_micro_usd: lines.iter().map(|line| line.spent_micro_usd).sum(),
        lines,
    }))
}

/// An end as it was asked for, on the wall.
fn end(name: &str, text: Option<String>) -> Result<Option<Moment>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    instants::read(&text).map(Some).ok_or_else(|| {
        let example = "2026-11-24 or 2026-11-24T09:30:00Z";
        Refusal::bad_request(format!("`{name}` must be a day or an instant in UTC such as {example}"))
    })
}

/// The instant of the steady clock at which the wall shows `wall`.
fn steady(app: &App, wall: Moment) -> Moment {
    let now = app.clock.now();
    Moment(wall.0.saturating_sub(app.clock.wall(now).0.saturating_sub(now.0)))
}
