//! Memberships: what is done to them.
//!
//! Always holds: what may be done is decided by the domain on rows read in the transaction that writes them, together
//! with the line in the audit log; so of two owners who leave at once, one stays. Whoever stops being a member stops
//! asking for nodes in the same transaction.

use sliderule_api::members::{MembershipState, Role};
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::StoreError;
use sliderule_provisioning::membership::{self, Act, Membership, Refused};
use sliderule_provisioning::time::Moment;

use super::organizations::{organization_id, organization_row, user_id};
use super::parties::{Subject, authority, subject, subject_named, themself};
use super::standing::held;
use super::{Actor, AuditEntry, Database, Tx, audit, clusters, failed};
use crate::Error;

/// Something done to somebody's membership.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Of which organization.
    pub organization: OrganizationName,
    /// What is done.
    pub what: What,
    /// Who does it.
    pub actor: Actor,
    /// When.
    pub at: Moment,
}

/// What is done to somebody's membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The actor asks for one.
    Request,
    /// The actor leaves, or withdraws their request.
    Leave,
    /// Somebody who looks after the organization answers, or changes it.
    Act(Act, UserName),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Became {
    /// Whose membership it is.
    pub user: UserName,
    /// The membership from now on; `None` if there is none.
    pub membership: Option<Membership>,
    /// How many live requests for nodes were released with it. The reconciler is to be woken for them.
    pub released: u32,
}

/// Why nothing became of it. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// There is no such organization.
    #[error("there is no organization {0}")]
    UnknownOrganization(OrganizationName),
    /// Whoever does it can no longer sign in.
    #[error("that account is disabled")]
    Disabled,
    /// The domain refused.
    #[error("that may not be done to this membership: {0:?}")]
    Refused(Refused),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A membership to be added.
#[derive(Clone, Debug)]
pub struct NewMembership {
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
    /// Does something to a membership, if it may be done.
    ///
    /// # Errors
    /// Why nothing became of it.
    pub async fn change_membership(&self, deed: &Deed) -> Result<Became, Unchanged> {
        let doing = "changed a membership";
        let mut tx = self.write(doing).await?;
        let found = organization_row(&mut tx, &deed.organization, doing).await?;
        let organization = found.ok_or_else(|| Unchanged::UnknownOrganization(deed.organization.clone()))?;
        let (subject, after) = decided(&mut tx, organization, deed, doing).await?;
        let mut released = 0;
        if after != subject.before {
            released = record(&mut tx, deed, &subject, after, doing).await?;
            tx.commit().await.map_err(failed(doing))?;
        }
        Ok(Became { user: subject.name, membership: after, released })
    }

    /// Makes a user an active member of an organization, in the role given, as the operator may.
    ///
    /// # Errors
    /// There is no such user or organization, or the user belongs to it already.
    pub async fn add_member(&self, new: &NewMembership) -> Result<(), Error> {
        let doing = "added a member";
        let mut tx = self.write(doing).await?;
        let organization = organization_id(&mut tx, &new.organization, doing).await?;
        let user = user_id(&mut tx, &new.user, doing).await?;
        if held(&mut tx, organization, user, doing).await?.is_some_and(is_answered) {
            return Err(Error::Taken(format!("a membership of {} in {}", new.user, new.organization)));
        }
        let membership = Membership { role: new.role, state: MembershipState::Active };
        write(&mut tx, (organization, user), Some(membership), new.at, doing).await?;
        let entry = AuditEntry {
            actor: Actor::command_line(),
            organization: Some(organization),
            action: "membership.added",
            subject: new.user.to_string(),
            detail: format!("as {}", new.role),
        };
        audit::insert(&mut tx, &entry, new.at, doing).await?;
        tx.commit().await.map_err(failed(doing))?;
        Ok(())
    }
}

