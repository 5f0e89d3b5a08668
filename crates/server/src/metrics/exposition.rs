//! What there is now, counted when somebody asks, and put beside what happened.
//!
//! Always holds: one count at a time, so that asking often costs no more than one reader of the database; a count that
//! fails takes nothing else away.

use std::sync::Arc;

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sliderule_api::MicroUsd;
use sliderule_control::{Clock, Reconciler};
use tokio::sync::Mutex;

use super::{Metrics, PREFIX, process, text_of};
use crate::auth::Hasher;
use crate::front::Certificate;
use crate::instants;
use crate::store::{Census, Counted, Database};

/// The states of nodes, all of them, so that a count of zero is told too.
const NODES: [&str; 4] = ["booting", "ready", "draining", "stopping"];

/// What clusters do, all of it.
const CLUSTERS: [&str; 5] = ["asleep", "waking", "running", "stopping", "failed"];

/// One label with its value.
type Label = [(&'static str, String); 1];

/// Everything that is told to Prometheus.
pub struct Exposition {
    /// What happened.
    pub metrics: Arc<Metrics>,
    /// Where what there is is kept.
    pub db: Database,
    /// Whose pulse is taken.
    pub reconciler: Arc<Reconciler>,
    /// Whose queue is measured.
    pub hasher: Hasher,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The certificate of the public listener.
    pub certificate: Option<Arc<Certificate>>,
    /// Whether organizations are told by name.
    pub by_organization: bool,
    /// What opens `/metrics` on the public listener.
    pub token: Option<SecretString>,
    /// When the server started, in seconds since 1970.
    pub started: u64,
    /// Held while somebody counts.
    pub turn: Mutex<()>,
}

impl Exposition {
    /// Whether the token opens `/metrics` on the public listener. How long that takes says nothing about it.
    #[must_use]
    pub fn opens(&self, token: &str) -> bool {
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        self.token.as_ref().is_some_and(|right| digest(right.expose_secret()) == digest(token))
    }

    /// All of it, as Prometheus reads it.
    pub async fn text(&self) -> String {
        let _turn = self.turn.lock().await;
        let mut here = Registry::with_prefix(PREFIX);
        self.add_server(&mut here);
        let mut complete = true;
        match self.db.census().await {
            Ok(census) => add_census(&mut here, &census),
            Err(error) => {
                tracing::warn!(%error, "the metrics lack what the database knows");
                complete = false;
            }
        }
        if self.by_organization {
            match self.db.census_by_organization().await {
                Ok(counted) => add_organizations(&mut here, &counted),
                Err(error) => {
                    tracing::warn!(%error, "the metrics lack the organizations");
                    complete = false;
                }
            }
        }
        let help = "Whether the database could be counted for this answer";
        here.register("census_complete", help, ConstGauge::new(i64::from(complete)));
        let mut process = Registry::with_prefix("process");
        self.add_process(&mut process);
        [self.metrics.text(), text_of(&here), text_of(&process)].concat()
    }

    fn add_server(&self, to: &mut Registry) {
        let pulse = self.reconciler.pulse();
        to.register("reconciler_rounds", "Rounds of the reconciler", ConstCounter::new(pulse.rounds));
        let help = "Rounds in which some cluster could not be looked at";
        to.register("reconciler_failed_rounds", help, ConstCounter::new(pulse.failed_rounds));
        let help = "What all rounds of the reconciler took";
        to.register("reconciler_round_seconds", help, ConstCounter::new(pulse.took.as_secs_f64()));
        let help = "What the last round of the reconciler took";
        let took = ConstGauge::new(pulse.last_took.as_secs_f64());
        to.register("reconciler_last_round_seconds", help, took);
        if let Some(at) = pulse.everybody_at {
            let lag = self.clock.now().since(at).as_secs_f64();
            let help = "Time since the reconciler last looked at everybody; ten seconds are usual";
            to.register("reconciler_lag_seconds", help, ConstGauge::new(lag));
        }
        to.register("hashes", "Passwords that were hashed", ConstCounter::new(self.hasher.runs()));
        let (running, waiting) = self.hasher.load();
        to.register("hashes_running", "Passwords that are being hashed", ConstGauge::new(count(running)));
        to.register("hashes_waiting", "Passwords that wait to be hashed", ConstGauge::new(count(waiting)));
        let help = "Transactions that this server committed";
        to.register("database_commits", help, ConstCounter::new(self.db.commits()));
        let end = self.certificate.as_ref().and_then(|certificate| certificate.not_after());
        if let Some(end) = end.and_then(|end| i64::try_from(end).ok()) {
            let help = "When the certificate of the public listener ends, in seconds since 1970";
            to.register("certificate_not_after_seconds", help, ConstGauge::new(end));
        }
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        let build: Family<[(&'static str, &'static str); 1], Gauge> = Family::default();
        build.get_or_create(&version).set(1);
        to.register("build", "The release that runs", build);
    }

    fn add_process(&self, to: &mut Registry) {
        let started = i64::try_from(self.started).unwrap_or(i64::MAX);
        let help = "When the server started, in seconds since 1970";
        to.register("start_time_seconds", help, ConstGauge::new(started));
        if let Some(bytes) = process::resident_bytes() {
            to.register("resident_memory_bytes", "Memory that the server holds", ConstGauge::new(bytes));
        }
        if let Some(files) = process::open_files() {
            to.register("open_fds", "Files and connections that the server has open", ConstGauge::new(files));
        }
    }

    /// When a server starts that shall be watched.
    #[must_use]
    pub fn started_at(clock: &dyn Clock) -> u64 {
        instants::seconds(clock.wall(clock.now()))
    }
}

fn add_census(to: &mut Registry, census: &Census) {
    let Census { nodes, organizations, suspended, paused, open_requests, credited, balance, reserved } =
        census;
    to.register("nodes", "Nodes by state", by_name("state", &NODES, nodes));
    to.register(
        "organizations",
        "Organizations by what their clusters do",
        by_name("state", &CLUSTERS, organizations),
    );
    let blocked = [("suspended".to_owned(), *suspended), ("paused".to_owned(), *paused)];
    to.register(
        "organizations_blocked",
        "Organizations kept from running nodes, by reason",
        by_name("by", &[], &blocked),
    );
    to.register("open_requests", "Capacity requests that are not over", ConstGauge::new(*open_requests));
    let help = "What was ever credited to all organizations";
    to.register("ledger_credited_dollars", help, ConstGauge::new(dollars(*credited)));
    to.register(
        "ledger_balance_dollars",
        "What all organizations have left",
        ConstGauge::new(dollars(*balance)),
    );
    let help = "What of all balances is set aside for leases that run";
    to.register("ledger_reserved_dollars", help, ConstGauge::new(dollars(*reserved)));
}

fn add_organizations(to: &mut Registry, organizations: &[Counted]) {
    let nodes: Family<Label, Gauge> = Family::default();
    let balances: Family<Label, Gauge<f64, std::sync::atomic::AtomicU64>> = Family::default();
    for Counted { organization, nodes: count, balance } in organizations {
        let label = [("organization", organization.clone())];
        nodes.get_or_create(&label).set(*count);
        balances.get_or_create(&label).set(dollars(*balance));
    }
    to.register("organization_nodes", "Nodes of an organization", nodes);
    to.register("organization_balance_dollars", "What an organization has left", balances);
}

/// A count for each name that is usual, and for each that was found.
fn by_name(label: &'static str, usual: &[&str], found: &[(String, i64)]) -> Family<Label, Gauge> {
    let family: Family<Label, Gauge> = Family::default();
    let none = usual.iter().map(|name| ((*name).to_owned(), 0));
    for (name, count) in none.chain(found.iter().cloned()) {
        family.get_or_create(&[(label, name)]).set(count);
    }
    family
}

/// For a graph; what is paid is counted in whole micro-dollars elsewhere.
#[expect(clippy::cast_precision_loss, reason = "nobody reads a graph to sixteen digits")]
fn dollars(amount: MicroUsd) -> f64 {
    amount.0 as f64 / 1_000_000.0
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
