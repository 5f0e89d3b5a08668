//! An engine in memory whose nodes boot in a second, pull leases, and fail as they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sliderule_api::NodeId;
use sliderule_control::{Clock, Undecided, Writer, decide};
use sliderule_engines::{ClusterEngine, EngineError, ListedNode, Listing, NodeSpec};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::life::{pulled, registered};
use sliderule_provisioning::step::Step;
use sliderule_provisioning::time::{Moment, Terms};

use crate::house::{PausedClock, Story, secrets};
use crate::store::Flaky;

/// A running node.
struct Machine {
    spec: NodeSpec,
    born: Moment,
    runs_until: Moment,
    told_to_end: bool,
    has_runner: bool,
    /// Whether it was launched, and is not a stray that ends for nobody.
    ours: bool,
    /// Whether the engine can say whose it is.
    nameable: bool,
}

pub(crate) struct Machines {
    /// Launches that fail from now on, without making a node.
    pub(crate) fail_launches: AtomicU32,
    /// Launches from now on that make a node and answer with an error.
    pub(crate) lose_answers: AtomicU32,
    /// Whether a launch hangs before it does anything.
    pub(crate) crash_before_launch: AtomicBool,
    /// Whether nodes become ready.
    pub(crate) boots: AtomicBool,
    pub(crate) fail_listings: AtomicBool,
    /// Whether a listing never ends.
    pub(crate) hang_listings: AtomicBool,
    pub(crate) ignore_terminate: AtomicBool,
    pub(crate) ignore_kill: AtomicBool,
    /// Whether terminating fails.
    pub(crate) refuse_terminate: AtomicBool,
    /// The secret with which each launch was last tried.
    pub(crate) secrets: Mutex<BTreeMap<NodeId, String>>,
    /// Launches seen.
    pub(crate) attempts: AtomicU32,
    running: Mutex<BTreeMap<NodeId, Machine>>,
    ever: Mutex<BTreeSet<NodeId>>,
    store: Arc<Flaky>,
    clock: PausedClock,
    story: Story,
}

