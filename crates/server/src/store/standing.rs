//! How people stand to organizations, as every request asks.

use sliderule_api::OrganizationName;
use sliderule_api::members::{MembershipState, Role};
use sliderule_control::StoreError;
use sliderule_provisioning::membership::Membership;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::organizations::organization_row;
use super::{Database, Tx, failed};
use crate::Error;

/// How a user stands to an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no such organization.
    NoOrganization,
    /// There is, and the user has nothing to do with it.
    Stranger,
    /// Requested and not approved yet, deactivated, or of somebody who can no longer sign in.
    Inactive,
    /// An active member of that role.
    Active(Role),
}

impl Database {
    /// How a user stands to an organization. The organization's name is not trusted to be one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn standing(&self, user_id: i64, organization: &str) -> Result<Standing, Error> {
        let doing = "looked for a membership";
        let found = sqlx::query(
            "SELECT memberships.state, memberships.role, users.disabled_at_ms IS NULL AS can_sign_in FROM organizations
             LEFT JOIN memberships ON memberships.organization_id = organizations.id AND memberships.user_id = ?
             LEFT JOIN users ON users.id = memberships.user_id
             WHERE organizations.name = ?",
        )
        .bind(user_id)
        .bind(organization)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(Standing::NoOrganization) };
        let can_sign_in: bool = row.try_get("can_sign_in").map_err(failed(doing))?;
        Ok(match some_membership(&row).map_err(failed(doing))? {
            None => Standing::Stranger,
            Some(Membership { role, state: MembershipState::Active }) if can_sign_in => {
                Standing::Active(role)
            }
            Some(_) => Standing::Inactive,
        })
    }

    /// A user's own membership of an organization, if they have one. The outer place is empty if there is no such
    /// organization.
    ///
    /// # Errors
    /// The database failed.
    pub async fn membership(
        &self,
        user_id: i64,
        organization: &OrganizationName,
    ) -> Result<Option<Option<Membership>>, Error> {
        let doing = "looked for a membership";
        let mut tx = self.read(doing).await?;
        Ok(match organization_row(&mut tx, organization, doing).await? {
            Some(organization) => Some(held(&mut tx, organization, user_id, doing).await?),
            None => None,
        })
    }
}

/// How a user who can sign in stands to an organization that exists, by the row's `role` and `state`.
pub(super) fn standing_of(row: &SqliteRow) -> Result<Standing, Box<dyn std::error::Error + Send + Sync>> {
    Ok(match some_membership(row)? {
        None => Standing::Stranger,
        Some(Membership { role, state: MembershipState::Active }) => Standing::Active(role),
        Some(_) => Standing::Inactive,
    })
}

/// The membership that a user has of an organization.
pub(super) async fn held(
    tx: &mut Tx,
    organization: i64,
    user: i64,
    doing: &'static str,
) -> Result<Option<Membership>, StoreError> {
    let found = sqlx::query("SELECT role, state FROM memberships WHERE organization_id = ? AND user_id = ?")
        .bind(organization)
        .bind(user)
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))?;
    found.as_ref().map_or(Ok(None), some_membership).map_err(failed(doing))
}

/// The membership that a row's `role` and `state` say, if they say one.
pub(super) fn some_membership(
    row: &SqliteRow,
) -> Result<Option<Membership>, Box<dyn std::error::Error + Send + Sync>> {
    let (role, state): (Option<String>, Option<String>) = (row.try_get("role")?, row.try_get("state")?);
    let (Some(role), Some(state)) = (role, state) else { return Ok(None) };
    let known = Role::ALL.into_iter().find(|known| known.as_str() == role);
    let known = known.zip(MembershipState::ALL.into_iter().find(|known| known.as_str() == state));
    let (role, state) = known.ok_or_else(|| format!("a membership as {role:?} that is {state:?}"))?;
    Ok(Some(Membership { role, state }))
}
