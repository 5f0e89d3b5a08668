//! `GET /api/v1/account/audit?before=&limit=`: what one did, as the audit log has it.

use axum::Json;
use axum::extract::State;
use sliderule_api::Page;
use sliderule_api::audit::AuditLine;

use crate::app::Shared;
use crate::audit::{self, Which};
use crate::http::{Account, Query, Refusal};
use crate::store::AuditOf;

/// What one did, as the audit log has it.
///
/// The newest first.
#[utoipa::path(
    get,
    path = "",
    operation_id = "account_audit",
    tag = "Audit",
    extensions(("x-role" = json!("account"))),
    params(Which),
    responses((status = 200, description = "A page, the newest line first.", body = Page<AuditLine>))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Account,
    Query(which): Query<Which>,
) -> Result<Json<Page<AuditLine>>, Refusal> {
    let person = caller.person(&app).await?;
    audit::shown(&app, AuditOf::User(person.id), which).await
}
