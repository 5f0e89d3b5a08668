//! Carries out one action of a plan: intent first, then the act.
//!
//! Every action can be repeated, and the next plan takes up what failed here.

use sliderule_api::NodeId;
use sliderule_engines::{ClusterEngine, NodeSpec};
use sliderule_provisioning::cluster::{Cluster, Moment, Node, NodeState};
use sliderule_provisioning::money;
use sliderule_provisioning::plan::Action;

use crate::reconciler::ReconcileError;
use crate::secret::NodeSecret;
use crate::{Clock, NewNode, Store, Traffic};

/// What an action acts on.
pub(crate) struct CarryOut<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) engine: &'a dyn ClusterEngine,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) traffic: &'a dyn Traffic,
    pub(crate) cluster: &'a Cluster,
}

impl CarryOut<'_> {
    /// Does it, or says in the log why not.
    pub(crate) async fn action(&self, action: &Action) {
        let organization = &self.cluster.organization;
        if let Err(error) = self.attempt(action).await {
            tracing::error!(%organization, ?action, %error, "an action failed; it is tried again");
        }
    }

    async fn attempt(&self, action: &Action) -> Result<(), ReconcileError> {
        let organization = &self.cluster.organization;
        match action {
            Action::Gone { node, failed_boot } => {
                self.store.node_gone(node, self.clock.now(), self.engine.terms(), *failed_boot).await?;
                self.withdraw(node);
                tracing::info!(%organization, %node, failed_boot, "a node is gone");
            }
            Action::Kill { node } => {
                self.withdraw(node);
                tracing::warn!(%organization, %node, "killing a node whose time is over");
                self.engine.kill(node).await?;
            }
            Action::KillOrphan { node } => {
                tracing::warn!(%organization, %node, "killing a node that nobody asked for");
                self.engine.kill(node).await?;
            }
            Action::Terminate { node } => {
                if self.node(node).is_some_and(|node| node.state == NodeState::Draining) {
                    self.store.node_stopping(node).await?;
                }
                // Again, in case draining was recorded and nothing else was done.
                self.withdraw(node);
                self.engine.terminate(node).await?;
            }
            Action::Drain { node } => {
                // Recorded first: a registration that comes in between would be believed otherwise.
                self.store.node_draining(node).await?;
                self.withdraw(node);
                tracing::info!(%organization, %node, "draining a node");
                self.engine.terminate(node).await?;
            }
            Action::Launch { count } => {
                let together = self.clock.now();
                for _ in 0..*count {
                    if !self.launch(together).await? {
                        tracing::info!(%organization, "the balance does not pay another node");
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Records and pays a node, then starts it. Returns whether it could be paid.
    ///
    /// A launch that fails leaves the record: whether the node exists after all is for the engine's
    /// listing to say, and once the boot bound is over it counts as a failed boot.
    ///
    /// Nodes launched `together` carry the same instant, and their failing counts once.
    async fn launch(&self, together: Moment) -> Result<bool, ReconcileError> {
        let terms = self.engine.terms();
        let secret = NodeSecret::random();
        let Ok(id) = uuid::Uuid::now_v7().hyphenated().to_string().parse::<NodeId>() else {
            return Ok(false);
        };
        let node = NewNode {
            id: id.clone(),
            organization: self.cluster.organization.clone(),
            version: self.cluster.version,
            secret_hash: secret.hash(),
            created_at: together,
            paid_until: together.after(terms.lease),
            price: money::first_lease_price(self.cluster.node_hour, terms),
        };
        if !self.store.begin_node(&node).await? {
            return Ok(false);
        }
        let (organization, version) = (node.organization, node.version);
        tracing::info!(%organization, node = %id, %version, "launching a node");
        self.engine.launch(&NodeSpec { id, organization, version, secret: secret.reveal() }).await?;
        Ok(true)
    }

    fn withdraw(&self, node: &NodeId) {
        if let Some(address) = self.node(node).and_then(|node| node.address.as_ref()) {
            self.traffic.withdraw(&self.cluster.organization, address);
        }
    }

    fn node(&self, id: &NodeId) -> Option<&Node> {
        self.cluster.nodes.iter().find(|node| node.id == *id)
    }
}
