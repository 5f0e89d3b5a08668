//! `GET /api/v1/organizations?after=&limit=&all=`: the organizations with which one has to do; for staff, all.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sliderule_api::members::{MembershipState, Role};
use sliderule_api::organizations::Organization;
use sliderule_api::{OrganizationName, Page};
use utoipa::IntoParams;

use crate::app::Shared;
use crate::http::page::Paging;
use crate::http::{Account, Query, Refusal};

/// Which organizations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Everybody's; for staff.
    #[serde(default)]
    all: bool,
    /// `next` of the page before.
    after: Option<String>,
    /// Entries of a page: from 1 to 100, or 50.
    limit: Option<u32>,
}

/// The organizations with which one has to do; for staff, all.
///
/// By name. How many ask for a membership is told to who may answer.
#[utoipa::path(
    get,
    path = "",
    operation_id = "organizations",
    tag = "Organizations",
    extensions(("x-role" = json!("account"))),
    params(Which),
    responses((status = 200, description = "A page, by name.", body = Page<Organization>))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Account,
    Query(Which { all, after, limit }): Query<Which>,
) -> Result<Json<Page<Organization>>, Refusal> {
    let person = caller.person(&app).await?;
    if all && !person.is_staff {
        return Err(Refusal::not_allowed("only the operator's staff see all organizations; leave out `all`"));
    }
    let paging = Paging::<OrganizationName>::read(limit, after.as_deref())?;
    let rows = app.db.organizations_of(person.id, all, paging.after.as_ref(), paging.sought()).await?;
    let rows = paging.page(rows, |row| row.name.clone());
    Ok(Json(rows.map(|row| {
        let held = row.membership;
        let answers = person.is_staff
            || held.is_some_and(|held| held.state == MembershipState::Active && held.role != Role::Member);
        Organization {
            name: row.name,
            role: held.map(|held| held.role),
            state: held.map(|held| held.state),
            created_at: app.utc(row.created_at),
            requests: Some(row.requests).filter(|_| answers),
        }
    })))
}
