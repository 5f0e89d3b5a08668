//! The state everything is decided from.

use std::time::Duration;

use sliderule_api::{MicroUsd, NodeId, OrganizationName, ReleaseVersion, RequestId, UserName};

/// An instant of the wall clock, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The instant `duration` later; saturates at the end of time.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// What an engine promises about its nodes' time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long a lease lets a node run.
    pub lease: Duration,
    /// How long ending a node may take; paid with every first lease.
    pub tail: Duration,
    /// How long a node may take from launch to its first registration.
    pub boot: Duration,
}

impl Terms {
    /// The local engine's: a minute, ten seconds, ten seconds.
    pub const LOCAL: Self =
        Self { lease: Duration::from_secs(60), tail: Duration::from_secs(10), boot: Duration::from_secs(10) };
}

/// The owner's limits on the size of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes kept without any request.
    pub min_nodes: u32,
    /// Nodes at most.
    pub max_nodes: u32,
}

/// "This user wants n nodes until t."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Names the request.
    pub id: RequestId,
    /// Who asked.
    pub user: UserName,
    /// Nodes granted.
    pub nodes: u32,
    /// When the request ends by itself; it counts strictly before this instant.
    pub expires_at: Moment,
}

/// Where a node is in its life. `gone` nodes are history and not part of a [`Cluster`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeState {
    /// Its row and first lease are recorded; it may or may not exist yet.
    Booting,
    /// It registered with the gateway.
    Ready,
    /// It gets no new requests and finishes what it has.
    Draining,
    /// It was told to end and is not seen gone yet.
    Stopping,
}

/// A node as the store has it: the intent, not the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Names the node.
    pub id: NodeId,
    /// Where it is in its life.
    pub state: NodeState,
    /// The release it runs.
    pub version: ReleaseVersion,
    /// `http://ip:port`, once its runner said so.
    pub address: Option<String>,
    /// When it was recorded.
    pub created_at: Moment,
    /// Up to when its leases are paid; its tail is paid on top.
    pub paid_until: Moment,
}

/// One organization's cluster, whole: what a decision needs and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Whose it is.
    pub organization: OrganizationName,
    /// The owner's limits.
    pub limits: Limits,
    /// The release its nodes shall run.
    pub version: ReleaseVersion,
    /// Whether everybody may use it.
    pub is_public: bool,
    /// Whether the operator suspended it.
    pub suspended: bool,
    /// Whether an owner destroyed it and has not deployed it again.
    pub paused: bool,
    /// Rounds of boots that failed since the last node that lived to have its lease renewed. Nodes launched together
    /// are one round.
    pub failed_boots: u32,
    /// Requests that have not been released; expired ones may be among them.
    pub requests: Vec<Request>,
    /// Nodes that are not gone.
    pub nodes: Vec<Node>,
    /// Credits less charges.
    pub balance: MicroUsd,
    /// List price of a node for an hour.
    pub node_hour: MicroUsd,
}
