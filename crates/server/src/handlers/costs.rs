//! `GET /api/v1/organizations/<org>/costs`: what the cluster cost, and what is left.

use axum::Json;
use axum::extract::State;
use sliderule_api::costs::{Costs, EntryKind, LedgerEntry};
use sliderule_provisioning::promise::{books, running_up};

use crate::app::{App, Shared};
use crate::http::{Caller, Refusal, Segments};
use crate::store::{Line, LineKind};

/// What the cluster cost, and what is left.
///
/// Every member may see it: they spend it. Read in one transaction, so that its parts fit each other.
#[utoipa::path(
    get,
    path = "",
    operation_id = "costs",
    tag = "Money",
    extensions(("x-role" = json!("member"))),
    responses((status = 200, description = "The money.", body = Costs))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<Costs>, Refusal> {
    let organization = caller.member_of(&app, &organization).await?.organization;
    let account = app.db.account(&organization).await?.ok_or_else(Refusal::internal)?;
    let (cluster, now) = (account.cluster, app.clock.now());
    let books = books(&cluster, now, app.policy.terms);
    let sums = &cluster.account;
    Ok(Json(Costs {
        organization,
        balance_micro_usd: sums.balance,
        credited_micro_usd: sums.credited,
        spent_micro_usd: sums.credited - sums.balance,
        running_up_micro_usd: running_up(&cluster, now, app.policy.terms).floor(),
        node_hour_micro_usd: cluster.prices.node_hour,
        fixed_hour_micro_usd: cluster.prices.fixed_hour,
        reserved_micro_usd: sums.reservation.as_ref().map(|pending| pending.amount).unwrap_or_default(),
        promised_micro_usd: books.promised.ceil(),
        free_micro_usd: books.free().floor(),
        entries: account.lines.into_iter().map(|line| entry(&app, line)).collect(),
    }))
}

/// A line as it is shown.
pub(super) fn entry(app: &App, line: Line) -> LedgerEntry {
    LedgerEntry {
        number: line.number,
        at: app.utc(line.at),
        kind: match line.kind {
            LineKind::Credit => EntryKind::Credit,
            LineKind::Reserve => EntryKind::Reserve,
            LineKind::Charge => EntryKind::Charge,
            LineKind::Settle => EntryKind::Settle,
            LineKind::Overrun => EntryKind::Overrun,
            LineKind::Adjustment => EntryKind::Adjustment,
        },
        amount_micro_usd: line.amount,
        reserved_micro_usd: line.set_aside,
        payer: line.payer,
        note: line.note,
    }
}
