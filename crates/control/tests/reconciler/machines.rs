//! An engine in memory whose nodes boot in a second, pull leases, and fail as they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sliderule_api::NodeId;
use sliderule_control::{Clock, Renewal, secret_hash};
use sliderule_engines::{ClusterEngine, EngineError, ListedNode, NodeSpec};
use sliderule_provisioning::cluster::{Moment, Terms};

use crate::house::{PausedClock, Story};
use crate::store::ModelStore;

/// A running node.
struct Machine {
    spec: NodeSpec,
    born: Moment,
    runs_until: Moment,
    told_to_end: bool,
    has_runner: bool,
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
    pub(crate) ignore_terminate: AtomicBool,
    pub(crate) ignore_kill: AtomicBool,
    /// Launches seen.
    pub(crate) attempts: AtomicU32,
    running: Mutex<BTreeMap<NodeId, Machine>>,
    ever: Mutex<BTreeSet<NodeId>>,
    store: Arc<ModelStore>,
    clock: PausedClock,
    story: Story,
}

impl Machines {
    pub(crate) fn new(store: Arc<ModelStore>, clock: PausedClock, story: Story) -> Self {
        Self {
            fail_launches: AtomicU32::new(0),
            lose_answers: AtomicU32::new(0),
            crash_before_launch: AtomicBool::new(false),
            boots: AtomicBool::new(true),
            fail_listings: AtomicBool::new(false),
            ignore_terminate: AtomicBool::new(false),
            ignore_kill: AtomicBool::new(false),
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
        self.create(&spec);
    }

    /// What runners and nodes do by themselves: end when told, pull leases, register, end without a lease.
    pub(crate) fn live(&self) {
        let now = self.clock.now();
        let obey = !self.ignore_terminate.load(Ordering::Relaxed);
        self.running.lock().unwrap().retain(|id, machine| {
            if !machine.has_runner {
                return true;
            }
            let address = address(id);
            let secret_hash = secret_hash(&machine.spec.secret);
            match self.store.renew(id, &secret_hash, &address, now, Terms::LOCAL.lease) {
                Renewal::Granted { paid_until } => machine.runs_until = paid_until,
                Renewal::Refused if machine.spec.secret.is_empty() => {}
                Renewal::Refused => machine.told_to_end = true,
            }
            let booted = now.since(machine.born) >= Duration::from_secs(1);
            if booted && self.boots.load(Ordering::Relaxed) {
                self.store.ready(id, &address);
            }
            !(obey && machine.told_to_end) && now < machine.runs_until.after(Terms::LOCAL.tail)
        });
    }

    fn create(&self, spec: &NodeSpec) {
        if self.ever.lock().unwrap().insert(spec.id.clone()) {
            let born = self.clock.now();
            let runs_until = born.after(Terms::LOCAL.lease);
            let machine =
                Machine { spec: spec.clone(), born, runs_until, told_to_end: false, has_runner: true };
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
        if one_of(&self.fail_launches) {
            return Err(failure());
        }
        self.tell(format!("launch {}", spec.id));
        self.create(spec);
        if one_of(&self.lose_answers) { Err(failure()) } else { Ok(()) }
    }

    async fn list(&self) -> Result<Vec<ListedNode>, EngineError> {
        if self.fail_listings.load(Ordering::Relaxed) {
            return Err(failure());
        }
        let running = self.running.lock().unwrap();
        let listed = |(id, machine): (&NodeId, &Machine)| ListedNode {
            id: id.clone(),
            organization: Some(machine.spec.organization.clone()),
            address: Some(address(id)),
            has_runner: machine.has_runner,
        };
        Ok(running.iter().map(listed).collect())
    }

    /// A node ends as soon as time passes.
    async fn terminate(&self, id: &NodeId) -> Result<(), EngineError> {
        self.tell(format!("terminate {id}"));
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
