//! One seed, from its beginning to its end: everything that happens, one step after the other.
//!
//! A step is the next thing that is due on the true time that all share: a node's, a server's, somebody's. Nothing runs
//! beside it. After each step what must hold is checked, and the first thing that does not hold ends the seed.

mod calls;
mod events;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sliderule_control::{ModelStore, Store};
use sliderule_engines::sim::{Dice, Faults, SimEngine, World};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::{Moment, Terms};

use crate::book::{Shared, Violation};
use crate::closing;
use crate::kinds::Kind;
use crate::people::People;
use crate::plant::{Plant, Planted};
use crate::poll::Poller;
use crate::recorder::Recorder;
use crate::server::{Server, Site, Task};
use crate::truth::Watch;
use crate::weather::Weather;
use events::Event;

/// 2026-01-01, in milliseconds.
const NEW_YEAR: i64 = 1_767_225_600_000;
const DAY: i64 = 86_400_000;

/// How long after its last day a seed may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(16 * 3600);

/// How many steps a day can have in which nothing runs in circles.
const BUSIEST: u64 = 400_000;

/// What to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed, which decides everything.
    pub seed: u64,
    /// For how many days.
    pub days: u32,
    /// What may go wrong.
    pub kinds: Vec<Kind>,
    /// The bug that is built in, if any.
    pub plant: Option<Plant>,
    /// Whether to keep a journal of everything.
    pub with_journal: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The first thing found wrong.
    pub violation: Option<Violation>,
    /// Steps made.
    pub steps: u64,
    /// Changes committed.
    pub changes: u64,
    /// Servers that ended in the middle of something.
    pub crashes: u64,
    /// Orders granted.
    pub granted: u64,
    /// Orders refused.
    pub refused: u64,
    /// Micro-dollars spent beyond the bound.
    pub beyond: i64,
    /// Milliseconds for which clusters were awake, and in all.
    pub awake_ms: [i64; 2],
    /// Everything that happened, if a journal was kept.
    pub journal: String,
}

/// A seed while it is simulated.
pub(crate) struct Simulation {
    site: Site,
    poller: Poller,
    people: People,
    dice: Dice,
    watch: Watch,
    servers: Vec<Server>,
    tasks: Vec<Task>,
    queue: BTreeMap<(Moment, u64), Event>,
    queued: u64,
    /// Since when a server has been at work without a break.
    up_since: Option<Moment>,
    /// The last part, in which nothing new happens and nothing goes wrong.
    is_closing: bool,
    /// When that part may end at the earliest.
    rests_from: Moment,
    outcome: Outcome,
}

/// Simulates one seed over the model store.
#[must_use]
pub fn simulate(plan: &Plan) -> Outcome {
    let model = Arc::new(ModelStore::new());
    let ground = |clusters: &[Cluster]| -> (Poller, Arc<dyn Store>) {
        clusters.iter().for_each(|cluster| model.add(cluster.clone()));
        (Poller::Bare, model.clone())
    };
    // The recorder keeps what was made; the model need not keep it, too.
    run(plan, Duration::MAX, ground, || drop(model.take_made()))
}

/// Simulates no more than so much of one seed, over the store that `ground` makes, with these clusters in it.
#[must_use]
pub fn simulate_over(
    plan: &Plan,
    at_most: Duration,
    ground: impl FnOnce(&[Cluster]) -> (Poller, Arc<dyn Store>),
) -> Outcome {
    run(plan, at_most, ground, || {})
}

/// Simulates one seed, and does that every day.
fn run(
    plan: &Plan,
    at_most: Duration,
    ground: impl FnOnce(&[Cluster]) -> (Poller, Arc<dyn Store>),
    daily: impl Fn(),
) -> Outcome {
    let began = Moment(NEW_YEAR + i64::try_from(plan.seed % 365).unwrap_or(0) * DAY);
    let end = Moment(began.0 + i64::from(plan.days) * DAY).min(began.after(at_most));
    let mut simulation = Simulation::begin(plan, began, ground);
    simulation.plan_trouble(plan, began, end);
    for day in 1..=i64::from(plan.days) {
        simulation.run(Moment(began.0 + day * DAY).min(end));
        daily();
    }
    if simulation.site.shared.book().violation.is_none() {
        simulation.close();
        simulation.run(end.after(PATIENCE));
    }
    simulation.finish()
}

