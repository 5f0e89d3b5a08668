//! Organizations, and how they are founded.

use sliderule_api::members::{MembershipState, Role};
use sliderule_api::{MicroUsd, OrganizationName, ReleaseVersion, UserName};
use sliderule_control::StoreError;
use sliderule_provisioning::account::{Allowance, Prices};
use sliderule_provisioning::cluster::Limits;
use sliderule_provisioning::membership::Membership;
use sliderule_provisioning::time::Moment;

use super::{Actor, AuditEntry, Database, Tx, audit, collision, failed, ledger, memberships};
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

/// Why an organization was not added. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum Unfounded {
    /// The name is another organization's.
    #[error("there is already an organization {0}; choose another name")]
    Taken(OrganizationName),
    /// There is no user of the owner's name who can sign in.
    #[error("there is no user {0} who can sign in")]
    UnknownOwner(UserName),
    /// The owner founded as many as one may.
    #[error("{owner} owns {most} organizations already, which is as many as one may found")]
    TooMany {
        /// Who.
        owner: UserName,
        /// How many one may found.
        most: u32,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Database {
    /// Adds an organization with its owner as first member and its first credit, as the operator may. Its maximum is the
    /// operator's cap on it.
    ///
    /// # Errors
    /// The name is taken, or there is no such owner.
    pub async fn add_organization(&self, new: &NewOrganization) -> Result<(), Error> {
        self.add_capped_organization(new, new.limits.max_nodes).await
    }

    /// The same with another cap.
    ///
    /// # Errors
    /// As of [`Self::add_organization`].
    pub async fn add_capped_organization(&self, new: &NewOrganization, node_cap: u32) -> Result<(), Error> {
        let founded = self.found(new, node_cap, &Actor::command_line(), None).await;
        founded.map_err(|why| match why {
            Unfounded::Taken(name) => Error::Taken(format!("an organization {name}")),
            Unfounded::UnknownOwner(name) => unknown_user(&name),
            Unfounded::TooMany { .. } => Error::Failed(why.to_string()),
            Unfounded::Store(error) => error.into(),
        })
    }

    /// Adds an organization, unless its owner founded `most` already.
    ///
    /// # Errors
    /// Why it was not added.
    pub async fn found_organization(
        &self,
        new: &NewOrganization,
        actor: &Actor,
        most: Option<u32>,
    ) -> Result<(), Unfounded> {
        self.found(new, new.limits.max_nodes, actor, most).await
    }

    async fn found(
        &self,
        new: &NewOrganization,
        node_cap: u32,
        actor: &Actor,
        most: Option<u32>,
    ) -> Result<(), Unfounded> {
        let doing = "added an organization";
        let mut tx = self.write(doing).await?;
        let owner = owner(&mut tx, &new.owner, doing).await?;
        if let Some(most) = most {
            let founded: u32 = sqlx::query_scalar("SELECT count(*) FROM organizations WHERE owner_id = ?")
                .bind(owner)
                .fetch_one(&mut *tx)
                .await
                .map_err(failed(doing))?;
            if founded >= most {
                return Err(Unfounded::TooMany { owner: new.owner.clone(), most });
            }
        }
        let organization = insert(&mut tx, new, (owner, node_cap), doing).await?;
        let membership = Membership { role: Role::Owner, state: MembershipState::Active };
        memberships::write(&mut tx, (organization, owner), Some(membership), new.at, doing).await?;
        if new.credit > MicroUsd::ZERO {
            let credit = ledger::Row::opening_credit(organization, new.credit, new.at);
            ledger::insert(&mut tx, &[credit], doing).await?;
        }
        let entry = AuditEntry {
            actor: actor.clone(),
            organization: Some(organization),
            action: "organization.created",
            subject: new.name.to_string(),
            detail: format!(
                "owned by {}, with {} for up to {} nodes",
                new.owner, new.credit, new.limits.max_nodes
            ),
        };
        audit::insert(&mut tx, &entry, new.at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(())
    }
}

async fn insert(
    tx: &mut Tx,
    new: &NewOrganization,
    (owner, node_cap): (i64, u32),
    doing: &'static str,
) -> Result<i64, Unfounded> {
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
    .bind(node_cap)
    .fetch_one(&mut **tx)
    .await;
    inserted.map_err(|error| match collision(&error) {
        Some(_) => Unfounded::Taken(new.name.clone()),
        None => failed(doing)(error).into(),
    })
}

/// The row of an organization, if there is one of that name.
pub(super) async fn organization_row(
    tx: &mut Tx,
    name: &OrganizationName,
    doing: &'static str,
) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar("SELECT id FROM organizations WHERE name = ?")
        .bind(name.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))
}

/// The row of an organization that the operator names.
pub(super) async fn organization_id(
    tx: &mut Tx,
    name: &OrganizationName,
    doing: &'static str,
) -> Result<i64, Error> {
    organization_row(tx, name, doing)
        .await?
        .ok_or_else(|| Error::Unknown(format!("organization {name}; add it with `sliderule-ps org add`")))
}

/// The row of a user whom the operator names.
pub(super) async fn user_id(tx: &mut Tx, name: &UserName, doing: &'static str) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT id FROM users WHERE name = ?")
        .bind(name.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))?
        .ok_or_else(|| unknown_user(name))
}

async fn owner(tx: &mut Tx, name: &UserName, doing: &'static str) -> Result<i64, Unfounded> {
    sqlx::query_scalar("SELECT id FROM users WHERE name = ? AND disabled_at_ms IS NULL")
        .bind(name.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed(doing))?
        .ok_or_else(|| Unfounded::UnknownOwner(name.clone()))
}

/// The refusal of an operator who names nobody.
pub(super) fn unknown_user(name: &UserName) -> Error {
    Error::Unknown(format!("user {name}; add them with `sliderule-ps user add`"))
}
