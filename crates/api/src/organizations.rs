//! Organizations, as our own API says them: `/api/v1/organizations` and `/api/v1/operator`.

use serde::{Deserialize, Serialize};

use crate::members::{MembershipState, Role};
use crate::{MicroUsd, OrganizationName, ReleaseVersion, UserName, UtcTime};

/// Body of `POST /api/v1/organizations`. Everybody who may found one says its name; the rest is staff's to say, and is
/// otherwise as the operator has set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Its name, and that of its cluster.
    pub name: OrganizationName,
    /// Who owns it; whoever founds it, if nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserName>,
    /// Nodes kept without any request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_nodes: Option<u32>,
    /// Nodes at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_nodes: Option<u32>,
    /// Nodes that one user may ask for at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user: Option<u32>,
    /// The release its nodes run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_version: Option<ReleaseVersion>,
    /// Whether everybody may use its cluster, without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_public: Option<bool>,
    /// Money to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_micro_usd: Option<MicroUsd>,
    /// Money that it gets at the beginning of every month from the next one on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_allowance_micro_usd: Option<MicroUsd>,
    /// The balance up to which the monthly money is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowance_cap_micro_usd: Option<MicroUsd>,
}

impl Found {
    /// An organization on the operator's terms, owned by who founds it.
    #[must_use]
    pub fn named(name: OrganizationName) -> Self {
        Self {
            name,
            owner: None,
            min_nodes: None,
            max_nodes: None,
            per_user: None,
            node_version: None,
            is_public: None,
            credit_micro_usd: None,
            monthly_allowance_micro_usd: None,
            allowance_cap_micro_usd: None,
        }
    }
}

/// An organization: entry of `GET /api/v1/organizations`, and answer of `POST`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organization {
    /// Its name.
    pub name: OrganizationName,
    /// What the caller may do there; `None` for who has nothing to do with it, which only staff sees.
    pub role: Option<Role>,
    /// Where the caller's membership stands; likewise.
    pub state: Option<MembershipState>,
    /// Since when it exists.
    pub created_at: UtcTime,
    /// How many ask for a membership; told to those who may answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

/// Who may found organizations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Founders {
    /// The operator's staff.
    #[default]
    Staff,
    /// Everybody with an account.
    Anyone,
}

/// Answer of `GET /api/v1/operator`, which needs no token: what this deployment lets people do by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Operator {
    /// Where to ask for what one cannot do: `mailto:…` or `https://…`.
    pub contact: Option<String>,
    /// Whether people make their own accounts.
    pub sign_up_open: bool,
    /// Who may found organizations.
    pub organizations: Founders,
    /// Whether one can sign in with GitHub.
    pub github: bool,
}
