//! The audit log as it is shown.

use axum::Json;
use serde::Deserialize;
use sliderule_api::Page;
use sliderule_api::audit::AuditLine;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::Refusal;
use crate::http::page::Paging;
use crate::store::AuditOf;

/// Which lines. Without `after`, the newest; `before` says the same, since what comes after is older.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// `next` of the page before.
    #[serde(alias = "before")]
    after: Option<String>,
    /// Entries of a page: from 1 to 100, or 50.
    limit: Option<u32>,
}

/// A page of lines, the newest first.
///
/// # Errors
/// There is no such page.
pub async fn shown(
    app: &App,
    of: AuditOf<'_>,
    Which { after, limit }: Which,
) -> Result<Json<Page<AuditLine>>, Refusal> {
    let paging = Paging::<i64>::read(limit, after.as_deref())?;
    let records = paging.page(app.db.audit(of, paging.after, paging.sought()).await?, |record| record.id);
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
