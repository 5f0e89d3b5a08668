//! Organizations and memberships.

use sliderule_api::{MicroUsd, OrganizationName, ReleaseVersion, UserName};
use sliderule_provisioning::account::{Allowance, Prices};
use sliderule_provisioning::cluster::Limits;
use sliderule_provisioning::time::Moment;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Actor, AuditEntry, Database, Tx, audit, collision, failed, ledger};
use crate::Error;

/// An organization to be added, with its cluster asleep.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// Its name, and that of its cluster.
    pub name: OrganizationName,
    /// Who owns it; becomes its first member.
    pub owner: UserName,
    /// Money to begin with.
    pub credit: MicroUsd,
    /// How small and large its cluster may be.
    pub limits: Limits,
    /// The release its nodes run.
    pub version: ReleaseVersion,
    /// Whether everybody may use its cluster.
    pub is_public: bool,
    /// Its prices. Kept with the organization, so that a later change of the operator's list rewrites no promise.
    pub prices: Prices,
    /// What it is credited every month.
    pub allowance: Allowance,
    /// When it is added.
    pub at: Moment,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Uses the cluster.
    Member,
    /// Looks after it for the owner.
    Manager,
    /// Owns the organization.
    Owner,
}

impl Role {
    /// The role, as it is stored and as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }

    fn stored(text: &str) -> Result<Self, String> {
        [Self::Member, Self::Manager, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("a member with the role {text:?}"))
    }
}

/// How a user stands to an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no such organization.
    NoOrganization,
    /// There is, and the user has nothing to do with it.
    Stranger,
    /// Requested and not approved yet, or deactivated.
    Inactive,
    /// An active member of that role.
    Active(Role),
}

/// A membership to be added.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Of which organization.
    pub organization: OrganizationName,
    /// Who.
    pub user: UserName,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub at: Moment,
}

impl Database {
    /// Adds an organization with its owner as first member and its first credit.
    ///
    /// # Errors
    /// The name is taken, or there is no such owner.
    pub async fn add_organization(&self, new: &NewOrganization) -> Result<(), Error> {
        let doing = "added an organization";
        let mut tx = self.write(doing).await?;
        let owner = user_id(&mut tx, &new.owner, doing).await?;
        let inserted = sqlx::query_scalar(
            "INSERT INTO organizations (name, owner_id, min_nodes, max_nodes, per_user, version, is_public,
                                        node_hour_micro_usd, fixed_hour_micro_usd, allowance_micro_usd,
                                        allowance_cap_micro_usd, credited_through, created_at_ms, node_cap)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(new.name.as_str())
        .bind(owner)
        .bind(new.limits.min_nodes)
        .bind(new.limits.max_nodes)
        .bind(new.limits.per_user)
        .bind(new.version.to_string())
        .bind(new.is_public)
        .bind(new.prices.node_hour.0)
        .bind(new.prices.fixed_hour.0)
        .bind(new.allowance.monthly.0)
        .bind(new.allowance.cap.map(|cap| cap.0))
        .bind(new.allowance.credited_through.0)
        .bind(new.at.0)
        .bind(new.limits.max_nodes)
        .fetch_one(&mut *tx)
        .await;
        let organization: i64 = inserted.map_err(|error| match collision(&error) {
            Some(_) => Error::Taken(format!("an organization {}", new.name)),
            None => failed(doing)(error).into(),
        })?;
        insert_membership(&mut tx, organization, owner, Role::Owner, new.at).await.map_err(failed(doing))?;
        if new.credit > MicroUsd::ZERO {
            let credit = ledger::Row::opening_credit(organization, new.credit, new.at);
            ledger::insert(&mut tx, &[credit], doing).await?;
        }
        tx.commit().await.map_err(failed(doing))?;
        Ok(())
    }

    /// Makes a user an active member of an organization, in the role given.
    ///
    /// # Errors
    /// There is no such user or organization, or the user belongs to it already.
    pub async fn add_member(&self, new: &Membership) -> Result<(), Error> {
        let doing = "added a member";
        let mut tx = self.write(doing).await?;
        let organization = organization_id(&mut tx, &new.organization, doing).await?;
        let user = user_id(&mut tx, &new.user, doing).await?;
        let inserted = insert_membership(&mut tx, organization, user, new.role, new.at).await;
        inserted.map_err(|error| match collision(&error) {
            Some(_) => Error::Taken(format!("a membership of {} in {}", new.user, new.organization)),
            None => Error::from(failed(doing)(error)),
        })?;
        let entry = AuditEntry {
            actor: Actor::command_line(),
            organization: Some(organization),
            action: "membership.added",
            subject: new.user.to_string(),
            detail: format!("as {}", new.role.as_str()),
        };
        audit::insert(&mut tx, &entry, new.at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(())
    }

    /// How a user stands to an organization. The organization's name is not trusted to be one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn standing(&self, user_id: i64, organization: &str) -> Result<Standing, Error> {
        let doing = "looked for a membership";
        let found = sqlx::query(
            "SELECT memberships.state, memberships.role FROM organizations
             LEFT JOIN memberships ON memberships.organization_id = organizations.id AND memberships.user_id = ?
             WHERE organizations.name = ?",
        )
        .bind(user_id)
        .bind(organization)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(Standing::NoOrganization) };
        Ok(standing_of(&row).map_err(failed(doing))?)
    }
}

/// How a user stands to an organization that exists, by the `state` and `role` of their membership.
pub(super) fn standing_of(row: &SqliteRow) -> Result<Standing, Box<dyn std::error::Error + Send + Sync>> {
    let state: Option<String> = row.try_get("state")?;
    Ok(match state.as_deref() {
        None => Standing::Stranger,
        Some("active") => Standing::Active(Role::stored(row.try_get("role")?)?),
        Some(_) => Standing::Inactive,
    })
}

/// The row of an organization.
pub(super) async fn organization_id(
    tx: &mut Tx,
    name: &OrganizationName,
    doing: &'static str,
) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT id FROM organizations WHERE name = ?")
        .bind(name.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))?
        .ok_or_else(|| Error::Unknown(format!("organization {name}; add it with `sliderule-ps org add`")))
}

async fn user_id(tx: &mut Tx, name: &UserName, doing: &'static str) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT id FROM users WHERE name = ?")
        .bind(name.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))?
        .ok_or_else(|| Error::Unknown(format!("user {name}; add them with `sliderule-ps user add`")))
}

async fn insert_membership(
    tx: &mut Tx,
    organization: i64,
    user: i64,
    role: Role,
    at: Moment,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO memberships (organization_id, user_id, role, state, created_at_ms)
         VALUES (?, ?, ?, 'active', ?)",
    )
    .bind(organization)
    .bind(user)
    .bind(role.as_str())
    .bind(at.0)
    .execute(&mut **tx)
    .await
    .map(|_| ())
}
