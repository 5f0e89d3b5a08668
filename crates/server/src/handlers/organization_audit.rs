//! `GET /api/v1/organizations/<org>/audit?before=&limit=`: what was done about an organization.

use axum::Json;
use axum::extract::State;
use sliderule_api::Page;
use sliderule_api::audit::AuditLine;

use crate::app::Shared;
use crate::audit::{self, Which};
use crate::http::{Account, Query, Refusal, Segments};
use crate::members::Party;
use crate::store::AuditOf;

/// What was done about an organization.
///
/// For owners and managers, since it says from where people work; the newest first.
#[utoipa::path(
    get,
    path = "",
    operation_id = "organization_audit",
    tag = "Audit",
    extensions(("x-role" = json!("manager"))),
    security(("account_token" = [])),
    params(Which),
    responses((status = 200, description = "A page, the newest line first.", body = Page<AuditLine>))
)]
pub async fn get(
    State(app): State<Shared>,
    Account(claims, admitted): Account,
    Segments(organization): Segments<String>,
    Query(which): Query<Which>,
) -> Result<Json<Page<AuditLine>>, Refusal> {
    let party = Party::of(&app, &claims, admitted.is_staff, &organization).await?.who_manages()?;
    audit::shown(&app, AuditOf::Organization(&party.organization), which).await
}
