//! The trait [`ClusterEngine`]: the one seam between the provisioning system and machines.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use sliderule_api::{NodeId, OrganizationName, ReleaseVersion};
use sliderule_provisioning::time::Terms;

/// What a node is launched with.
#[derive(Clone)]
pub struct NodeSpec {
    /// Names the node, and makes launching it twice harmless.
    pub id: NodeId,
    /// Whose cluster it belongs to.
    pub organization: OrganizationName,
    /// The release it shall announce.
    pub version: ReleaseVersion,
    /// What its runner pulls leases with.
    pub secret: String,
}

impl fmt::Debug for NodeSpec {
    /// Shows everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeSpec")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A node that exists, as the engine sees it: the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedNode {
    /// The id it was launched with.
    pub id: NodeId,
    /// Whose cluster it belongs to; `None` if the engine can only see that the node exists.
    pub organization: Option<OrganizationName>,
    /// `http://ip:port`, once known.
    pub address: Option<String>,
    /// Whether a runner looks after it. Without one nothing ends it with its lease.
    pub has_runner: bool,
}

/// Every node that exists, as of a while ago.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// How old what is listed may be at most, when it is returned: nothing that changed before is missing.
    pub age: Duration,
    /// The nodes.
    pub nodes: Vec<ListedNode>,
}

/// Why an engine could not do something. Every operation may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine cannot be used at all as it is configured.
    #[error("the engine cannot start nodes: {0}")]
    Misconfigured(String),
    /// This attempt failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

/// What makes nodes exist and end.
///
/// Always holds: [`launch`](Self::launch) with the id of a node that exists or existed makes no second
/// node; a node stays in [`list`](Self::list) until nothing of it is left; a node whose runner gets no
/// lease ends by itself; every operation gives up by itself within seconds, since whoever asked waits for it.
#[async_trait]
pub trait ClusterEngine: Send + Sync + 'static {
    /// Lease, tail and boot bound of this engine's nodes.
    fn terms(&self) -> Terms;

    /// Starts a node. Returns once it will be listed, long before it is ready.
    async fn launch(&self, spec: &NodeSpec) -> Result<(), EngineError>;

    /// Every node that exists, whoever launched it. One that cannot be looked at hides no other.
    async fn list(&self) -> Result<Listing, EngineError>;

    /// Lets a node finish what it has, and ends it within the tail. Returns at once; repeat until the
    /// node is no longer listed. A node that does not exist is a success.
    async fn terminate(&self, id: &NodeId) -> Result<(), EngineError>;

    /// Ends a node now. A node that does not exist is a success.
    async fn kill(&self, id: &NodeId) -> Result<(), EngineError>;
}