impl Simulation {
    fn begin(
        plan: &Plan,
        began: Moment,
        ground: impl FnOnce(&[Cluster]) -> (Poller, Arc<dyn Store>),
    ) -> Self {
        let terms = terms(plan.seed);
        let shared = Shared::new(began, terms, plan.with_journal);
        let engine_faults: Vec<_> = plan
            .kinds
            .iter()
            .filter_map(|kind| match kind {
                Kind::Engine(fault) => Some(*fault),
                _ => None,
            })
            .collect();
        let faults = Faults::drawn(plan.seed, &engine_faults, began);
        let engine = SimEngine::new(World::new(terms, faults, began));
        let mut people = People::drawn(plan.seed, &plan.kinds);
        let clusters = people.clusters(began);
        for cluster in &clusters {
            shared.book().open(cluster.clone());
        }
        let (poller, store) = ground(&clusters);
        let store: Arc<dyn Store> = Arc::new(Recorder::new(store, shared.clone()));
        let store: Arc<dyn Store> = match plan.plant {
            Some(plant) => Arc::new(Planted::new(store, plant, plan.seed)),
            None => store,
        };
        let weather = Weather::drawn(plan.seed, &plan.kinds, began);
        let mut simulation = Self {
            site: Site::new(store, engine, shared, weather),
            poller,
            people,
            dice: Dice::new(plan.seed, "events"),
            watch: Watch::default(),
            servers: Vec::new(),
            tasks: Vec::new(),
            queue: BTreeMap::new(),
            queued: 0,
            up_since: None,
            is_closing: false,
            rests_from: Moment(i64::MAX),
            outcome: Outcome::default(),
        };
        simulation.queue(began, Event::Starts);
        simulation.queue(began, Event::Midnight);
        simulation.queue(began, Event::Minute);
        simulation
    }

    /// Makes steps until `end`, or until something is wrong, or all has come to rest.
    fn run(&mut self, end: Moment) {
        while self.site.shared.book().violation.is_none()
            && let Some(next) = self.next().filter(|next| *next <= end)
        {
            if self.is_closing && self.is_at_rest() {
                return;
            }
            self.step(next);
        }
    }

    fn step(&mut self, now: Moment) {
        {
            let mut book = self.site.shared.book();
            book.now = now;
            book.step += 1;
        }
        let calls = self.site.engine.world().advance(now);
        for call in calls {
            self.call(call, now);
        }
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= now) {
            let event = entry.remove();
            self.happen(event, now);
        }
        for index in 0..self.servers.len() {
            if let Some(server) =
                self.servers.get_mut(index).filter(|server| server.wake <= now && !server.ticking)
            {
                let task = server.tick(now);
                self.tasks.push(task);
            }
        }
        self.work(now);
        let world = self.site.engine.world();
        let mut book = self.site.shared.book();
        self.watch.step(&mut book, &world);
        let days = u64::try_from((now.0 - book.began.0) / DAY).unwrap_or(0) + 1;
        if book.step > days * BUSIEST
            && let Some(organization) = book.pages.keys().next().cloned()
        {
            book.wrong(&organization, "something is done over and over again".to_owned());
        }
    }

    /// When something is due next.
    fn next(&self) -> Option<Moment> {
        let queued = self.queue.first_key_value().map(|((at, _), _)| *at);
        let tasks = self.tasks.iter().map(|task| task.resume).min();
        let servers = self.servers.iter().filter(|server| !server.ticking).map(|server| server.wake).min();
        let nodes = self.site.engine.world().next_event();
        let now = self.site.shared.book().now;
        [queued, tasks, servers, nodes].into_iter().flatten().min().map(|next| next.max(now))
    }

    fn queue(&mut self, at: Moment, event: Event) {
        self.queued += 1;
        self.queue.insert((at, self.queued), event);
    }

    fn finish(mut self) -> Outcome {
        let mut book = self.site.shared.book();
        if book.violation.is_none() {
            closing::check(&mut book, &self.site.engine.world());
            for (organization, page) in &book.pages.clone() {
                let stored = self.poller.finish({
                    let (store, organization) = (self.site.store.clone(), organization.clone());
                    Box::pin(async move { store.cluster(&organization).await })
                });
                if !matches!(stored, Some(Ok(Some(cluster))) if cluster == page.cluster) {
                    book.wrong(
                        organization,
                        "the store has come to another state than the changes made".to_owned(),
                    );
                }
            }
        }
        self.outcome.violation = book.violation.clone();
        self.outcome.steps = book.step;
        self.outcome.changes = book.changes;
        self.outcome.beyond = book.pages.values().map(|page| page.sums.beyond).max().unwrap_or(0);
        self.outcome.awake_ms = self.watch.awake_ms;
        self.outcome.journal = book.journal();
        drop(book);
        self.outcome
    }
}

/// The engine's promises differ from seed to seed.
fn terms(seed: u64) -> Terms {
    let of = |lease, tail, boot| Terms {
        lease: Duration::from_secs(lease),
        tail: Duration::from_secs(tail),
        boot: Duration::from_secs(boot),
    };
    match seed % 4 {
        0 | 1 => Terms::LOCAL,
        2 => of(300, 60, 120),
        _ => of(120, 30, 60),
    }
}
