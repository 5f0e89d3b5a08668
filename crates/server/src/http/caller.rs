//! Whose token a request carries, and what they are to an organization.
//!
//! Always holds: nothing about an organization is told to somebody without a valid token; session and membership are
//! looked up every time, so that what has ended opens nothing.

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use sliderule_api::bearer::{NoBearer, bearer};
use sliderule_api::tokens::Claims;
use sliderule_api::{ErrorCode, OrganizationName};

use super::{Origin, Refusal};
use crate::access::{self, Closed};
use crate::app::Shared;
use crate::auth::TokenProblem;
use crate::store::{Admitted, AuditEntry, Person, Role, Standing};

/// What is told to the holder of a token whose user can no longer sign in.
pub const DISABLED: &str = "User is inactive; ask the operator of this provisioning system";

/// Somebody with a valid access token of a session that goes on, and what it opens now.
pub struct Caller(pub Claims, pub Admitted);

/// Somebody with a valid access token for their own account, which is good for no organization's cluster.
pub struct Account(pub Claims, pub Admitted);

/// An active member of the organization a request is about, with a token for it.
pub struct Member {
    /// Who.
    pub claims: Claims,
    /// Of which organization.
    pub organization: OrganizationName,
    /// What they may do there.
    pub role: Role,
}

impl Member {
    /// The member, if what they want to do is theirs to do: an owner's or a manager's.
    ///
    /// # Errors
    /// They are neither.
    pub fn who_may(self, act: &str) -> Result<Self, Refusal> {
        match self.role {
            Role::Owner | Role::Manager => Ok(self),
            Role::Member => {
                let message = format!(
                    "{} may not {act}: only an owner or manager of {} may; ask one of them",
                    self.claims.user_name, self.organization
                );
                Err(Refusal::not_allowed(message))
            }
        }
    }

    /// The member, if what they want to do is an owner's to do, and nobody else's.
    ///
    /// # Errors
    /// They own nothing here.
    pub fn who_owns(self, act: &str) -> Result<Self, Refusal> {
        if self.role == Role::Owner {
            return Ok(self);
        }
        Err(Refusal::not_allowed(format!(
            "{} may not {act}: only an owner of {} may; ask one of them",
            self.claims.user_name, self.organization
        )))
    }

    /// What the audit log is told of what they do to the cluster; a sentence says what is worth knowing besides.
    #[must_use]
    pub fn deed(&self, origin: &Origin, action: &'static str, detail: impl Into<String>) -> AuditEntry {
        AuditEntry {
            actor: origin.of(&self.claims),
            // Filled in by whoever decides.
            organization: None,
            action,
            subject: self.organization.to_string(),
            detail: detail.into(),
        }
    }

    /// Whether they look after the organization, and so see what concerns others.
    #[must_use]
    pub fn manages(&self) -> bool {
        self.role != Role::Member
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Refusal> {
        let missing = || {
            Refusal::unauthorized(
                ErrorCode::CredentialsMissing,
                "No token is provided; sign in at /api/org_token/ and send the access token as bearer.",
            )
        };
        let values = parts.headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        let token = bearer(values).map_err(|none| match none {
            NoBearer::Missing => missing(),
            NoBearer::Malformed => Refusal::token_not_valid(
                "Authorization header must contain two space-delimited values; send `Bearer` and one access token",
            ),
        })?;
        let admitted = access::admit(&app.db, &app.mint, token, app.now_seconds()).await;
        admitted.map(|(claims, admitted)| Self(claims, admitted)).map_err(refuse)
    }
}

/// Why an access token opens nothing, in the words of the original, and what to do.
fn refuse(closed: Closed) -> Refusal {
    Refusal::token_not_valid(match closed {
        Closed::Token(TokenProblem::WrongKind) => {
            "Token has wrong type; send the access token, not the refresh token"
        }
        Closed::Token(TokenProblem::Expired) => "Token is expired; refresh it at /api/org_token/refresh/",
        Closed::Token(TokenProblem::Invalid) => {
            "Given token not valid for any token type; sign in at /api/org_token/"
        }
        Closed::SessionOver => {
            "Token is blacklisted; its session was ended, so sign in again at /api/org_token/"
        }
        Closed::Disabled => DISABLED,
        Closed::Failed(error) => return error.into(),
    })
}

impl FromRequestParts<Shared> for Account {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller
            .for_account("this is about your account")
            .map(|Caller(claims, admitted)| Self(claims, admitted))
    }
}

