//! What a node's runner says to the provisioning system, over loopback, with the node's secret as
//! bearer.

use serde::{Deserialize, Serialize};

/// Environment variable that carries the node's secret to its runner.
pub const SECRET_VARIABLE: &str = "SLIDERULE_NODE_SECRET";

/// Path of the lease of a node on the internal listener, below which [`LeaseRequest`] is posted.
#[must_use]
pub fn lease_path(node: &crate::NodeId) -> String {
    format!("/internal/v1/nodes/{node}/lease")
}

/// Body of a lease pull.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRequest {
    /// `http://ip:port` on which the runner has its node listen.
    pub address: String,
}

/// Answer to a lease pull. A refusal (403 with the code `scale_refused`) ends the node at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseAnswer {
    /// How long the node may run, counted from before the runner asked; 0 ends it now.
    pub lease_ms: u64,
}
