//! The orderly stop: every node of every organization ends.
//!
//! It saves money, so nothing that fails keeps it from trying the rest: without a listing it ends what the store
//! knows, without the store what is listed.

use std::time::Duration;

use sliderule_api::NodeId;
use sliderule_provisioning::plan::WATCH;
use tokio::time::Instant;

use super::{Reconciler, Wanted, logged, named};
use crate::memory::Memory;

impl Reconciler {
    /// Ends every node of every organization: no new requests, then the tail to finish, then the end. Returns
    /// once none is listed and all are recorded as gone, or when `patience` is over; then says how many are left,
    /// `None` if that could not be found out. Call it after [`run`](Self::run) has returned.
    pub async fn stop_all(&self, patience: Duration) -> Option<usize> {
        let mut memory = self.memory.lock().await;
        let begun = Instant::now();
        let mut pause = Duration::from_millis(50);
        loop {
            let tail_over = begun.elapsed() >= self.engine.terms().tail;
            let left = self.stop_round(tail_over, &mut memory).await;
            if left == Some(0) || begun.elapsed() >= patience {
                return left;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(WATCH);
        }
    }

    /// One round of stopping: how many nodes are left, if that could be found out.
    async fn stop_round(&self, tail_over: bool, memory: &mut Memory) -> Option<usize> {
        let Some(listed) = logged("listing the nodes", self.engine.list().await) else {
            self.stop_recorded(tail_over).await;
            return None;
        };
        let organizations = logged("listing the organizations", self.organizations(&listed).await);
        if tail_over || organizations.is_none() {
            for node in &listed {
                self.end(&node.id, tail_over).await;
            }
        }
        let mut stored = Some(0);
        for organization in &organizations? {
            let passed = self.pass(organization, &listed, Wanted::Nothing, memory).await;
            logged("stopping a cluster", passed.map_err(|error| named(organization, error)));
            let cluster = self.store.cluster(organization).await;
            let cluster = logged("reading a cluster", cluster.map_err(|error| named(organization, error)));
            let nodes = cluster.map(|cluster| cluster.map_or(0, |cluster| cluster.nodes.len()));
            stored = stored.zip(nodes).map(|(stored, nodes)| stored + nodes);
        }
        // What nobody can say the owner of, and nobody recorded, may be no node at all.
        let ours = listed.iter().filter(|node| node.organization.is_some()).count();
        stored.map(|stored: usize| stored.max(ours))
    }

    /// Ends every node that the store knows, whether it exists or not.
    async fn stop_recorded(&self, tail_over: bool) {
        let organizations = logged("listing the organizations", self.store.organizations().await);
        for organization in organizations.unwrap_or_default() {
            let cluster = self.store.cluster(&organization).await;
            let cluster = logged("reading a cluster", cluster.map_err(|error| named(&organization, error)));
            for node in cluster.flatten().map(|cluster| cluster.nodes).unwrap_or_default() {
                logged("recording that a node shall end", self.store.node_draining(&node.id).await);
                if let Some(address) = &node.address {
                    self.traffic.withdraw(&organization, address);
                }
                self.end(&node.id, tail_over).await;
            }
        }
    }

    async fn end(&self, node: &NodeId, tail_over: bool) {
        if tail_over {
            logged("killing a node", self.engine.kill(node).await);
        } else {
            logged("terminating a node", self.engine.terminate(node).await);
        }
    }
}
