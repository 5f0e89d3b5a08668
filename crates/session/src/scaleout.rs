//! Waiting for nodes.
//!
//! A refusal ends the wait at once; a cluster that does not answer yet is a cluster that wakes. Our own
//! provisioning system tells by itself, also what keeps the cluster from growing. With an older one only the cluster
//! itself can be asked, first after two seconds and then ever more rarely.

use std::rc::Rc;

use sliderule_api::{ErrorCode, RequestId};

use crate::address::Target;
use crate::answers::Status;
use crate::call::{Capacity, Order};
use crate::capacity::{is_ours, place, registered};
use crate::effect::Phase;
use crate::watch::{Watch, is_passing};
use crate::world::World;
use crate::{CallId, Event, Failure};

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
) -> Result<Box<Capacity>, Failure> {
    let mut wait = Wait {
        world,
        target,
        call,
        since: world.now(),
        wanted: order.desired_nodes,
        nodes: 0,
        message: None,
        expected_ms: None,
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
    expected_ms: Option<u64>,
}

impl Wait<'_> {
    async fn run(&mut self, order: Order, min_ready: Option<u32>) -> Result<Box<Capacity>, Failure> {
        let mut capacity = place(self.world, self.target, order).await?;
        self.world.emit(Some(self.call), Event::Granted { capacity: capacity.clone() });
        self.wanted = min_ready.unwrap_or(capacity.requested_nodes).min(capacity.requested_nodes);
        if is_ours(self.world, self.target) == Ok(true) {
            self.watch(capacity.request_id.as_ref()).await?;
        } else {
            self.poll().await;
        }
        self.tell(Phase::Ready);
        capacity.available_nodes = self.nodes;
        capacity.ready = true;
        Ok(capacity)
    }

    /// Hears from our own provisioning system until enough nodes are ready.
    async fn watch(&mut self, request: Option<&RequestId>) -> Result<(), Failure> {
        let mut watch = Watch::new(self.world, self.target);
        let mut failures = 0;
        loop {
            match watch.next().await {
                Err(failure) if is_passing(&failure) && failures < FAILURES_TOLERATED => failures += 1,
                Err(failure) => return Err(failure),
                Ok(status) => {
                    failures = 0;
                    self.nodes = status.ready;
                    self.expected_ms = status.ready_in_seconds.map(|seconds| seconds.saturating_mul(1000));
                    let coming = still_coming(&status, request);
                    self.message = Some(status.message);
                    if self.nodes >= self.wanted {
                        return Ok(());
                    }
                    coming?;
                }
            }
            self.tell_growth();
        }
    }

    /// Asks an older cluster how many nodes it has until there are enough. Pauses differ a little, so that many
    /// clients do not ask in step.
    async fn poll(&mut self) {
        let mut pause = OLDER_FIRST_PAUSE_MS;
        loop {
            self.nodes = registered(self.world, self.target).await;
            if self.nodes >= self.wanted {
                return;
            }
            self.tell_growth();
            let jitter = self.world.random_below(pause / 5);
            self.world.sleep_idly(pause - pause / 10 + jitter).await;
            pause = (pause + pause / 2).min(OLDER_LONGEST_PAUSE_MS);
        }
    }

    fn tell_growth(&self) {
        self.tell(if self.nodes == 0 { Phase::Waking } else { Phase::Growing });
    }

    fn tell(&self, phase: Phase) {
        let elapsed_ms = self.world.now().saturating_sub(self.since);
        let (nodes, wanted, message) = (self.nodes, self.wanted, self.message.clone());
        let expected_ms = if phase == Phase::Ready { None } else { self.expected_ms };
        let progress = Event::Progress { phase, nodes, wanted, elapsed_ms, expected_ms, message };
        self.world.emit(Some(self.call), progress);
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
fn still_coming(status: &Status, request: Option<&RequestId>) -> Result<(), Failure> {
    if let Some(failure) = status.kept_off() {
        return Err(failure);
    }
    if request.is_none_or(|id| status.requests.iter().any(|live| live.id == *id)) {
        return Ok(());
    }
    let message = "the request for nodes ended before they were ready: it expired or was released; ask again";
    Err(Failure::new(ErrorCode::ScaleRefused, message))
}
