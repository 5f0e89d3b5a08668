//! One reconciler with everything around it, in paused time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_control::{Clock, Reconciler, Traffic};
use sliderule_provisioning::cluster::{Moment, Node, NodeState};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::machines::Machines;
use crate::store::ModelStore;

/// List price of every organization here.
pub(crate) const NODE_HOUR: MicroUsd = MicroUsd(226_000);

pub(crate) fn acme() -> OrganizationName {
    "acme".parse().unwrap()
}

/// What happened, in order: `launch ID`, `terminate ID`, `kill ID`, `admit ADDRESS`, `withdraw ADDRESS`.
pub(crate) type Story = Arc<Mutex<Vec<String>>>;

/// A clock that follows tokio's time, paused or not.
#[derive(Clone, Copy)]
pub(crate) struct PausedClock(pub(crate) Instant);

impl Clock for PausedClock {
    fn now(&self) -> Moment {
        Moment(0).after(self.0.elapsed())
    }
}

struct Gateway {
    story: Story,
    store: Arc<ModelStore>,
    lost: Arc<Mutex<BTreeSet<String>>>,
}

impl Traffic for Gateway {
    fn admit(&self, _: &OrganizationName, address: &str) {
        self.story.lock().unwrap().push(format!("admit {address}"));
    }

    /// Notes in the story if the node would be believed if it registered right after this.
    fn withdraw(&self, organization: &OrganizationName, address: &str) {
        let believed = |node: &Node| {
            node.address.as_deref() == Some(address)
                && matches!(node.state, NodeState::Booting | NodeState::Ready)
        };
        let early =
            if self.store.nodes(organization.as_str()).iter().any(believed) { " too early" } else { "" };
        self.story.lock().unwrap().push(format!("withdraw {address}{early}"));
    }

    fn is_member(&self, _: &OrganizationName, address: &str) -> bool {
        !self.lost.lock().unwrap().contains(address)
    }
}

/// The organization `acme` with 25 dollars, its store, its machines, and a reconciler.
pub(crate) struct House {
    pub(crate) store: Arc<ModelStore>,
    pub(crate) machines: Arc<Machines>,
    pub(crate) reconciler: Arc<Reconciler>,
    clock: PausedClock,
    story: Story,
    lost: Arc<Mutex<BTreeSet<String>>>,
}

impl House {
    pub(crate) fn new() -> Self {
        let (clock, story) = (PausedClock(Instant::now()), Story::default());
        let store = Arc::new(ModelStore::new(clock));
        store.add("acme");
        let machines = Arc::new(Machines::new(store.clone(), clock, story.clone()));
        Self::on(store, machines, clock, story)
    }

    fn on(store: Arc<ModelStore>, machines: Arc<Machines>, clock: PausedClock, story: Story) -> Self {
        let lost = Arc::<Mutex<BTreeSet<String>>>::default();
        let traffic = Arc::new(Gateway { story: story.clone(), store: store.clone(), lost: lost.clone() });
        let reconciler = Reconciler::new(store.clone(), machines.clone(), Arc::new(clock), traffic);
        Self { store, machines, reconciler: Arc::new(reconciler), clock, story, lost }
    }

    /// The same store and machines under a new reconciler, whose story begins anew.
    pub(crate) fn restarted(&self) -> Self {
        self.story.lock().unwrap().clear();
        Self::on(self.store.clone(), self.machines.clone(), self.clock, self.story.clone())
    }

    pub(crate) fn story(&self) -> Vec<String> {
        self.story.lock().unwrap().clone()
    }

    /// From now on the gateway does not have the node.
    pub(crate) fn lose(&self, address: &str) {
        self.lost.lock().unwrap().insert(address.to_owned());
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.0.elapsed()
    }

    /// The nodes of `acme` that are not gone.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.store.nodes("acme")
    }

    pub(crate) fn in_state(&self, state: NodeState) -> usize {
        self.nodes().iter().filter(|node| node.state == state).count()
    }

    /// Lets time pass; runners pull their leases and nodes boot meanwhile.
    pub(crate) async fn pass(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let step = (end - Instant::now()).min(Duration::from_millis(100));
            tokio::time::sleep(step).await;
            self.machines.live();
        }
    }

    /// Lets time pass until it holds.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < Duration::from_secs(3600), "{what}: not within an hour");
            self.pass(Duration::from_millis(100)).await;
        }
    }

    /// Passes by hand for three seconds: enough to boot, and to see what ended.
    pub(crate) async fn settle(&self) {
        for _ in 0..6 {
            self.reconciler.reconcile(&acme()).await.unwrap();
            self.pass(Duration::from_millis(500)).await;
        }
    }

    /// Runs the reconciler until stopped.
    pub(crate) fn run(&self) -> Run {
        let (stop, stopped) = oneshot::channel::<()>();
        let reconciler = self.reconciler.clone();
        let task = tokio::spawn(async move {
            let shutdown = async {
                stopped.await.ok();
            };
            reconciler.run(shutdown).await;
        });
        Run { stop, task }
    }
}

/// A running reconciler.
pub(crate) struct Run {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Run {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}
