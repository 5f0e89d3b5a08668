//! Members of organizations, as our own API says them: `/api/v1/organizations/<org>/membership` and `…/members`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{OrganizationName, UserName, UtcTime};

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Uses the cluster.
    Member,
    /// Also looks after the cluster and its members.
    Manager,
    /// Also decides who are managers and owners.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Manager, Self::Owner];

    /// The role as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }
}

/// Where a membership stands. One that was refused, withdrawn or left is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MembershipState {
    /// Asked for, and not answered yet.
    Requested,
    /// The cluster is open to them.
    Active,
    /// Switched off by an owner or manager, who may switch it on again.
    Deactivated,
}

impl MembershipState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Requested, Self::Active, Self::Deactivated];

    /// The state as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for MembershipState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One's own membership of an organization: answer of `GET`, `POST` and `DELETE …/membership`, and an entry of
/// `GET /api/v1/account` and `GET /api/v1/organizations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// Of which organization.
    pub organization: OrganizationName,
    /// What they may do there; `None` where they have nothing to do with it.
    pub role: Option<Role>,
    /// Where it stands; likewise.
    pub state: Option<MembershipState>,
}

/// A member, as those see them who look after the organization. Plain members see the names and roles of active ones
/// only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who.
    pub username: UserName,
    /// Where they are reached; shown to owners and managers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What they may do; `None` once they are no member any more.
    pub role: Option<Role>,
    /// Where their membership stands; likewise.
    pub state: Option<MembershipState>,
    /// Since when they are one, or asked to be; shown to owners and managers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<UtcTime>,
}

/// Body of `PUT /api/v1/organizations/<org>/members/<user>/role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// What they may do from now on.
    pub role: Role,
}
