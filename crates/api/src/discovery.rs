//! What nodes and clients say to a cluster's discovery service.
//!
//! Follows `shared/reference/cluster-protocol.md`, section 2.8. Ids of transactions are numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The service name under which the nodes of a cluster register.
pub const SERVICE: &str = "sliderule";

/// Body of `GET` or `POST /discovery/status`; a missing body means [`SERVICE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRequest {
    /// Which service is asked for.
    pub service: String,
}

/// Answer of `/discovery/status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusAnswer {
    /// Registered nodes of the service; 0 for an unknown service.
    pub nodes: u32,
}

/// Body of `POST /discovery/register`, sent by a node when it is ready and again before it expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The service the node serves.
    pub service: String,
    /// Seconds until the registration lapses.
    pub lifetime: u32,
    /// `http://ip:port` of the node.
    pub address: String,
    /// Whether locks held on this address are to be forgotten (a node that just started).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
}

/// Answer of `/discovery/register`: the address, with the service and the second it expires.
pub type RegisterAnswer = BTreeMap<String, (String, u64)>;

/// Body of `POST /discovery/lock`: a node that wants to hand out work asks for nodes to do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The service wanted.
    pub service: String,
    /// How many nodes are wanted.
    #[serde(rename = "nodesNeeded")]
    pub nodes_needed: u32,
    /// Seconds after which the locks lapse by themselves.
    pub timeout: u32,
}

/// Answer of `/discovery/lock`: as many as there are, perhaps none; ask again a little later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockAnswer {
    /// Addresses of the nodes, as registered.
    pub members: Vec<String>,
    /// One id for each, to unlock with.
    pub transactions: Vec<u64>,
}

/// Body of `POST /discovery/unlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlock {
    /// The ids that `lock` gave.
    pub transactions: Vec<u64>,
}

/// Answer of `/discovery/unlock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnlockAnswer {
    /// Transactions handled; existing nodes expect unknown ones to count here too.
    pub complete: u32,
    /// Transactions that were unknown.
    pub fail: u32,
}
