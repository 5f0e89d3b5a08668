//! A server's life: it takes office, does what is due, answers calls, and ends somewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sliderule_api::{NodeId, OrganizationName};
use sliderule_control::reconciler::Fenced;
use sliderule_control::store::Epoch;
use sliderule_control::{Draw, NodeSecrets, Plane, Reconciler, Store};
use sliderule_engines::sim::{NodeCall, Pulled, SimEngine};
use sliderule_provisioning::life;
use sliderule_provisioning::step::Policy;
use sliderule_provisioning::time::Moment;

use crate::book::Shared;
use crate::clocks::Machine;
use crate::deed::{Deed, Outcome};
use crate::page::Cause;
use crate::poll::{Boxed, Held};
use crate::traffic::SimTraffic;
use crate::weather::Weather;
use crate::wire::{Points, WiredEngine, WiredStore};

/// What a server is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Errand {
    /// What is due.
    Tick,
    /// A node's runner asks.
    Pull(NodeId),
    /// A node says that it serves.
    Registration,
    /// Somebody asks.
    Deed(OrganizationName, Deed),
}

impl Errand {
    /// What it may do to what is free.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::Deed(_, deed) => deed.cause(),
            Self::Tick | Self::Pull(_) | Self::Registration => Cause::Inside,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    /// When something is due next.
    Ticked(Result<Moment, Fenced>),
    /// What the runner is told.
    Pulled(Pulled),
    /// Registered or not.
    Registered,
    /// What the person is told.
    Done(Outcome),
}

/// Something begun and not yet done.
pub struct Task {
    /// By which server; `None` for the operator's command line.
    pub server: Option<u64>,
    /// What.
    pub errand: Errand,
    /// How far it is.
    pub future: Boxed<Answer>,
    /// When it goes on.
    pub resume: Moment,
}

/// Everything that outlives a server.
pub struct Site {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The engine.
    pub engine: SimEngine,
    /// The book.
    pub shared: Shared,
    /// What goes wrong.
    pub weather: Weather,
    /// The machine it runs on.
    pub machine: Machine,
    /// Where word is left of what is held up.
    pub held: Held,
    /// Node ids drawn so far.
    drawn: Arc<AtomicU64>,
}

impl Site {
    /// Around what is given.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, engine: SimEngine, shared: Shared, weather: Weather) -> Self {
        let machine = Machine::new(shared.clone());
        Self { store, engine, shared, weather, machine, held: Held::default(), drawn: Arc::default() }
    }

    /// The store as whoever is wired to it has it.
    #[must_use]
    pub fn wired(&self) -> Arc<dyn Store> {
        Arc::new(WiredStore::new(self.store.clone(), self.points()))
    }

    fn points(&self) -> Points {
        Points { held: self.held.clone(), weather: self.weather.clone(), shared: self.shared.clone() }
    }

    fn draw(&self) -> Draw {
        let drawn = self.drawn.clone();
        // `n` and a number is the id of a node.
        Arc::new(move || {
            loop {
                if let Ok(id) = format!("n{}", drawn.fetch_add(1, Ordering::Relaxed)).parse() {
                    return id;
                }
            }
        })
    }
}

/// A server.
pub struct Server {
    /// Its number: the epoch it took.
    pub number: u64,
    /// When it has something to do next.
    pub wake: Moment,
    /// Whether it is at that already.
    pub ticking: bool,
    reconciler: Arc<Reconciler>,
}

impl Server {
    /// A server that has taken office as `epoch`.
    #[must_use]
    pub fn new(site: &Site, epoch: Epoch) -> Self {
        let now = site.shared.book().now;
        let terms = site.engine.world().terms();
        let reconciler = Reconciler::new(Plane {
            store: site.wired(),
            engine: Arc::new(WiredEngine::new(site.engine.clone(), site.points())),
            clock: Arc::new(site.machine.clock()),
            traffic: Arc::new(SimTraffic::new(site.shared.clone())),
            secrets: NodeSecrets::new([7; 32]),
            policy: Policy::usual(terms),
            epoch,
            draw: site.draw(),
        });
        Self { number: epoch.0, wake: now, ticking: false, reconciler: Arc::new(reconciler) }
    }

    /// Begins to do what is due.
    pub fn tick(&mut self, now: Moment) -> Task {
        self.ticking = true;
        let reconciler = self.reconciler.clone();
        self.task(Errand::Tick, now, Box::pin(async move { Answer::Ticked(reconciler.tick().await) }))
    }

    /// Begins to answer a node.
    #[must_use]
    pub fn answer(&self, call: NodeCall, now: Moment) -> Task {
        let reconciler = self.reconciler.clone();
        match call {
            NodeCall::Pull { node, organization, address } => {
                let errand = Errand::Pull(node.clone());
                let future =
                    async move { Answer::Pulled(pull(&reconciler, &organization, &node, &address).await) };
                self.task(errand, now, Box::pin(future))
            }
            NodeCall::Register { organization, address } => {
                let future = async move {
                    register(&reconciler, &organization, &address).await;
                    Answer::Registered
                };
                self.task(Errand::Registration, now, Box::pin(future))
            }
        }
    }

    /// Begins to do what somebody asks for.
    #[must_use]
    pub fn serve(&self, organization: OrganizationName, deed: Deed, now: Moment) -> Task {
        let (reconciler, errand) =
            (self.reconciler.clone(), Errand::Deed(organization.clone(), deed.clone()));
        let future = async move { Answer::Done(deed.ask(&reconciler, &organization).await) };
        self.task(errand, now, Box::pin(future))
    }

    fn task(&self, errand: Errand, now: Moment, future: Boxed<Answer>) -> Task {
        Task { server: Some(self.number), errand, future, resume: now }
    }
}

/// Begins what the operator does on the command line.
#[must_use]
pub fn command(site: &Site, organization: OrganizationName, deed: Deed, now: Moment) -> Task {
    let (store, errand) = (site.wired(), Errand::Deed(organization.clone(), deed.clone()));
    let future = async move { Answer::Done(deed.command(&*store, &organization, now).await) };
    Task { server: None, errand, future: Box::pin(future), resume: now }
}

async fn pull(server: &Reconciler, organization: &OrganizationName, node: &NodeId, address: &str) -> Pulled {
    let plane = server.plane();
    let pulled = server
        .decide(organization, |cluster| {
            Ok::<_, std::convert::Infallible>(life::pulled(
                cluster,
                node,
                address,
                plane.clock.now(),
                plane.policy.terms,
            ))
        })
        .await;
    match pulled {
        Ok(Some(left)) => Pulled::Granted(left),
        Ok(None) => Pulled::Refused,
        Err(_) => Pulled::Nothing,
    }
}

async fn register(server: &Reconciler, organization: &OrganizationName, address: &str) {
    let plane = server.plane();
    let registered = server
        .decide(organization, |cluster| {
            Ok::<_, std::convert::Infallible>(life::registered(cluster, address, plane.clock.now()))
        })
        .await;
    if let Ok(true) = registered {
        plane.traffic.admit(organization, address);
    }
}
