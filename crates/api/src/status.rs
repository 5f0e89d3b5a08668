//! Cluster status and capacity requests in our own API.
//!
//! `GET /api/v1/organizations/<org>/status`, `POST …/requests`, `DELETE …/requests/<id>`.

use serde::{Deserialize, Serialize};

use crate::{MicroUsd, OrganizationName, RequestId, UserName, UtcTime};

/// What a cluster is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterState {
    /// No nodes, and none wanted.
    Asleep,
    /// Nodes are wanted, and none is ready yet.
    Waking,
    /// At least one node is ready.
    Running,
    /// No nodes are wanted, and some still exist.
    Stopping,
    /// Nodes are wanted, and the engine cannot make them.
    Failed,
}

/// What keeps a cluster from running, in the order in which it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// The operator suspended the organization.
    Suspended,
    /// An owner destroyed the cluster and has not deployed it again.
    Paused,
    /// The money is spent.
    OutOfFunds,
    /// Booting failed too often; trying on would burn money.
    Protected,
}

/// How many nodes there are of each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeTally {
    /// Started, and not registered yet.
    pub booting: u32,
    /// Registered and serving.
    pub ready: u32,
    /// Finishing what they have.
    pub draining: u32,
    /// Told to end.
    pub stopping: u32,
}

/// A live capacity request: "this user wants n nodes until t".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityRequest {
    /// Names the request.
    pub id: RequestId,
    /// Who asked.
    pub user: UserName,
    /// Nodes granted, after clamping.
    pub nodes: u32,
    /// When it ends by itself.
    pub expires_at: UtcTime,
}

/// Answer of `GET /api/v1/organizations/<org>/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// Whose cluster.
    pub organization: OrganizationName,
    /// What it is doing.
    pub state: ClusterState,
    /// What keeps it from running, if anything.
    pub blocked: Option<Block>,
    /// One sentence for people: what happens now, and what they can do.
    pub message: String,
    /// Nodes by state.
    pub nodes: NodeTally,
    /// How many nodes are wanted now.
    pub target_nodes: u32,
    /// Nodes kept without any request.
    pub min_nodes: u32,
    /// Nodes allowed at most.
    pub max_nodes: u32,
    /// The release its nodes run.
    pub version: String,
    /// Whether everybody may use it.
    pub is_public: bool,
    /// The live requests, soonest to expire first.
    pub requests: Vec<CapacityRequest>,
    /// Money left.
    pub balance_micro_usd: MicroUsd,
}

/// Body of `POST /api/v1/organizations/<org>/requests`. Carries an `Idempotency-Key` header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityOrder {
    /// Nodes wanted; clamped to the organization's limits.
    pub nodes: u32,
    /// How long, in seconds.
    pub time_to_live_seconds: u64,
}

/// Answer to a [`CapacityOrder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What was granted.
    pub request: CapacityRequest,
    /// Whether the grant is smaller or larger than what was asked for.
    pub clamped: bool,
    /// What the grant may cost at most, at list price.
    pub cost_micro_usd: MicroUsd,
}

/// Answer of `DELETE /api/v1/organizations/<org>/requests/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The request that no longer counts.
    pub id: RequestId,
    /// How many nodes are wanted now.
    pub target_nodes: u32,
}
