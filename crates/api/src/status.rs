//! Cluster status and capacity requests in our own API.
//!
//! `GET /api/v1/organizations/<org>/status`, `GET …/estimate`, `POST …/requests`, `PATCH …/requests/<id>`,
//! `DELETE …/requests[/<id>]`, `POST …/deploy`, `POST …/destroy`, `POST …/refresh`. Fields are only ever added, and
//! an answer without the newer ones, from an older server, can still be read.

use serde::{Deserialize, Serialize};

use crate::{MicroUsd, OrganizationName, RequestId, UserName, UtcTime};

/// What a cluster is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

/// A capacity request with its past: an entry of `GET …/requests`, and the answer of `GET …/requests/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestRecord {
    /// The request as it is, or was last.
    #[serde(flatten)]
    pub request: CapacityRequest,
    /// When it was placed, or last enlarged.
    pub created_at: UtcTime,
    /// Since when it no longer counts, if so: it was released, replaced or shortened, or its time is over.
    pub ended_at: Option<UtcTime>,
    /// What it could cost at most, at list price, beyond what was promised before, when it was placed.
    pub cost_micro_usd: MicroUsd,
}

/// One user's part of the demand: the request of theirs that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    /// Who asked.
    pub user: UserName,
    /// For how many nodes.
    pub nodes: u32,
    /// Until when.
    pub until: UtcTime,
}

/// For how long the money lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Runway {
    /// At that many nodes,
    pub nodes: u32,
    /// for that many minutes, rounded down; `None` if they cost nothing.
    pub minutes: Option<u32>,
}

/// What last went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trouble {
    /// When.
    pub at: UtcTime,
    /// What.
    pub what: String,
    /// What happens next.
    pub next: String,
}

/// How many nodes run a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReleaseTally {
    /// The release.
    pub version: String,
    /// Nodes of it that are not gone.
    pub nodes: u32,
}

/// Answer of `GET /api/v1/organizations/<org>/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// Nodes that the live requests ask for, within the maximum.
    #[serde(default)]
    pub demand_nodes: u32,
    /// Who asked for what until when, in one line for people.
    #[serde(default)]
    pub explanation: String,
    /// The same for programs: the request that counts of each user.
    #[serde(default)]
    pub shares: Vec<Share>,
    /// When the demand changes next if nobody does anything.
    #[serde(default)]
    pub next_change_at: Option<UtcTime>,
    /// How long the money lasts at the size the cluster has, or shall have, whichever is larger.
    #[serde(default)]
    pub runway: Option<Runway>,
    /// What is set aside for time that nodes hold already.
    #[serde(default)]
    pub reserved_micro_usd: MicroUsd,
    /// What the live requests will cost beyond that.
    #[serde(default)]
    pub promised_micro_usd: MicroUsd,
    /// What is left for further requests; negative after money was taken away.
    #[serde(default)]
    pub free_micro_usd: MicroUsd,
    /// Rounds of boots that failed in a row.
    #[serde(default)]
    pub failed_boots: u32,
    /// What last went wrong, until a node becomes ready.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// Nodes by the release they run: more than one release while nodes are replaced.
    #[serde(default)]
    pub releases: Vec<ReleaseTally>,
    /// In how many seconds all wanted nodes are expected to be ready, judged by the boots of those that are, or of
    /// other nodes where none is; absent where enough are ready, or nothing is known.
    #[serde(default)]
    pub ready_in_seconds: Option<u64>,
}

/// Body of `POST /api/v1/organizations/<org>/requests` and `POST …/deploy`, which carry an `Idempotency-Key` header,
/// and in the query of `GET …/estimate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct CapacityOrder {
    /// Nodes wanted; clamped to the organization's limits. 0 releases all of one's own.
    pub nodes: u32,
    /// How long, in seconds.
    pub time_to_live_seconds: u64,
    /// Whether it takes the place of all that the caller has asked for before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replace: bool,
}

/// Body of `PATCH /api/v1/organizations/<org>/requests/<id>`, which may carry an `Idempotency-Key` header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestChange {
    /// Its nodes from now on; 0 releases it. As they are, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u32>,
    /// How long from now on, in seconds. Its end as it is, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_live_seconds: Option<u64>,
    /// Whether it may end earlier than it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shorten: bool,
}

/// Answer to a [`CapacityOrder`] or a [`RequestChange`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// What was granted.
    pub request: CapacityRequest,
    /// Whether the grant is smaller or larger than what was asked for.
    pub clamped: bool,
    /// What the grant may cost at most, at list price, beyond what was promised before.
    pub cost_micro_usd: MicroUsd,
    /// Nodes wanted with it, of everybody together.
    #[serde(default)]
    pub target_nodes: u32,
    /// Who asked for what until when, in one line for people.
    #[serde(default)]
    pub explanation: String,
    /// How long the money lasts at the size with it.
    #[serde(default)]
    pub runway: Option<Runway>,
}

/// Answer of `GET /api/v1/organizations/<org>/estimate?nodes=&time_to_live_seconds=`: what an order would be granted
/// now. An order that would be refused is answered with that refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Estimate {
    /// Nodes that would be granted.
    pub nodes: u32,
    /// Whether that is fewer or more than what was asked for.
    pub clamped: bool,
    /// When the request would end.
    pub expires_at: UtcTime,
    /// What it may cost at most, at list price, beyond what is promised already.
    pub cost_micro_usd: MicroUsd,
    /// What is free for it now.
    pub free_micro_usd: MicroUsd,
    /// Nodes that would be wanted with it, of everybody together.
    pub target_nodes: u32,
    /// Who would have asked for what until when, in one line for people.
    pub explanation: String,
    /// How long the money would last at the size with it.
    pub runway: Option<Runway>,
}

/// What would fit where an order is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fit {
    /// Nodes,
    pub nodes: u32,
    /// for so many minutes.
    pub minutes: u32,
}

/// Answer of `DELETE /api/v1/organizations/<org>/requests/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Released {
    /// The request that no longer counts.
    pub id: RequestId,
    /// How many nodes are wanted now.
    pub target_nodes: u32,
}

/// Answer of `DELETE /api/v1/organizations/<org>/requests` and of `POST …/destroy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReleasedAll {
    /// How many requests no longer count.
    pub released: u32,
    /// How many nodes are wanted now.
    pub target_nodes: u32,
}
