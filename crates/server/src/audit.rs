//! The audit log as it is shown.

use axum::Json;
use serde::Deserialize;
use sliderule_api::Page;
use sliderule_api::audit::AuditLine;

use crate::app::App;
use crate::http::{Refusal, page};
use crate::store::AuditOf;

/// Which lines. Without `before`, the newest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    before: Option<i64>,
    limit: Option<u32>,
}

/// A page of lines, the newest first.
///
/// # Errors
/// The limit cannot be used.
pub async fn shown(
    app: &App,
    of: AuditOf<'_>,
    Which { before, limit }: Which,
) -> Result<Json<Page<AuditLine>>, Refusal> {
    let limit = page::limit(limit)?;
    let records = app.db.audit(of, before, limit + 1).await?;
    let records = page::of(records, limit, |record| record.id.to_string());
    Ok(Json(records.map(|record| AuditLine {
        id: record.id,
        at: app.utc(record.at),
        user: record.user,
        address: record.address,
        request: record.request,
        organization: record.organization,
        action: record.action,
        subject: record.subject,
        detail: record.detail,
    })))
}
