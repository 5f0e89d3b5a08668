//! One reconciler with everything around it, in paused time.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_control::{
    Clock, Ended, Epoch, NodeSecrets, Plane, Reconciler, Traffic, Writer, decide, random_ids,
};
use sliderule_provisioning::account::{Account, Prices};
use sliderule_provisioning::cluster::{Cluster, Limits, Node, NodeState};
use sliderule_provisioning::hand::{self, Settings};
use sliderule_provisioning::order::{Order, Wish, order};
use sliderule_provisioning::step::{Policy, Step};
use sliderule_provisioning::time::{Moment, Terms};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::machines::Machines;
use crate::store::Flaky;

pub(crate) fn acme() -> OrganizationName {
    "acme".parse().unwrap()
}

pub(crate) fn secrets() -> NodeSecrets {
    NodeSecrets::new([7; 32])
}

/// What nodes and the fixed part cost, rounded down.
pub(crate) fn price(nodes: i64, seconds: i64) -> MicroUsd {
    MicroUsd((nodes * Prices::LIST.node_hour.0 + Prices::LIST.fixed_hour.0) * seconds / 3600)
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

    fn passed(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(time))
    }
}

struct Gateway {
    story: Story,
    store: Arc<Flaky>,
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
        let cluster = self.store.model.read(organization).unwrap();
        let early = if cluster.nodes.iter().any(believed) { " too early" } else { "" };
        self.story.lock().unwrap().push(format!("withdraw {address}{early}"));
    }

    fn is_member(&self, _: &OrganizationName, address: &str) -> bool {
        !self.lost.lock().unwrap().contains(address)
    }
}

/// The organization `acme` with 25 dollars, its store, its machines, and a reconciler.
pub(crate) struct House {
    pub(crate) store: Arc<Flaky>,
    pub(crate) machines: Arc<Machines>,
    pub(crate) reconciler: Arc<Reconciler>,
    clock: PausedClock,
    story: Story,
    lost: Arc<Mutex<BTreeSet<String>>>,
    asked: AtomicU32,
}

impl House {
    pub(crate) fn new() -> Self {
        let (clock, story) = (PausedClock(Instant::now()), Story::default());
        let store = Arc::new(Flaky::default());
        let machines = Arc::new(Machines::new(store.clone(), clock, story.clone()));
        let house = Self::on(store, machines, clock, story, Epoch(0));
        house.add("acme");
        house
    }

    fn on(
        store: Arc<Flaky>,
        machines: Arc<Machines>,
        clock: PausedClock,
        story: Story,
        epoch: Epoch,
    ) -> Self {
        let lost = Arc::<Mutex<BTreeSet<String>>>::default();
        let traffic = Arc::new(Gateway { story: story.clone(), store: store.clone(), lost: lost.clone() });
        let plane = Plane {
            store: store.clone(),
            engine: machines.clone(),
            clock: Arc::new(clock),
            traffic,
            secrets: secrets(),
            policy: Policy::usual(Terms::LOCAL),
            epoch,
            draw: random_ids(),
        };
        let reconciler = Arc::new(Reconciler::new(plane));
        Self { store, machines, reconciler, clock, story, lost, asked: AtomicU32::new(0) }
    }

    /// The same store and machines under a later server, whose story begins anew.
    pub(crate) async fn restarted(&self) -> Self {
        use sliderule_control::Store;
        self.story.lock().unwrap().clear();
        let epoch = self.store.begin_epoch().await.unwrap();
        let (store, machines) = (self.store.clone(), self.machines.clone());
        let house = Self::on(store, machines, self.clock, self.story.clone(), epoch);
        house.asked.store(1000 * u32::try_from(epoch.0).unwrap(), Ordering::Relaxed);
        house
    }