impl Machines {
    pub(crate) fn new(store: Arc<Flaky>, clock: PausedClock, story: Story) -> Self {
        Self {
            fail_launches: AtomicU32::new(0),
            lose_answers: AtomicU32::new(0),
            crash_before_launch: AtomicBool::new(false),
            boots: AtomicBool::new(true),
            fail_listings: AtomicBool::new(false),
            hang_listings: AtomicBool::new(false),
            ignore_terminate: AtomicBool::new(false),
            ignore_kill: AtomicBool::new(false),
            refuse_terminate: AtomicBool::new(false),
            secrets: Mutex::default(),
            attempts: AtomicU32::new(0),
            running: Mutex::default(),
            ever: Mutex::default(),
            store,
            clock,
            story,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.running.lock().unwrap().len()
    }

    pub(crate) fn die(&self, id: &NodeId) {
        self.running.lock().unwrap().remove(id);
    }

    /// The node's runner dies and the node lives on, for ever if nobody kills it.
    pub(crate) fn kill_runner(&self, id: &NodeId) {
        self.running.lock().unwrap().get_mut(id).unwrap().has_runner = false;
    }

    /// A node that nobody launched.
    pub(crate) fn inject(&self, id: &str, organization: &str) {
        let spec = NodeSpec {
            id: id.parse().unwrap(),
            organization: organization.parse().unwrap(),
            version: "v4.0.4".parse().unwrap(),
            secret: String::new(),
        };
        self.create(&spec, false);
    }

    /// From now on the engine cannot say whose node it is.
    pub(crate) fn unname(&self, id: &NodeId) {
        self.running.lock().unwrap().get_mut(id).unwrap().nameable = false;
    }

    pub(crate) fn exists(&self, id: &NodeId) -> bool {
        self.running.lock().unwrap().contains_key(id)
    }

    /// What runners and nodes do by themselves: end when told, pull leases, register, end without a lease.
    pub(crate) async fn live(&self) {
        let looked_after: Vec<(NodeSpec, Moment)> = {
            let running = self.running.lock().unwrap();
            let ours = running.values().filter(|machine| machine.has_runner && machine.ours);
            ours.map(|machine| (machine.spec.clone(), machine.born)).collect()
        };
        let now = self.clock.now();
        for (spec, born) in looked_after {
            let at = address(&spec.id);
            let is_it = secrets().verify(&spec.id, &spec.secret);
            let left = self.decide(&spec, |cluster| pulled(cluster, &spec.id, &at, now, self.terms())).await;
            // A store that fails for a while leaves the lease as it is.
            let Some(left) = left else { continue };
            if let Some(machine) = self.running.lock().unwrap().get_mut(&spec.id) {
                match left.filter(|_| is_it) {
                    Some(left) => machine.runs_until = now.after(left),
                    None => machine.told_to_end = true,
                }
            }
            if now.since(born) >= Duration::from_secs(1) && self.boots.load(Ordering::Relaxed) {
                self.decide(&spec, |cluster| registered(cluster, &at, now)).await;
            }
        }
        let obey = !self.ignore_terminate.load(Ordering::Relaxed);
        self.running.lock().unwrap().retain(|_, machine| {
            let is_over = now >= machine.runs_until.after(Terms::LOCAL.tail);
            !machine.has_runner || !(is_over || obey && machine.told_to_end)
        });
    }

    async fn decide<T: Send>(
        &self,
        spec: &NodeSpec,
        mut said: impl FnMut(&Cluster) -> Step<T> + Send,
    ) -> Option<T> {
        let decision = |cluster: &Cluster| Ok::<_, Infallible>(said(cluster));
        match decide(&*self.store, Writer::Operator, &spec.organization, decision).await {
            Ok(step) => Some(step.answer),
            Err(Undecided::Store(_)) => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn create(&self, spec: &NodeSpec, ours: bool) {
        if self.ever.lock().unwrap().insert(spec.id.clone()) {
            let born = self.clock.now();
            let runs_until = if ours { born.after(Terms::LOCAL.lease) } else { Moment(i64::MAX) };
            let machine = Machine {
                spec: spec.clone(),
                born,
                runs_until,
                told_to_end: false,
                has_runner: true,
                ours,
                nameable: true,
            };
            self.running.lock().unwrap().insert(spec.id.clone(), machine);
        }
    }

    fn tell(&self, what: String) {
        self.story.lock().unwrap().push(what);
    }
}

#[async_trait]
impl ClusterEngine for Machines {
    fn terms(&self) -> Terms {
        Terms::LOCAL
    }

    async fn launch(&self, spec: &NodeSpec) -> Result<(), EngineError> {
        if self.crash_before_launch.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.attempts.fetch_add(1, Ordering::Relaxed);
        self.secrets.lock().unwrap().insert(spec.id.clone(), spec.secret.clone());
        if one_of(&self.fail_launches) {
            return Err(failure());
        }
        self.tell(format!("launch {}", spec.id));
        self.create(spec, true);
        if one_of(&self.lose_answers) { Err(failure()) } else { Ok(()) }
    }

    async fn list(&self) -> Result<Listing, EngineError> {
        if self.fail_listings.load(Ordering::Relaxed) {
            return Err(failure());
        }
        if self.hang_listings.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let running = self.running.lock().unwrap();
        let listed = |(id, machine): (&NodeId, &Machine)| ListedNode {
            id: id.clone(),
            organization: Some(machine.spec.organization.clone()).filter(|_| machine.nameable),
            address: Some(address(id)),
            has_runner: machine.has_runner,
        };
        Ok(Listing { age: Duration::ZERO, nodes: running.iter().map(listed).collect() })
    }

    /// A node ends as soon as time passes.
    async fn terminate(&self, id: &NodeId) -> Result<(), EngineError> {
        self.tell(format!("terminate {id}"));
        if self.refuse_terminate.load(Ordering::Relaxed) {
            return Err(failure());
        }
        let obey = !self.ignore_terminate.load(Ordering::Relaxed);
        self.running.lock().unwrap().retain(|running, machine| {
            let told_before = machine.told_to_end;
            machine.told_to_end |= running == id;
            !(obey && running == id && told_before)
        });
        Ok(())
    }

    async fn kill(&self, id: &NodeId) -> Result<(), EngineError> {
        self.tell(format!("kill {id}"));
        if !self.ignore_kill.load(Ordering::Relaxed) {
            self.die(id);
        }
        Ok(())
    }
}

fn address(id: &NodeId) -> String {
    format!("http://{id}")
}

fn one_of(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

fn failure() -> EngineError {
    EngineError::Io { what: "launching".to_owned(), source: std::io::Error::other("as the test wants it") }
}
