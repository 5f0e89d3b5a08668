//! `GET /api/v1/account/audit?before=&limit=`: what one did, as the audit log has it.

use axum::Json;
use axum::extract::State;
use sliderule_api::Page;
use sliderule_api::audit::AuditLine;

use crate::app::Shared;
use crate::audit::{self, Which};
use crate::http::{Account, Query, Refusal};
use crate::store::AuditOf;

/// The newest first.
pub async fn get(
    State(app): State<Shared>,
    caller: Account,
    Query(which): Query<Which>,
) -> Result<Json<Page<AuditLine>>, Refusal> {
    let person = caller.person(&app).await?;
    audit::shown(&app, AuditOf::User(person.id), which).await
}