/// Whom a deed is about, and what becomes of their membership.
async fn decided(
    tx: &mut Tx,
    organization: i64,
    deed: &Deed,
    doing: &'static str,
) -> Result<(Subject, Option<Membership>), Unchanged> {
    let (user, name) = match &deed.what {
        What::Act(act, name) => {
            let authority = authority(tx, organization, deed.actor.user, doing).await?;
            // Nobody of that name is told apart from nobody with a membership by nothing.
            let Some(subject) = subject_named(tx, organization, name, doing).await? else {
                return Err(Unchanged::Refused(
                    membership::act(*act, authority, None, 0).err().unwrap_or(Refused::NoMembership),
                ));
            };
            let after = membership::act(*act, authority, subject.before, subject.other_owners);
            return Ok((subject, after.map_err(Unchanged::Refused)?));
        }
        What::Request | What::Leave => {
            themself(tx, deed.actor.user, doing).await?.ok_or(Unchanged::Disabled)?
        }
    };
    let subject = subject(tx, organization, user, name, doing).await?;
    let after = match deed.what {
        What::Leave => membership::leave(subject.before, subject.other_owners).map(|()| None),
        _ => membership::request(subject.before).map(Some),
    };
    Ok((subject, after.map_err(Unchanged::Refused)?))
}

/// Writes what becomes of a membership, and all that goes with it. The answer is how many requests were released.
pub(super) async fn record(
    tx: &mut Tx,
    deed: &Deed,
    subject: &Subject,
    after: Option<Membership>,
    doing: &'static str,
) -> Result<u32, StoreError> {
    let Subject { organization, user, name, before, .. } = subject;
    write(tx, (*organization, *user), after, deed.at, doing).await?;
    let is_active = |held: Option<Membership>| held.is_some_and(|held| held.state == MembershipState::Active);
    let released = match is_active(*before) && !is_active(after) {
        true => clusters::release(tx, std::slice::from_ref(&deed.organization), name, deed.at, doing).await?,
        false => 0,
    };
    let entry = AuditEntry {
        actor: deed.actor.clone(),
        organization: Some(*organization),
        action: action(&deed.what, *before),
        subject: name.to_string(),
        detail: detail(*before, after, released),
    };
    audit::insert(tx, &entry, deed.at, doing).await?;
    Ok(released)
}

fn is_answered(membership: Membership) -> bool {
    membership.state != MembershipState::Requested
}

fn action(what: &What, before: Option<Membership>) -> &'static str {
    match what {
        What::Request => "membership.requested",
        What::Leave if before.is_some_and(is_answered) => "membership.left",
        What::Leave => "membership.withdrawn",
        What::Act(Act::Approve, _) => "membership.approved",
        What::Act(Act::Refuse, _) => "membership.refused",
        What::Act(Act::Deactivate, _) => "membership.deactivated",
        What::Act(Act::Reactivate, _) => "membership.reactivated",
        What::Act(Act::Give(_), _) => "membership.role_changed",
    }
}

fn detail(before: Option<Membership>, after: Option<Membership>, released: u32) -> String {
    let role = |held: Option<Membership>| held.map(|held| held.role);
    let said = match (role(before), role(after)) {
        (Some(from), Some(to)) if from != to => format!("from {from} to {to}"),
        (_, Some(role)) | (Some(role), None) => format!("as {role}"),
        (None, None) => String::new(),
    };
    match released {
        0 => said,
        _ => format!("{said}; {}", audit::counted(released.into(), "request", "for nodes released")),
    }
}

/// Writes a membership's row, or removes it.
pub(super) async fn write(
    tx: &mut Tx,
    (organization, user): (i64, i64),
    membership: Option<Membership>,
    at: Moment,
    doing: &'static str,
) -> Result<(), StoreError> {
    let statement = match membership {
        None => sqlx::query("DELETE FROM memberships WHERE organization_id = ? AND user_id = ?")
            .bind(organization)
            .bind(user),
        // A member is one since the request was granted.
        Some(Membership { role, state }) => sqlx::query(
            "INSERT INTO memberships (organization_id, user_id, role, state, created_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET role = ?3, state = ?4,
                 created_at_ms = iif(state = 'requested', ?5, created_at_ms)",
        )
        .bind(organization)
        .bind(user)
        .bind(role.as_str())
        .bind(state.as_str())
        .bind(at.0),
    };
    statement.execute(&mut **tx).await.map(|_| ()).map_err(failed(doing))
}
