//! The authenticating load balancer in front of a cluster, and the discovery service of its nodes.
//!
//! It lives in the provisioning system's process and asks it three things through [`Clusters`]: whose
//! token is this, what is this cluster, is this node one of ours. It never asks on the path of bytes.

pub mod clusters;
pub mod gateway;
pub mod settings;

pub use clusters::{ClusterFace, Clusters, Principal, TokenRefused};
pub use gateway::Gateway;
pub use settings::{PlainCalls, Settings};
