//! Node counts and capacity requests as the organization-token API says them.
//!
//! Follows `shared/reference/provisioning-api.md`, section 1.5. Keys are never changed, only added.

use serde::{Deserialize, Serialize};

use crate::status::Runway;
use crate::{MicroUsd, RequestId, UtcTime};

/// Answer of `GET /api/org_num_nodes/<org>/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeCounts {
    /// Always `SUCCESS`.
    pub status: String,
    /// Nodes kept without any request.
    pub min_nodes: u32,
    /// Nodes that exist now.
    pub current_nodes: u32,
    /// Nodes the organization allows at most.
    pub max_nodes: u32,
    /// Release the deployed cluster runs; absent before the first deploy.
    pub version: Option<String>,
    /// Whether the cluster serves everybody.
    pub is_public: bool,
}

/// Answer of `POST /api/desired_org_num_nodes_ttl/<org>/<n>/<minutes>/` and of the `PUT` without a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CapacityAnswer {
    /// `QUEUED`, or `REDUNDANT` where an identical live request exists.
    pub status: String,
    /// What happens now, for people.
    pub msg: String,
    /// Empty on success; existing clients read it on failure.
    pub error_msg: String,
    /// The request, to extend or release it. Ours; absent from older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Nodes after clamping to the organization's limits. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_nodes: Option<u32>,
    /// When the request ends. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UtcTime>,
    /// What the request may cost at most beyond what was promised before. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<MicroUsd>,
    /// Who asked for what until when. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// How long the money lasts. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runway: Option<Runway>,
}

/// Answer of `PUT /api/org_config/<org>/<min>/<max>/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfigAnswer {
    /// Always `SUCCESS`.
    pub status: String,
    /// What was set, for people.
    pub msg: String,
}

/// Answer of `GET /api/membership_status/<org>/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MembershipAnswer {
    /// Whether the membership is active.
    pub active: bool,
}

/// Answer of `GET /api/org_ip_adr/<org>/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddressAnswer {
    /// Always `SUCCESS`.
    pub status: String,
    /// The gateway's address.
    pub ip_address: String,
}
