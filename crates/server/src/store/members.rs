//! Lists of members and of organizations, one page at a time, by name.

use sliderule_api::members::MembershipState;
use sliderule_api::{OrganizationName, UserName};
use sliderule_provisioning::membership::Membership;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::standing::some_membership;
use super::{Database, failed};
use crate::Error;

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// Somebody with a membership of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberEntry {
    /// Who.
    pub name: UserName,
    /// Where they are reached.
    pub email: String,
    /// What they may do, and whether they may.
    pub membership: Membership,
    /// Since when they are a member, or asked to be.
    pub since: Moment,
}

/// An organization, as one user stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationEntry {
    /// Its name.
    pub name: OrganizationName,
    /// Since when it exists.
    pub created_at: Moment,
    /// The user's membership, if they have one.
    pub membership: Option<Membership>,
    /// How many ask for a membership.
    pub requests: u32,
}

impl Database {
    /// At most `limit` memberships of an organization, by name from behind `after` on; only those in that state, if one
    /// is named.
    ///
    /// # Errors
    /// The database failed.
    pub async fn members(
        &self,
        organization: &OrganizationName,
        state: Option<MembershipState>,
        after: Option<&UserName>,
        limit: u32,
    ) -> Result<Vec<MemberEntry>, Error> {
        let doing = "listed the members of an organization";
        let rows = sqlx::query(
            "SELECT users.name, users.email, role, state, memberships.created_at_ms FROM organizations
             JOIN memberships ON memberships.organization_id = organizations.id
             JOIN users ON users.id = memberships.user_id
             WHERE organizations.name = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR users.name > ?3)
             ORDER BY users.name LIMIT ?4",
        )
        .bind(organization.as_str())
        .bind(state.map(MembershipState::as_str))
        .bind(after.map(UserName::as_str))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed(doing))?;
        Ok(rows.iter().map(member).collect::<Result<_, _>>().map_err(failed(doing))?)
    }

    /// At most `limit` organizations, by name from behind `after` on: those of which the user has a membership, or all.
    ///
    /// # Errors
    /// The database failed.
    pub async fn organizations_of(
        &self,
        user_id: i64,
        all: bool,
        after: Option<&OrganizationName>,
        limit: u32,
    ) -> Result<Vec<OrganizationEntry>, Error> {
        let doing = "listed organizations";
        let rows = sqlx::query(
            "SELECT organizations.name, organizations.created_at_ms, mine.role, mine.state,
                 (SELECT count(*) FROM memberships
                  WHERE organization_id = organizations.id AND state = 'requested') AS requests
             FROM organizations
             LEFT JOIN memberships AS mine ON mine.organization_id = organizations.id AND mine.user_id = ?1
             WHERE (?2 OR mine.user_id IS NOT NULL) AND (?3 IS NULL OR organizations.name > ?3)
             ORDER BY organizations.name LIMIT ?4",
        )
        .bind(user_id)
        .bind(all)
        .bind(after.map(OrganizationName::as_str))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed(doing))?;
        Ok(rows.iter().map(organization).collect::<Result<_, _>>().map_err(failed(doing))?)
    }
}

fn member(row: &SqliteRow) -> Result<MemberEntry, Unreadable> {
    Ok(MemberEntry {
        name: row.try_get::<String, _>("name")?.parse()?,
        email: row.try_get("email")?,
        membership: some_membership(row)?.ok_or("a membership without a role")?,
        since: Moment(row.try_get("created_at_ms")?),
    })
}

fn organization(row: &SqliteRow) -> Result<OrganizationEntry, Unreadable> {
    Ok(OrganizationEntry {
        name: row.try_get::<String, _>("name")?.parse()?,
        created_at: Moment(row.try_get("created_at_ms")?),
        membership: some_membership(row)?,
        requests: row.try_get("requests")?,
    })
}