impl Account {
    /// Whose account it is, as it stands now.
    ///
    /// # Errors
    /// They can no longer sign in.
    pub async fn person(&self, app: &Shared) -> Result<Person, Refusal> {
        let found = app.db.person(self.0.user_id).await?;
        found.filter(|person| !person.disabled).ok_or_else(|| Refusal::token_not_valid(DISABLED))
    }
}

impl Caller {
    /// The caller, if the token is for their own account; `what` says what needs one.
    ///
    /// # Errors
    /// The token is for an organization.
    pub fn for_account(self, what: &str) -> Result<Self, Refusal> {
        let Some(organization) = self.0.aud.organization() else { return Ok(self) };
        let message = format!(
            "this token is for the organization {organization}, and {what}; sign in at /api/v1/session without naming \
             an organization"
        );
        Err(Refusal::new(StatusCode::FORBIDDEN, ErrorCode::ReauthenticationRequired, message))
    }

    /// How the caller stands to that organization, if the token is for it.
    ///
    /// # Errors
    /// There is no such organization, the caller has nothing to do with it, or the token is for
    /// another one.
    pub async fn standing_in(
        &self,
        app: &Shared,
        organization: &str,
    ) -> Result<(OrganizationName, Standing), Refusal> {
        let user = self.0.user_name.as_str();
        if let (Some(audience), Some(standing)) = (self.0.aud.organization(), self.1.standing)
            && audience.as_str() == organization
        {
            refuse_outsiders(standing, user, organization)?;
            return Ok((audience.clone(), standing));
        }
        refuse_outsiders(app.db.standing(self.0.user_id, organization).await?, user, organization)?;
        Err(other_organization(&self.0, organization))
    }

    /// The caller as an active member of that organization.
    ///
    /// # Errors
    /// As [`Self::standing_in`]; also if the membership is not active.
    pub async fn member_of(self, app: &Shared, organization: &str) -> Result<Member, Refusal> {
        let (organization, standing) = self.standing_in(app, organization).await?;
        let role = active_role(standing, self.0.user_name.as_str(), organization.as_str())?;
        Ok(Member { claims: self.0, organization, role })
    }
}

/// The refusal of a token that is for something else: the text of the original, then what to do.
pub(crate) fn other_organization(claims: &Claims, organization: &str) -> Refusal {
    let message = format!(
        "Token claim org:{} does not match organization given:{organization}; sign in for that one",
        claims.aud.as_str()
    );
    Refusal::new(StatusCode::FORBIDDEN, ErrorCode::ReauthenticationRequired, message)
}

/// Refuses who has nothing to do with an organization.
///
/// # Errors
/// As said: the texts of the original, then what to do.
pub fn refuse_outsiders(standing: Standing, user: &str, organization: &str) -> Result<(), Refusal> {
    let forbidden = |code, text| Err(Refusal::new(StatusCode::FORBIDDEN, code, text));
    match standing {
        Standing::NoOrganization => forbidden(
            ErrorCode::UnknownOrganization,
            format!(
                "{} is NOT a valid organization name; check how it is written",
                organization.escape_default()
            ),
        ),
        Standing::Stranger => forbidden(
            ErrorCode::NotAMember,
            format!("{user} is NOT a member of {organization}; ask its owner to be added"),
        ),
        Standing::Inactive | Standing::Active(_) => Ok(()),
    }
}

/// What an active member may do; refuses everybody else.
///
/// # Errors
/// As said: the texts of the original, then what to do.
pub fn active_role(standing: Standing, user: &str, organization: &str) -> Result<Role, Refusal> {
    if let Standing::Active(role) = standing {
        return Ok(role);
    }
    refuse_outsiders(standing, user, organization)?;
    Err(inactive(user, organization))
}

/// The refusal of somebody whose membership is not active: the text of the original, then what to do.
#[must_use]
pub fn inactive(user: &str, organization: &str) -> Refusal {
    let message =
        format!("{user} is NOT an active Member of {organization}; ask its owner to activate the membership");
    Refusal::new(StatusCode::FORBIDDEN, ErrorCode::MembershipInactive, message)
}
