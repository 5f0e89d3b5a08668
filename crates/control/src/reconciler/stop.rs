//! The orderly stop: every node of every organization ends.
//!
//! It saves money, so nothing that fails keeps it from trying the rest: without a listing it ends what the store
//! knows, without the store what is listed. Only a later server keeps it from that: the nodes are that server's then.

use std::collections::BTreeSet;
use std::time::Duration;

use sliderule_api::NodeId;

use super::decisions::{Round, Wanted};
use super::{Fenced, Reconciler};
use crate::crash;
use crate::listed::Listed;
use crate::memory::Memory;

/// The longest wait between two looks at nodes on their way down.
const WATCH: Duration = Duration::from_millis(500);

impl Reconciler {
    /// Ends every node of every organization: no new requests, then the tail to finish, then the end. Returns
    /// once none is listed and all are recorded as gone, or when `patience` is over; then says how many are left,
    /// `None` if that could not be found out or is no longer ours to say. Call it after [`run`](Self::run) has
    /// returned.
    pub async fn stop_all(&self, patience: Duration) -> Option<usize> {
        let mut memory = self.memory.lock().await;
        let clock = &self.plane.clock;
        let begun = clock.now();
        let mut pause = Duration::from_millis(50);
        loop {
            let tail_over = clock.now().since(begun) >= self.plane.policy.terms.tail;
            let left = match self.stop_round(tail_over, &mut memory).await {
                Ok(left) => left,
                Err(Fenced) => {
                    tracing::warn!("another server has taken over; its nodes are not stopped");
                    return None;
                }
            };
            if left == Some(0) || clock.now().since(begun) >= patience {
                return left;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(WATCH);
        }
    }

    /// One round of stopping: how many nodes are left, if that could be found out.
    async fn stop_round(&self, tail_over: bool, memory: &mut Memory) -> Result<Option<usize>, Fenced> {
        let asked = self.plane.clock.now();
        let listed = match self.patience().wait(self.plane.engine.list()).await {
            Ok(listing) => Listed::new(listing, asked),
            Err(error) => {
                tracing::error!(%error, "listing the nodes failed; what is recorded is ended");
                Listed::blind()
            }
        };
        let mut organizations = BTreeSet::new();
        let knows_all = self.add_busy(&listed, &mut organizations).await;
        let round = self.round(&organizations, &listed, Wanted::Nothing, memory).await?;
        self.carry_out_all(&round.effects()).await;
        self.kill_orphans(&round, &listed, knows_all).await;
        let is_sure = knows_all && round.failed.is_empty();
        self.end_rest(&round, &listed, is_sure, tail_over).await;
        // What nobody can say the owner of, and nobody recorded, may be no node at all.
        let recorded: usize = round.looks.values().map(|look| look.left().len()).sum();
        Ok((is_sure && !listed.is_blind()).then(|| recorded.max(listed.named().count())))
    }

    /// Past the tail, kills whatever is left; before, ends what is listed if its organizations could not be looked at.
    async fn end_rest(&self, round: &Round, listed: &Listed, is_sure: bool, tail_over: bool) {
        let recorded = round.looks.values().flat_map(|look| look.left());
        let nodes: BTreeSet<&NodeId> = listed.named().chain(recorded).collect();
        let patience = self.patience();
        for node in nodes {
            if tail_over {
                self.kill(node, &patience).await;
            } else if !is_sure {
                match patience.wait(self.plane.engine.terminate(node)).await {
                    Ok(()) => crash::point("terminate"),
                    Err(error) => {
                        tracing::error!(%node, %error, "terminating a node failed; it is tried again")
                    }
                }
            }
        }
    }
}
