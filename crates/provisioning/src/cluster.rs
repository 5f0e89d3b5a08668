//! The state everything is decided from.

use sliderule_api::{NodeId, OrganizationName, ReleaseVersion, RequestId, UserName};

use crate::account::{Account, Prices};
use crate::meter::Meter;
use crate::time::Moment;

/// The owner's limits on the size of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes kept without any request.
    pub min_nodes: u32,
    /// Nodes at most.
    pub max_nodes: u32,
    /// Nodes that one user may ask for at most; `None` for no limit but `max_nodes`.
    pub per_user: Option<u32>,
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
    /// When it was placed, or last enlarged: what is newest is shortened first where money falls short.
    pub created_at: Moment,
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
    /// Names the node, and is the idempotency key of its launch.
    pub id: NodeId,
    /// Where it is in its life.
    pub state: NodeState,
    /// The release it runs.
    pub version: ReleaseVersion,
    /// `http://ip:port`, once its runner said so.
    pub address: Option<String>,
    /// When it first registered.
    pub ready_at: Option<Moment>,
    /// Its time; it begins with the record of the intent.
    pub meter: Meter,
}

/// What last went wrong, for the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When.
    pub at: Moment,
    /// What, as a sentence without its period.
    pub what: String,
}

/// One organization's cluster, whole: what a decision needs and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Whose it is.
    pub organization: OrganizationName,
    /// The owner's limits.
    pub limits: Limits,
    /// The operator's cap: as many nodes as the owner's maximum may be at most.
    pub node_cap: u32,
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
    /// The latest round that was counted as failed.
    pub failed_round: Option<Moment>,
    /// What last went wrong, until a node becomes ready.
    pub trouble: Option<Trouble>,
    /// Prices that count for what is held from now on.
    pub prices: Prices,
    /// Requests that are not closed; expired ones may be among them.
    pub requests: Vec<Request>,
    /// Nodes that are not gone, oldest first.
    pub nodes: Vec<Node>,
    /// The time of the fixed part, from the first node's beginning until the last one is seen gone.
    pub fixed: Option<Meter>,
    /// Its organization's money.
    pub account: Account,
}
