//! What the control plane works with.

use std::sync::Arc;

use sliderule_api::NodeId;
use sliderule_engines::ClusterEngine;
use sliderule_provisioning::step::Policy;

use crate::store::{Epoch, Store};
use crate::{Clock, NodeSecrets, Traffic};

/// Makes a node id that never was.
pub type Draw = Arc<dyn Fn() -> NodeId + Send + Sync>;

/// What the control plane works with: everything outside comes in here.
#[derive(Clone)]
pub struct Plane {
    /// What is wanted, and paid.
    pub store: Arc<dyn Store>,
    /// What exists.
    pub engine: Arc<dyn ClusterEngine>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What carries requests to nodes.
    pub traffic: Arc<dyn Traffic>,
    /// What nodes' runners identify themselves with.
    pub secrets: NodeSecrets,
    /// What decisions depend on; its terms are the engine's.
    pub policy: Policy,
    /// The term of office of this server.
    pub epoch: Epoch,
    /// Names new nodes.
    pub draw: Draw,
}

/// Node ids as servers draw them: unique for all time, and in the order of their drawing for people who read them.
#[must_use]
pub fn random_ids() -> Draw {
    Arc::new(|| {
        loop {
            // An id of this form is always a node's; the loop is only there because a type cannot say so.
            if let Ok(id) = uuid::Uuid::now_v7().hyphenated().to_string().parse() {
                return id;
            }
        }
    })
}
