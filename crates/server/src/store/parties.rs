//! Who does something to whose membership, and how both stand before.

use sliderule_api::UserName;
use sliderule_control::StoreError;
use sliderule_provisioning::membership::{Authority, Membership};

use super::standing::held;
use super::{Tx, failed};

/// Whose membership it is about, and how it stands before.
pub(super) struct Subject {
    pub(super) organization: i64,
    pub(super) user: i64,
    pub(super) name: UserName,
    pub(super) before: Option<Membership>,
    pub(super) other_owners: u32,
}

/// On whose authority something is done: staff and the command line act for the operator.
pub(super) async fn authority(
    tx: &mut Tx,
    organization: i64,
    actor: Option<i64>,
    doing: &'static str,
) -> Result<Authority, StoreError> {
    let Some(user) = actor else { return Ok(Authority::Operator) };
    let is_staff: Option<bool> =
        sqlx::query_scalar("SELECT is_staff FROM users WHERE id = ? AND disabled_at_ms IS NULL")
            .bind(user)
            .fetch_optional(&mut **tx)
            .await
            .map_err(failed(doing))?;
    Ok(match is_staff {
        Some(true) => Authority::Operator,
        Some(false) => Authority::Person(held(tx, organization, user, doing).await?),
        None => Authority::Person(None),
    })
}

/// The row and the name of whoever acts, if they can sign in.
pub(super) async fn themself(
    tx: &mut Tx,
    actor: Option<i64>,
    doing: &'static str,
) -> Result<Option<(i64, UserName)>, StoreError> {
    let found: Option<(i64, String)> =
        sqlx::query_as("SELECT id, name FROM users WHERE id = ? AND disabled_at_ms IS NULL")
            .bind(actor)
            .fetch_optional(&mut **tx)
            .await
            .map_err(failed(doing))?;
    found.map(|(id, name)| Ok((id, name.parse().map_err(failed(doing))?))).transpose()
}

/// The user of that name, as they stand to an organization.
pub(super) async fn subject_named(
    tx: &mut Tx,
    organization: i64,
    name: &UserName,
    doing: &'static str,
) -> Result<Option<Subject>, StoreError> {
    let found: Option<(i64, String)> = sqlx::query_as("SELECT id, name FROM users WHERE name = ?")
        .bind(name.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))?;
    let Some((user, name)) = found else { return Ok(None) };
    let name = name.parse().map_err(failed(doing))?;
    subject(tx, organization, user, name, doing).await.map(Some)
}

/// A user, as they stand to an organization.
pub(super) async fn subject(
    tx: &mut Tx,
    organization: i64,
    user: i64,
    name: UserName,
    doing: &'static str,
) -> Result<Subject, StoreError> {
    let before = held(tx, organization, user, doing).await?;
    let other_owners = sqlx::query_scalar(
        "SELECT count(*) FROM memberships JOIN users ON users.id = memberships.user_id
         WHERE organization_id = ? AND user_id <> ? AND role = 'owner' AND state = 'active' AND disabled_at_ms IS NULL",
    )
    .bind(organization)
    .bind(user)
    .fetch_one(&mut **tx)
    .await
    .map_err(failed(doing))?;
    Ok(Subject { organization, user, name, before, other_owners })
}
