//! What is left to do where the schema itself refuses a row: find whose decision it is, and which rule it breaks.

use std::sync::Arc;

use serde::Serialize;
use sliderule_api::OrganizationName;
use sliderule_control::store::StoreError;
use sliderule_provisioning::change::Breach;
use sqlx::error::DatabaseError;

use super::draft::Draft;
use super::write::{Users, write};
use crate::store::{Tx, failed};

/// The low byte of every code with which SQLite says that a constraint or trigger refused something.
const CONSTRAINT: i32 = 19;

/// Writes all drafts that the schema does not refuse. The answer is the others, and why.
pub(super) async fn write_unrefused(
    tx: &mut Tx,
    drafts: &[Arc<Draft>],
    users: &Users,
    doing: &'static str,
) -> Result<Vec<(OrganizationName, Breach)>, StoreError> {
    let mut breaches = Vec::new();
    let Some(refusal) = attempt(tx, drafts, users, doing).await? else { return Ok(breaches) };
    let mut refusal = Some(refusal);
    for draft in drafts {
        let alone = std::slice::from_ref(draft);
        if drafts.len() > 1 {
            refusal = attempt(tx, alone, users, doing).await?;
        }
        if let Some(refusal) = refusal.take() {
            let breach = why(tx, draft, &refusal, doing).await?;
            let breach = breach.unwrap_or_else(|| Breach::Other(refusal.to_string()));
            breaches.push((draft.after.organization.clone(), breach));
        }
    }
    Ok(breaches)
}

/// Writes the drafts, or nothing of them and says how the schema refused it.
async fn attempt(
    tx: &mut Tx,
    drafts: &[Arc<Draft>],
    users: &Users,
    doing: &'static str,
) -> Result<Option<StoreError>, StoreError> {
    run(tx, "SAVEPOINT drafts", doing).await?;
    let refused = match write(tx, drafts, users, doing).await {
        Ok(_) => None,
        Err(error) if refusal(&error).is_some() => {
            run(tx, "ROLLBACK TO drafts", doing).await?;
            Some(error)
        }
        Err(error) => return Err(error),
    };
    run(tx, "RELEASE drafts", doing).await?;
    Ok(refused)
}

/// The rule of the domain that a refused draft breaks, if it is one.
async fn why(
    tx: &mut Tx,
    draft: &Draft,
    refused: &StoreError,
    doing: &'static str,
) -> Result<Option<Breach>, StoreError> {
    let nodes: Vec<_> = draft.begun.iter().collect();
    let node = "SELECT id FROM nodes WHERE id IN (SELECT value FROM json_each(?2)) AND ?1 LIMIT 1";
    if let Some(node) = taken(tx, node, draft, &nodes, doing).await? {
        return Ok(Some(Breach::Node(node.parse().map_err(failed(doing))?)));
    }
    let requests: Vec<_> = draft.placed.keys().collect();
    let request = "SELECT id FROM requests WHERE id IN (SELECT value FROM json_each(?2)) AND ?1 LIMIT 1";
    if let Some(request) = taken(tx, request, draft, &requests, doing).await? {
        return Ok(Some(Breach::Request(request.parse().map_err(failed(doing))?)));
    }
    let keys: Vec<_> = draft.entries.iter().map(|(entry, _)| &entry.key).collect();
    let key = "SELECT idempotency_key FROM ledger
               WHERE organization_id = ?1 AND idempotency_key IN (SELECT value FROM json_each(?2)) LIMIT 1";
    if let Some(key) = taken(tx, key, draft, &keys, doing).await? {
        return Ok(Some(Breach::KeyTaken(key)));
    }
    let message = refusal(refused).map(DatabaseError::message).unwrap_or_default();
    let rules = [Breach::NotCovered, Breach::PostedTooMuch, Breach::AlreadyReserved, Breach::NotPending];
    if message.contains("requests.user_id") {
        let mut placed = draft.after.requests.iter().chain(draft.closed.iter().map(|(request, _)| request));
        let placed = placed.find(|request| draft.placed.contains_key(&request.id));
        return Ok(placed.map(|request| Breach::NotAMember(request.user.clone())));
    }
    if message.contains("kind_and_sign") {
        return Ok(Some(Breach::WrongSign));
    }
    Ok(rules.into_iter().find(|rule| message.contains(&rule.to_string())))
}

/// The first of those names that is in use.
async fn taken<N: Serialize>(
    tx: &mut Tx,
    statement: &'static str,
    draft: &Draft,
    names: &[N],
    doing: &'static str,
) -> Result<Option<String>, StoreError> {
    sqlx::query_scalar(statement)
        .bind(draft.kept.id)
        .bind(serde_json::to_string(names).map_err(failed(doing))?)
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))
}

/// What SQLite says, if a constraint or trigger refused something.
fn refusal(error: &StoreError) -> Option<&dyn DatabaseError> {
    let StoreError::Failed { source, .. } = error else { return None };
    let refusal = source.downcast_ref::<sqlx::Error>()?.as_database_error()?;
    let code: i32 = refusal.code()?.parse().ok()?;
    (code & 0xff == CONSTRAINT).then_some(refusal)
}

async fn run(tx: &mut Tx, statement: &'static str, doing: &'static str) -> Result<(), StoreError> {
    sqlx::query(statement).execute(&mut **tx).await.map(|_| ()).map_err(failed(doing))
}
