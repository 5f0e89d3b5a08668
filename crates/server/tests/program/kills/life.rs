//! A cluster's life, killed after each commit and effect in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::proof::has_node;
use crate::proof::member::Member;
use crate::proof::processes;
use crate::proof::server::killed_after;
use crate::proof::settled::{Settled, settled};
use crate::proof::stream::{self, Stream};
use crate::proof::world::{Times, World};
use crate::ps;

/// Lives that are lived at the same time: most of a life is waiting.
const AT_ONCE: usize = 4;

/// A life takes no more commits and effects than this.
const ENDLESS: u64 = 400;

/// What happens in a cluster's life, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Create,
    Grow,
    Shrink,
    Extend,
    Credit,
    Destroy,
}

impl Deed {
    const ALL: [Self; 6] =
        [Self::Create, Self::Grow, Self::Shrink, Self::Extend, Self::Credit, Self::Destroy];

    /// How many nodes are wanted once it is done.
    fn nodes(self) -> u64 {
        match self {
            Self::Create => 2,
            Self::Grow => 3,
            Self::Shrink | Self::Extend | Self::Credit => 1,
            Self::Destroy => 0,
        }
    }
}

/// What is known of a life so far.
#[derive(Default)]
struct Life {
    /// How many deeds were done and answered.
    done: usize,
    /// Whether the server died in the middle of the next one.
    in_doubt: bool,
    request: Option<String>,
    expires: Option<String>,
    streams: Vec<Stream>,
}

impl Life {
    /// Goes on to the end; `None` if the server died.
    async fn live(&mut self, world: &mut World, ada: &Member) -> Option<()> {
        while let Some(&deed) = Deed::ALL.get(self.done) {
            self.in_doubt = true;
            self.attempt(deed, world, ada).await?;
            self.done += 1;
            self.in_doubt = false;
            let settled = settled(world, ada).await?;
            assert_eq!(settled.status["target_nodes"], deed.nodes(), "after {deed:?}");
            if deed == Deed::Create {
                self.streams = stream::from_each(world).await;
            }
        }
        Some(())
    }

    /// Does it, or does it again: nothing that was done is done twice.
    async fn attempt(&mut self, deed: Deed, world: &mut World, ada: &Member) -> Option<()> {
        match deed {
            Deed::Create => {
                let grant = ada.order("create", 2, 1800).await.yes()?;
                self.request = Some(grant["request"]["id"].as_str().unwrap().to_owned());
                self.expires = Some(grant["request"]["expires_at"].as_str().unwrap().to_owned());
            }
            Deed::Grow => drop(self.alter(ada, json!({ "nodes": 3 })).await?),
            Deed::Shrink => drop(self.alter(ada, json!({ "nodes": 1 })).await?),
            Deed::Extend => {
                let grant = self.alter(ada, json!({ "time_to_live_seconds": 3600 })).await?;
                let expires = grant["request"]["expires_at"].as_str().unwrap().to_owned();
                assert!(Some(&expires) > self.expires.as_ref(), "{expires} is no extension");
            }
            Deed::Credit => credit(world, "a-gift"),
            Deed::Destroy => drop(ada.destroy().await.yes()?),
        }
        Some(())
    }

    async fn alter(&self, ada: &Member, change: Value) -> Option<Value> {
        ada.alter(self.request.as_ref().unwrap(), change).await.yes()
    }

    /// What was answered holds; what was not answered holds whole or not at all.
    fn assert_kept(&self, settled: &Settled) {
        let nodes = |done: usize| done.checked_sub(1).map_or(0, |last| Deed::ALL[last].nodes());
        let target = settled.status["target_nodes"].as_u64().unwrap();
        let (before, after) = (nodes(self.done), nodes(self.done + usize::from(self.in_doubt)));
        assert!(
            target == before || target == after,
            "{} deeds were done, one in doubt: {}, and {target} nodes are wanted",
            self.done,
            self.in_doubt
        );
        assert!(settled.books.cluster.requests.len() <= 1, "{:?}", settled.books.cluster.requests);
    }
}

/// Gives money, unless it was given under that key already.
fn credit(world: &World, key: &str) {
    let outcome = ps::run(&["org", "credit", "acme", "5", "--key", key], world.data(), "");
    let is_there = outcome.stderr.contains("already an entry with that key");
    assert!(outcome.code == Some(0) || is_there, "{outcome:?}");
}

/// Lives a life whose first server dies after so many commits and effects. Whether it died.
async fn lived(mut world: World, crash_after: u64) -> bool {
    let mut life = Life::default();
    let mut first = None;
    if world.start_to_crash(crash_after).await
        && let Some(ada) = Member::sign_in(&world, "ada").await
    {
        first = life.live(&mut world, &ada).await;
    }
    if first.is_none() {
        world.mourn().await;
        world.start().await;
        let ada = Member::sign_in(&world, "ada").await.unwrap();
        let found = settled(&mut world, &ada).await.unwrap();
        life.assert_kept(&found);
        for stream in std::mem::take(&mut life.streams) {
            if found.nodes().contains(&stream.node) {
                let rows = stream.finish().await.expect("an adopted node's stream is unharmed");
                assert!(rows > 100, "{rows} rows");
            }
        }
        life.live(&mut world, &ada).await.unwrap();
    }
    let books = crate::proof::books::Books::read(&world).await;
    assert_eq!(books.credits(), 2, "the opening credit and the gift, each once: {:?}", books.lines);
    world.stop().await;
    assert!(processes::of(world.data()).is_empty());
    first.is_none()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(not(feature = "crash-points"), ignore = "needs a sliderule-ps with the feature crash-points")]
async fn a_cluster_s_life_goes_on_after_a_kill_behind_each_commit_and_effect() {
    if !has_node() {
        return;
    }
    static NEXT: AtomicU64 = AtomicU64::new(1);
    static SURVIVED: AtomicBool = AtomicBool::new(false);
    let mut lives = JoinSet::new();
    let first = Arc::new(World::new(Times::USUAL));
    for _ in 0..AT_ONCE {
        let first = first.clone();
        lives.spawn(async move {
            let mut deaths = 0;
            while !SURVIVED.load(Ordering::Relaxed) {
                let after = NEXT.fetch_add(1, Ordering::Relaxed);
                assert!(after < ENDLESS, "a life that never ends");
                if lived(first.copy(), after).await {
                    deaths += 1;
                } else {
                    SURVIVED.store(true, Ordering::Relaxed);
                }
            }
            deaths
        });
    }
    let deaths: u64 = lives.join_all().await.into_iter().sum();
    assert!(deaths > 20, "only {deaths} commits and effects in a whole life");
    eprintln!("killed after each of {deaths} commits and effects");
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(feature = "crash-points"), ignore = "needs a sliderule-ps with the feature crash-points")]
async fn a_credit_whose_command_was_killed_is_given_once() {
    let world = World::new(Times::USUAL);
    for after in 1..10 {
        let key = format!("gift-{after}");
        let killed = killed_after(after, &["org", "credit", "acme", "5", "--key", &key], world.data());
        credit(&world, &key);
        let books = crate::proof::books::Books::read(&world).await;
        books.assert_sound();
        assert_eq!(books.credits(), 1 + usize::try_from(after).unwrap(), "{:?}", books.lines);
        if !killed {
            assert!(after > 1, "the command passes no crash point");
            return;
        }
    }
    panic!("a credit takes more than nine commits");
}
