//! The cluster's orchestrator: where the node says that it is there, and asks who may share its work.
//!
//! Follows `shared/reference/cluster-protocol.md`, section 2.8. The orchestrator is our gateway, or the
//! official one.

use std::time::Duration;

use sliderule_api::discovery::{Lock, LockAnswer, Register, RegisterAnswer, SERVICE, Unlock, UnlockAnswer};
use tracing::{debug, info, warn};

use crate::error::Error;
use crate::peer::Peers;

/// Seconds until a registration lapses. Short, so that a node that died is soon forgotten.
const LIFETIME: u32 = 15;
/// Time between registrations. Short, so that an orchestrator that restarted soon knows its nodes again.
const EVERY: Duration = Duration::from_secs(5);
/// First wait after a registration failed; doubles up to [`EVERY`].
const RETRY: Duration = Duration::from_millis(200);

/// The orchestrator of this node's cluster.
#[derive(Clone, Debug)]
pub struct Orchestrator {
    peers: Peers,
    base: String,
}

/// A node that is to do one piece of work, until it is given back or its time is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedNode {
    /// `http://ip:port` of the node.
    pub address: String,
    /// To unlock it with.
    pub transaction: u64,
}

impl Orchestrator {
    /// The orchestrator at a URL, below which `/discovery/…` lies.
    #[must_use]
    pub fn new(base: &str, peers: Peers) -> Self {
        Self { peers, base: base.trim_end_matches('/').to_owned() }
    }

    /// Registers the node at `address` again and again, for as long as it is polled.
    pub async fn keep_registered(&self, address: &str) {
        let mut reset = true;
        let mut retry = RETRY;
        loop {
            let url = format!("{}/discovery/register", self.base);
            let body = Register {
                service: SERVICE.to_owned(),
                lifetime: LIFETIME,
                address: address.to_owned(),
                reset,
            };
            match self.peers.ask::<RegisterAnswer>(&url, &body).await {
                Ok(_) => {
                    if reset || retry > RETRY {
                        info!(address, orchestrator = self.base, "registered");
                    }
                    (reset, retry) = (false, RETRY);
                    tokio::time::sleep(EVERY).await;
                }
                Err(error) => {
                    warn!(%error, "not registered; trying again");
                    tokio::time::sleep(retry).await;
                    retry = (retry * 2).min(EVERY);
                }
            }
        }
    }

    /// Asks for up to `wanted` nodes for at most `limit`; answers as many as are free, perhaps none.
    ///
    /// # Errors
    ///
    /// If the orchestrator does not answer. What it may have locked then lapses by itself.
    pub async fn lock(&self, wanted: usize, limit: Duration) -> Result<Vec<LockedNode>, Error> {
        let body = Lock {
            service: SERVICE.to_owned(),
            nodes_needed: u32::try_from(wanted).unwrap_or(u32::MAX),
            timeout: u32::try_from(limit.as_secs()).unwrap_or(u32::MAX),
        };
        let answer: LockAnswer = self.peers.ask(&format!("{}/discovery/lock", self.base), &body).await?;
        let pairs = answer.members.into_iter().zip(answer.transactions);
        Ok(pairs.map(|(address, transaction)| LockedNode { address, transaction }).collect())
    }

    /// Gives nodes back. A failure is only logged: the locks lapse by themselves.
    pub async fn unlock(&self, transactions: Vec<u64>) {
        let url = format!("{}/discovery/unlock", self.base);
        match self.peers.ask::<UnlockAnswer>(&url, &Unlock { transactions }).await {
            Ok(answer) => debug!(complete = answer.complete, fail = answer.fail, "unlocked"),
            Err(error) => warn!(%error, "nodes stay locked until their time is up"),
        }
    }
}
