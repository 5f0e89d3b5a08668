//! The authenticating load balancer in front of a cluster, and the discovery service of its nodes.
//!
//! It lives in the provisioning system's process and asks it three things through [`Clusters`]: whose
//! token is this, what is this cluster, is this node one of ours. It never asks on the path of bytes.
//!
//! A client's request goes, in this order, through
//!
//! | module | what it does |
//! |---|---|
//! | [`gateway`] | takes the request, and gives the answer its last headers |
//! | `admission` | checks the token |
//! | `outbound` | decides what of the request a node sees |
//! | `intake` | reads the request's body, whole and within limits |
//! | `forward` | chooses a node, asks it, and another where that is safe |
//! | `stream` | passes the node's answer on as it comes |
//! | `answer` | takes headers from the node's answer and adds the gateway's |
//! | `refusal` | every way in which the gateway itself says no |
//!
//! A node's request goes through `nodes`. What both sides know of the nodes is in [`discovery`], which
//! is free of I/O, one registry per cluster, kept by `members`. [`clusters`] is what the gateway asks of
//! the house, [`settings`] what may be set, [`address`] where a node listens.

mod admission;
mod answer;
mod forward;
mod intake;
mod members;
mod nodes;
mod outbound;
mod refusal;
mod stream;

pub mod address;
pub mod clusters;
pub mod discovery;
pub mod gateway;
pub mod settings;

pub use address::{InvalidAddress, NodeAddress};
pub use clusters::{ClusterFace, Clusters, Principal, TokenRefused};
pub use gateway::Gateway;
pub use settings::{PlainCalls, Settings};
