//! Waiting for nodes.
//!
//! A refusal ends the wait at once; a cluster that does not answer yet is a cluster that wakes. Our own
//! provisioning system is asked two to four times a second and tells what keeps the cluster from growing. With an
//! older one only the cluster itself can be asked, first after two seconds and then ever more rarely.

use std::rc::Rc;

use sliderule_api::status::{Block, ClusterStatus};
use sliderule_api::{ErrorCode, RequestId};

use crate::address::Target;
use crate::call::{Capacity, Order};
use crate::capacity::{Generation, generation, place, registered};
use crate::effect::Phase;
use crate::world::World;
use crate::{CallId, Event, Failure, console};

/// Our own API: the shortest pause between two looks, and how much longer it may be.
const OURS_PAUSE_MS: u32 = 250;
/// Older ones: the first pause, and the longest.
const OLDER_FIRST_PAUSE_MS: u32 = 2_000;
const OLDER_LONGEST_PAUSE_MS: u32 = 10_000;
/// So many looks in a row may fail before the wait does.
const FAILURES_TOLERATED: u32 = 5;

/// Orders nodes and waits until enough are ready.
///
/// # Errors
/// Whatever refused the order or blocks the cluster; `scale_timeout` with the last state seen.
pub(crate) async fn scaleout(
    world: &World,
    target: &Rc<Target>,
    call: CallId,
    order: Order,
    min_ready: Option<u32>,
    timeout_ms: u32,
) -> Result<Capacity, Failure> {
    let mut wait = Wait {
        world,
        target,
        call,
        since: world.now(),
        wanted: order.desired_nodes,
        nodes: 0,
        message: None,
    };
    wait.tell(Phase::Requesting);
    let finished = world.within(timeout_ms, wait.run(order, min_ready)).await;
    finished.unwrap_or_else(|| Err(wait.late(timeout_ms)))
}

/// A wait, and what was seen last.
struct Wait<'a> {
    world: &'a World,
    target: &'a Rc<Target>,
    call: CallId,
    since: u64,
    wanted: u32,
    nodes: u32,
    message: Option<String>,
}

impl Wait<'_> {
    async fn run(&mut self, order: Order, min_ready: Option<u32>) -> Result<Capacity, Failure> {
        let mut capacity = place(self.world, self.target, order).await?;
        self.world.emit(Some(self.call), Event::Granted { capacity: capacity.clone() });
        self.wanted = min_ready.unwrap_or(capacity.requested_nodes).min(capacity.requested_nodes);
        let ours = self
            .target
            .organization
            .as_ref()
            .is_some_and(|name| generation(self.world, name) == Generation::Ours);
        let mut pause = OLDER_FIRST_PAUSE_MS;
        let mut failures = 0;
        loop {
            if ours {
                failures = self.look(capacity.request_id.as_ref(), failures).await?;
            } else {
                self.nodes = registered(self.world, self.target).await;
            }
            capacity.available_nodes = self.nodes;
            if self.nodes >= self.wanted && failures == 0 {
                self.tell(Phase::Ready);
                return Ok(capacity);
            }
            self.tell(if self.nodes == 0 { Phase::Waking } else { Phase::Growing });
            if ours {
                let jitter = u32::try_from(self.world.random() % u64::from(OURS_PAUSE_MS)).unwrap_or(0);
                self.world.sleep(OURS_PAUSE_MS + jitter).await;
            } else {
                self.world.sleep(pause).await;
                pause = (pause + pause / 2).min(OLDER_LONGEST_PAUSE_MS);
            }
        }
    }

    /// Looks at our own status once. Returns how many looks in a row have failed.
    async fn look(&mut self, request: Option<&RequestId>, failures: u32) -> Result<u32, Failure> {
        match console::status(self.world, self.target).await {
            Err(failure) if failure.retryable && failures < FAILURES_TOLERATED => Ok(failures + 1),
            Err(failure) => Err(failure),
            Ok(status) => {
                self.nodes = status.nodes.ready;
                if self.nodes < self.wanted {
                    still_coming(&status, request)?;
                }
                self.message = Some(status.message);
                Ok(0)
            }
        }
    }

    fn tell(&self, phase: Phase) {
        let elapsed_ms = self.world.now().saturating_sub(self.since);
        let (nodes, wanted, message) = (self.nodes, self.wanted, self.message.clone());
        self.world.emit(Some(self.call), Event::Progress { phase, nodes, wanted, elapsed_ms, message });
    }

    fn late(&self, timeout_ms: u32) -> Failure {
        let said =
            self.message.as_ref().map(|message| format!("; last heard: {message}")).unwrap_or_default();
        let message = format!(
            "{} of {} nodes were ready after {} s; the request stands: wait on with scaleout and more timeoutMs, or give \
             the nodes up with scaleout({{ desiredNodes: 0 }}){said}",
            self.nodes,
            self.wanted,
            timeout_ms / 1000
        );
        Failure::new(ErrorCode::ScaleTimeout, message).at(&self.target.cluster).retryable()
    }
}

/// Whether the nodes can still come.
fn still_coming(status: &ClusterStatus, request: Option<&RequestId>) -> Result<(), Failure> {
    let code = match status.blocked {
        Some(Block::Suspended) => ErrorCode::ClusterSuspended,
        Some(Block::Paused) => ErrorCode::ClusterPaused,
        Some(Block::OutOfFunds) => ErrorCode::OutOfFunds,
        Some(Block::Protected) => ErrorCode::ClusterProtected,
        None if request.is_none_or(|id| status.requests.iter().any(|live| live.id == *id)) => return Ok(()),
        None => {
            let message =
                "the request for nodes ended before they were ready: it expired or was released; ask again";
            return Err(Failure::new(ErrorCode::ScaleRefused, message));
        }
    };
    Err(Failure::new(code, status.message.clone()))
}
