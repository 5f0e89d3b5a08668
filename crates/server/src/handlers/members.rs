//! `GET /api/v1/organizations/<org>/members?state=&after=&limit=`: who belongs to an organization, or asks to.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sliderule_api::members::{Member, MembershipState};
use sliderule_api::{Page, UserName};
use utoipa::IntoParams;

use crate::app::Shared;
use crate::http::page::Paging;
use crate::http::{Caller, Query, Refusal, Segments};
use crate::members::Party;

/// Which members. Without `state`, all.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only those; others than active ones are for managers.
    state: Option<MembershipState>,
    /// `next` of the page before.
    after: Option<String>,
    /// Entries of a page: from 1 to 100, or 50.
    limit: Option<u32>,
}

/// Who belongs to an organization, or asks to.
///
/// By name. Plain members see with whom they share the cluster, and nothing else about them. A token for an organization
/// may be seen by its cluster: where people are reached is told to tokens for the account only.
#[utoipa::path(
    get,
    path = "",
    operation_id = "members",
    tag = "Members",
    extensions(("x-role" = json!("member"))),
    security(("organization_token" = []), ("account_token" = [])),
    params(Which),
    responses((status = 200, description = "A page, by name.", body = Page<Member>))
)]
pub async fn get(
    State(app): State<Shared>,
    Caller(claims, admitted): Caller,
    Segments(organization): Segments<String>,
    Query(Which { state, after, limit }): Query<Which>,
) -> Result<Json<Page<Member>>, Refusal> {
    let mut party = Party::of(&app, &claims, admitted.is_staff, &organization).await?;
    if state.is_some_and(|state| state != MembershipState::Active) {
        party = party.who_manages()?;
    }
    let manages = party.manages();
    let tells_addresses = manages && claims.aud.organization().is_none();
    let state = if manages { state } else { Some(MembershipState::Active) };
    let paging = Paging::<UserName>::read(limit, after.as_deref())?;
    let rows = app.db.members(&party.organization, state, paging.after.as_ref(), paging.sought()).await?;
    let rows = paging.page(rows, |row| row.name.clone());
    Ok(Json(rows.map(|row| Member {
        username: row.name,
        email: Some(row.email).filter(|_| tells_addresses),
        role: Some(row.membership.role),
        state: Some(row.membership.state),
        since: Some(app.utc(row.since)).filter(|_| manages),
    })))
}