    /// An organization of at most ten nodes and 25 dollars.
    pub(crate) fn add(&self, name: &str) {
        let money = MicroUsd(25_000_000);
        self.store.model.add(Cluster {
            organization: name.parse().unwrap(),
            limits: Limits { min_nodes: 0, max_nodes: 10, per_user: None },
            node_cap: 10,
            version: "v4.0.4".parse().unwrap(),
            is_public: false,
            suspended: false,
            paused: false,
            failed_boots: 0,
            failed_round: None,
            trouble: None,
            prices: Prices::LIST,
            requests: Vec::new(),
            nodes: Vec::new(),
            fixed: None,
            account: Account { balance: money, credited: money, ..Account::default() },
        });
    }

    /// Another user wants nodes for that many seconds from now. Nobody is woken for it.
    pub(crate) async fn ask(&self, user: &str, nodes: u32, seconds: u64) {
        self.ask_of("acme", user, nodes, seconds).await;
    }

    pub(crate) async fn ask_of(&self, name: &str, user: &str, nodes: u32, seconds: u64) {
        let (now, policy) = (self.clock.now(), Policy::usual(Terms::LOCAL));
        let id = format!("{user}-{}", self.asked.fetch_add(1, Ordering::Relaxed)).parse().unwrap();
        let until = now.after(Duration::from_secs(seconds));
        let wish = Wish::Place { id, nodes, until, replace: false };
        let wanted = Order { user: user.parse().unwrap(), wish, key: None };
        let organization = name.parse().unwrap();
        let decided = decide(&*self.store, Writer::Operator, &organization, |cluster| {
            order(cluster, &wanted, now, &policy)
        });
        assert_eq!(decided.await.unwrap().answer.request.nodes, nodes);
    }

    /// Something is done by hand to `acme`, as an API handler does it.
    pub(crate) async fn by_hand<T: Send>(
        &self,
        mut done: impl FnMut(&Cluster, Moment) -> Step<T> + Send,
    ) -> T {
        let now = self.clock.now();
        let decision = |cluster: &Cluster| Ok::<_, Infallible>(done(cluster, now));
        self.reconciler.decide(&acme(), decision).await.unwrap()
    }

    /// The owner keeps so many nodes.
    pub(crate) async fn keep(&self, min_nodes: u32) {
        let limits = Some(Limits { min_nodes, max_nodes: 10, per_user: None });
        let settings = Settings { limits, ..Settings::default() };
        self.by_hand(|cluster, now| hand::set(cluster, &settings, now)).await;
    }

    /// Gives or takes money, so that the balance is this.
    pub(crate) async fn set_balance(&self, balance: MicroUsd) {
        let key = format!("set-{}", self.asked.fetch_add(1, Ordering::Relaxed));
        let difference = balance - self.cluster().account.balance;
        self.by_hand(|cluster, now| match difference > MicroUsd::ZERO {
            true => hand::credit(cluster, difference, &key, "test", now),
            false => hand::adjust(cluster, difference, &key, "test", now),
        })
        .await;
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

    pub(crate) fn cluster(&self) -> Cluster {
        self.store.model.read(&acme()).unwrap()
    }

    /// What `acme` has spent in all.
    pub(crate) fn spent(&self) -> MicroUsd {
        let account = self.cluster().account;
        account.credited - account.balance
    }

    /// The nodes of `acme` that are not gone.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.cluster().nodes
    }

    pub(crate) fn failed_boots(&self) -> u32 {
        self.cluster().failed_boots
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
            self.machines.live().await;
        }
    }

    /// Lets time pass until it holds.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            let story = || format!("{what}: not within an hour; {:#?} {:?}", self.cluster(), self.story());
            assert!(begun.elapsed() < Duration::from_secs(3600), "{}", story());
            self.pass(Duration::from_millis(100)).await;
        }
    }

    /// Looks by hand for three seconds: enough to boot, and to see what ended.
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
            reconciler.run(shutdown).await
        });
        Run { stop, task }
    }
}

/// A running reconciler.
pub(crate) struct Run {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Ended>,
}

impl Run {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        assert_eq!(self.task.await.unwrap(), Ended::Told);
    }

    /// Waits until it ends without being told to.
    pub(crate) async fn ended(self) -> Ended {
        self.task.await.unwrap()
    }
}
