//! `GET /api/v1/organizations/<org>/ledger?limit=&after=`: every line of the books, newest first.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sliderule_api::costs::LedgerEntry;
use sliderule_api::page::Page;

use super::costs;
use utoipa::IntoParams;

use crate::app::Shared;
use crate::http::{Caller, Paging, Query, Refusal, Segments};

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Entries of a page: from 1 to 100, or 50.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Every line of the books, newest first.
///
/// For owners and managers, who answer for the money. Since lines are only ever added, no page changes once it is full.
#[utoipa::path(
    get,
    path = "",
    operation_id = "ledger",
    tag = "Money",
    extensions(("x-role" = json!("manager"))),
    params(Which),
    responses((status = 200, description = "A page.", body = Page<LedgerEntry>))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    Query(Which { limit, after }): Query<Which>,
) -> Result<Json<Page<LedgerEntry>>, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_may("read the ledger")?;
    let paging = Paging::<u64>::read(limit, after.as_deref())?;
    let before = paging.after.unwrap_or(u64::MAX);
    let lines = app.db.ledger(&member.organization, before, paging.sought()).await?;
    Ok(Json(paging.page(lines, |line| line.number).map(|line| costs::entry(&app, line))))
}
