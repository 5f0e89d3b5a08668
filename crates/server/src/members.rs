//! From something done to a membership to an answer: what the domain and the store said, in words.

use axum::Json;
use http::StatusCode;
use sliderule_api::members::{Member, Membership, MembershipState};
use sliderule_api::tokens::Claims;
use sliderule_api::{ErrorCode, OrganizationName, UserName};
use sliderule_provisioning::membership::{Act, Refused};

use crate::app::{App, Shared};
use crate::http::caller::{DISABLED, active_role, other_organization, refuse_outsiders};
use crate::http::{Account, Origin, Refusal};
use crate::store::{Became, Deed, Role, Standing, Unchanged, What};

/// Somebody who asks about the members of an organization.
pub struct Party {
    /// Which organization.
    pub organization: OrganizationName,
    /// What they may do there; staff may what an owner may.
    pub role: Role,
}

impl Party {
    /// Who asks, if they are an active member or staff, with a token for the organization or for their own account.
    ///
    /// # Errors
    /// The token is for another organization, or they are neither.
    pub async fn of(
        app: &Shared,
        claims: &Claims,
        is_staff: bool,
        organization: &str,
    ) -> Result<Self, Refusal> {
        let user = claims.user_name.as_str();
        let standing = app.db.standing(claims.user_id, organization).await?;
        if !is_staff || standing == Standing::NoOrganization {
            refuse_outsiders(standing, user, organization)?;
        }
        if claims.aud.organization().is_some_and(|audience| audience.as_str() != organization) {
            return Err(other_organization(claims, organization));
        }
        let role = match is_staff {
            true => Role::Owner,
            false => active_role(standing, user, organization)?,
        };
        // A name that the database knows can be read as one.
        let organization = organization.parse().map_err(|_| Refusal::internal())?;
        Ok(Self { organization, role })
    }

    /// Whether they look after the organization, and so see what concerns others.
    #[must_use]
    pub fn manages(&self) -> bool {
        self.role != Role::Member
    }

    /// Who asks, if they look after the organization.
    ///
    /// # Errors
    /// They do not.
    pub fn who_manages(self) -> Result<Self, Refusal> {
        match self.manages() {
            true => Ok(self),
            false => Err(managers_only(&self.organization)),
        }
    }
}

/// Does something to somebody's membership, on behalf of who looks after the organization.
///
/// # Errors
/// It may not be done.
pub async fn act(
    app: &Shared,
    origin: &Origin,
    caller: &Account,
    (organization, user): (String, String),
    act: Act,
) -> Result<Json<Member>, Refusal> {
    let Account(claims, admitted) = caller;
    let party = Party::of(app, claims, admitted.is_staff, &organization).await?;
    let user: UserName = user.parse().map_err(|_| no_membership(&user, &party.organization))?;
    let became = change(app, &party.organization, What::Act(act, user), origin, claims).await?;
    let (role, state) = became.membership.map(|held| (held.role, held.state)).unzip();
    Ok(Json(Member { username: became.user, email: None, role, state, since: None }))
}

/// Asks for a membership, or gives one up, on one's own behalf.
///
/// # Errors
/// It may not be done.
pub async fn own(
    app: &App,
    origin: &Origin,
    claims: &Claims,
    organization: &str,
    what: What,
) -> Result<Json<Membership>, Refusal> {
    let organization = known(organization)?;
    let became = change(app, &organization, what, origin, claims).await?;
    Ok(Json(shown(organization, became.membership)))
}

/// One's own membership as it is shown.
#[must_use]
pub fn shown(
    organization: OrganizationName,
    held: Option<sliderule_provisioning::membership::Membership>,
) -> Membership {
    let (role, state) = held.map(|held| (held.role, held.state)).unzip();
    Membership { organization, role, state }
}

/// The organization of that name, which may not exist.
///
/// # Errors
/// There can be none.
pub fn known(organization: &str) -> Result<OrganizationName, Refusal> {
    organization.parse().map_err(|_| unknown(organization))
}

/// The refusal of who names an organization that does not exist.
#[must_use]
pub fn unknown(organization: &str) -> Refusal {
    match refuse_outsiders(Standing::NoOrganization, "", organization) {
        Err(refusal) => refusal,
        Ok(()) => Refusal::internal(),
    }
}

async fn change(
    app: &App,
    organization: &OrganizationName,
    what: What,
    origin: &Origin,
    claims: &Claims,
) -> Result<Became, Refusal> {
    let deed =
        Deed { organization: organization.clone(), what, actor: origin.of(claims), at: app.clock.now() };
    let became = app.db.change_membership(&deed).await.map_err(|why| refuse(&deed, why))?;
    if became.released > 0 {
        app.reconciler.wake(organization);
    }
    Ok(became)
}

fn refuse(deed: &Deed, why: Unchanged) -> Refusal {
    let organization = &deed.organization;
    match (why, &deed.what) {
        (Unchanged::UnknownOrganization(_), _) => unknown(organization.as_str()),
        (Unchanged::Disabled, _) => Refusal::token_not_valid(DISABLED),
        (Unchanged::Store(error), _) => error.into(),
        (Unchanged::Refused(Refused::ManagersOnly), _) => managers_only(organization),
        (Unchanged::Refused(Refused::OwnersOnly), _) => Refusal::not_allowed(format!(
            "only an owner of {organization} may do that, or do it to an owner or manager; ask one of them"
        )),
        (Unchanged::Refused(Refused::LastOwner), _) => Refusal::new(
            StatusCode::CONFLICT,
            ErrorCode::NotAllowed,
            format!("nobody else owns {organization}; make another member an owner first"),
        ),
        (Unchanged::Refused(Refused::NoMembership), What::Act(_, user)) => {
            no_membership(user.as_str(), organization)
        }
        (Unchanged::Refused(Refused::State(state)), What::Act(_, user)) => {
            let instead = match state {
                MembershipState::Requested => "approve or refuse it",
                MembershipState::Active => "deactivate it",
                MembershipState::Deactivated => "reactivate it",
            };
            let message =
                format!("the membership of {user} is {state}, to which that cannot be done; {instead}");
            Refusal::conflict(message)
        }
        (Unchanged::Refused(Refused::State(_) | Refused::NoMembership), What::Request | What::Leave) => {
            Refusal::new(
                StatusCode::FORBIDDEN,
                ErrorCode::MembershipInactive,
                format!("your membership of {organization} is deactivated; ask an owner to reactivate it"),
            )
        }
    }
}

fn managers_only(organization: &OrganizationName) -> Refusal {
    Refusal::not_allowed(format!("only an owner or manager of {organization} may do that; ask one of them"))
}

fn no_membership(user: &str, organization: &OrganizationName) -> Refusal {
    let message =
        format!("{} has no membership of {organization}, and has not asked for one", user.escape_default());
    Refusal::new(StatusCode::NOT_FOUND, ErrorCode::NotAMember, message)
}
