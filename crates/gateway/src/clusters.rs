//! What the gateway asks of the house it stands in.

use async_trait::async_trait;
use sliderule_api::{ErrorCode, OrganizationName, UserName};

/// Whom a valid access token was issued to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub user: UserName,
    /// For which organization.
    pub organization: OrganizationName,
}

/// Why a token does not open the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Not a token of ours, or not an access token.
    #[error("the token is not valid here; sign in again")]
    Invalid,
    /// It was valid once.
    #[error("the token has expired; refresh it or sign in again")]
    Expired,
    /// It is valid, for another organization.
    #[error("the token was issued for another organization; sign in for this one")]
    OtherOrganization,
    /// The member it was issued to is not an active member any more.
    #[error("your membership is not active; ask an owner of the organization")]
    Inactive,
}

/// A cluster as the gateway needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterFace {
    /// Whether `/source/` is open without a token.
    pub is_public: bool,
    /// What to tell a client while no node is registered: one of the `cluster_…` codes or
    /// `out_of_funds`, and a sentence that says what to do.
    pub off: (ErrorCode, String),
}

/// What the gateway asks of the house it stands in.
#[async_trait]
pub trait Clusters: Send + Sync + 'static {
    /// Whom the bearer token was issued to, if it opens this organization's cluster now.
    async fn principal(
        &self,
        token: &str,
        organization: &OrganizationName,
    ) -> Result<Principal, TokenRefused>;

    /// The cluster; `None` for an unknown organization.
    async fn cluster(&self, organization: &OrganizationName) -> Option<ClusterFace>;

    /// A node says that it serves at `address`. Answers whether that is a node of this organization
    /// that may serve; the gateway takes it in only then.
    async fn node_registered(&self, organization: &OrganizationName, address: &str) -> bool;
}
