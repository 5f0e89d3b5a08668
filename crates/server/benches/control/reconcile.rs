//! One round over 10,000 organizations of which 1,000 run.
//!
//! Everything is real but the nodes and the time: the database, the domain, the reconciler's own round. Before each
//! round the time moves on by more than half a lease, so that every running cluster is renewed in it, durably.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use sliderule_api::{NodeId, OrganizationName};
use sliderule_control::{Clock, Plane, Reconciler, Store, Traffic, Writer, random_ids};
use sliderule_control::{Epoch, NodeSecrets};
use sliderule_engines::sim::{Faults, NodeCall, Pulled, SimEngine, World};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::life;
use sliderule_provisioning::order::{Order, Wish, order};
use sliderule_provisioning::step::Policy;
use sliderule_provisioning::time::{Moment, Terms};
use sliderule_server::store::Database;

use crate::house::{self, House};
use crate::report::{Report, median};

const ORGANIZATIONS: usize = 10_000;
const RUNNING: usize = 1_000;
/// Nodes of each that runs.
const NODES: u32 = 2;
const ROUNDS: usize = 9;

/// A bit more than half a lease.
const STEP: Duration = Duration::from_secs(31);

pub(crate) async fn measure(report: &mut Report) {
    let house = House::open().await;
    let names: Vec<OrganizationName> =
        (0..ORGANIZATIONS).map(|index| format!("org-{index}").parse().unwrap()).collect();
    for name in &names {
        house.db.add_organization(&house::organization(name)).await.unwrap();
    }
    let bench = Bench::new(house.db.clone()).await;
    bench.order(&names[..RUNNING]).await;
    bench.run_until(bench.now().after(Duration::from_secs(45))).await;
    assert_eq!(bench.ready(), RUNNING * 2, "every node serves before anything is measured");
    // From here on all leases end together, so that they are renewed in the same rounds.
    bench.skip(STEP / 2).await;
    bench.reconciler.tick().await.unwrap();

    let mut measured = Vec::new();
    for _ in 0..ROUNDS {
        bench.skip(STEP).await;
        let began = Instant::now();
        bench.reconciler.tick().await.unwrap();
        measured.push(began.elapsed());
        assert_eq!(
            bench.held(&names[..RUNNING]).await,
            bench.now().after(Terms::LOCAL.lease),
            "all were renewed"
        );
    }
    let what = format!(
        "one round over {ORGANIZATIONS} organizations, {RUNNING} of them running and renewed; median of {ROUNDS}"
    );
    report.goal("reconcile_10000_ms", what, median(&mut measured), 500.0);
    house.close().await;
}

/// The control plane over simulated nodes.
struct Bench {
    db: Database,
    engine: SimEngine,
    clock: Arc<Hand>,
    epoch: Epoch,
    policy: Policy,
    reconciler: Reconciler,
}

impl Bench {
    async fn new(db: Database) -> Self {
        let terms = Terms::LOCAL;
        let clock = Arc::new(Hand(AtomicI64::new(house::BEGINNING.0)));
        let engine = SimEngine::new(World::new(terms, Faults::none(), house::BEGINNING));
        let epoch = db.begin_epoch().await.unwrap();
        let policy = Policy::usual(terms);
        let reconciler = Reconciler::new(Plane {
            store: Arc::new(db.clone()),
            engine: Arc::new(engine.clone()),
            clock: clock.clone(),
            traffic: Arc::new(Everybody),
            secrets: NodeSecrets::new([7; 32]),
            policy: policy.clone(),
            epoch,
            draw: random_ids(),
        });
        Self { db, engine, clock, epoch, policy, reconciler }
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Orders nodes for each, for an hour.
    async fn order(&self, organizations: &[OrganizationName]) {
        let now = self.now();
        let mut index = 0;
        let mut decide = |cluster: &Cluster| {
            index += 1;
            let wish = Wish::Place {
                id: format!("request-{index}").parse().unwrap(),
                nodes: NODES,
                until: now.after(Duration::from_secs(3600)),
                replace: false,
            };
            let wanted = Order { user: "ada".parse().unwrap(), wish, key: None };
            order(cluster, &wanted, now, &self.policy).unwrap().changes
        };
        self.change(organizations, &mut decide).await;
    }

    /// Lets time pass with everything that happens in it, up to `until`.
    async fn run_until(&self, until: Moment) {
        while self.now() < until {
            let next = self.reconciler.tick().await.unwrap();
            let event = self.engine.world().next_event().unwrap_or(until);
            self.move_to(next.min(event).max(Moment(self.now().0 + 1)).min(until)).await;
        }
    }

    /// Lets time pass for the nodes alone.
    async fn skip(&self, time: Duration) {
        let until = self.now().after(time);
        while self.now() < until {
            let event = self.engine.world().next_event().unwrap_or(until);
            self.move_to(event.max(Moment(self.now().0 + 1)).min(until)).await;
        }
    }

    /// Moves time on, and answers the nodes.
    async fn move_to(&self, now: Moment) {
        self.clock.0.store(now.0, Ordering::Relaxed);
        let calls = self.engine.world().advance(now);
        let mut by_organization = BTreeMap::<OrganizationName, Vec<NodeCall>>::new();
        for call in calls {
            let (NodeCall::Pull { organization, .. } | NodeCall::Register { organization, .. }) = &call;
            by_organization.entry(organization.clone()).or_default().push(call);
        }
        let organizations: Vec<OrganizationName> = by_organization.keys().cloned().collect();
        let mut pulled = BTreeMap::<NodeId, Pulled>::new();
        let mut decide = |cluster: &Cluster| {
            let mut after = cluster.clone();
            let mut changes = Vec::new();
            for call in &by_organization[&cluster.organization] {
                let decided = match call {
                    NodeCall::Pull { node, address, .. } => {
                        let step = life::pulled(&after, node, address, now, self.policy.terms);
                        pulled.insert(node.clone(), step.answer.map_or(Pulled::Refused, Pulled::Granted));
                        step.changes
                    }
                    NodeCall::Register { address, .. } => life::registered(&after, address, now).changes,
                };
                decided.iter().for_each(|change| after.apply(change).unwrap());
                changes.extend(decided);
            }
            changes
        };
        self.change(&organizations, &mut decide).await;
        let mut world = self.engine.world();
        for (node, pulled) in pulled {
            world.pulled(&node, pulled);
        }
    }

    async fn change(
        &self,
        organizations: &[OrganizationName],
        decide: &mut (dyn FnMut(&Cluster) -> Vec<sliderule_provisioning::change::Change> + Send),
    ) {
        for changed in self.db.change(Writer::Server(self.epoch), organizations, decide).await.unwrap() {
            changed.outcome.unwrap();
        }
    }

    /// How many nodes serve.
    fn ready(&self) -> usize {
        self.engine.world().nodes().iter().filter(|node| node.runs()).count()
    }

    /// When the first of their leases ends.
    async fn held(&self, organizations: &[OrganizationName]) -> Moment {
        let mut first = Moment(i64::MAX);
        for organization in organizations {
            let cluster = self.db.cluster(organization).await.unwrap().unwrap();
            first = cluster.nodes.iter().map(|node| node.meter.held_until).fold(first, Moment::min);
        }
        first
    }
}

/// A clock that is moved by hand.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::Relaxed))
    }
}

/// A gateway that has every node.
struct Everybody;

impl Traffic for Everybody {
    fn admit(&self, _organization: &OrganizationName, _address: &str) {}

    fn withdraw(&self, _organization: &OrganizationName, _address: &str) {}

    fn is_member(&self, _organization: &OrganizationName, _address: &str) -> bool {
        true
    }
}
