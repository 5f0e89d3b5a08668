//! Whether everything agrees: what is wanted, what is stored, what runs, and what was paid.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use sliderule_provisioning::cluster::NodeState;

use super::books::Books;
use super::member::{Member, Said};
use super::processes::{self, Alive};
use super::server::{GLANCE, log_end};
use super::world::World;

/// How long a restarted server may take.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// What everything agreed on.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    /// The cluster's status.
    pub(crate) status: Value,
    /// What is stored.
    pub(crate) books: Books,
    /// How long after its start the server had come to that.
    pub(crate) after: Duration,
}

impl Settled {
    /// The ids of the nodes.
    pub(crate) fn nodes(&self) -> BTreeSet<String> {
        self.books.cluster.nodes.iter().map(|node| node.id.as_str().to_owned()).collect()
    }
}

/// Waits until everything agrees, at most [`BOUND`] after the server's start or after now, whichever is later.
/// `None` if the server died meanwhile.
pub(crate) async fn settled(world: &mut World, member: &Member) -> Option<Settled> {
    let began = Instant::now();
    loop {
        let started = world.server.as_ref()?.started;
        let status = match member.status().await {
            Said::Yes(status) => status,
            Said::Nothing => return None,
            Said::No(code, why) => panic!("no status: {code} {why}"),
        };
        let disagreement = match unsettled(&status) {
            Some(why) => why,
            None => {
                let books = Books::read(world).await;
                match differs(world, &status, &books) {
                    Some(why) => why,
                    None => {
                        books.assert_sound();
                        return Some(Settled { status, books, after: started.elapsed() });
                    }
                }
            }
        };
        assert!(
            began.elapsed() < BOUND,
            "not settled after {BOUND:?}: {disagreement}\nstatus: {status:#}\nprocesses: {:#?}\n{}",
            processes::of(world.data()),
            log_end(world.data())
        );
        if !world.is_served() {
            return None;
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// What is still under way, as the status itself says.
fn unsettled(status: &Value) -> Option<String> {
    let count = |state: &str| status["nodes"][state].as_u64().unwrap();
    let under_way = count("booting") + count("draining") + count("stopping");
    let target = status["target_nodes"].as_u64().unwrap();
    let state = if target == 0 { "asleep" } else { "running" };
    (under_way > 0 || count("ready") != target || status["state"] != state)
        .then(|| format!("{} nodes wanted, cluster {}", target, status["state"]))
}

/// How what runs or what is stored differs from the status.
fn differs(world: &World, status: &Value, books: &Books) -> Option<String> {
    let wanted = usize::try_from(status["target_nodes"].as_u64().unwrap()).unwrap();
    let nodes = &books.cluster.nodes;
    if nodes.len() != wanted || nodes.iter().any(|node| node.state != NodeState::Ready) {
        return Some(format!("{wanted} nodes wanted, stored {nodes:?}"));
    }
    let alive = processes::of(world.data());
    let stored: BTreeSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    let running: BTreeSet<&str> = alive.keys().map(String::as_str).collect();
    if stored != running {
        return Some(format!("stored {stored:?}, running {running:?}"));
    }
    let whole = |alive: &Alive| alive.runner.len() == 1 && !alive.program.is_empty();
    if !alive.values().all(whole) {
        return Some(format!("not one runner and one program for each node: {alive:?}"));
    }
    if wanted == 0 && books.cluster.account.reservation.is_some() {
        return Some("asleep, and money is still set aside".to_owned());
    }
    None
}

/// Waits until nothing of any node lives; panics after `bound`.
pub(crate) async fn all_gone(world: &World, bound: Duration) {
    let began = Instant::now();
    loop {
        let alive = processes::of(world.data());
        if alive.is_empty() {
            return;
        }
        assert!(began.elapsed() < bound, "after {bound:?} there is still {alive:?}");
        tokio::time::sleep(GLANCE).await;
    }
}
