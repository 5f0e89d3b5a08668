//! Killed at random instants under load.
//!
//! `SLIDERULE_KILLS` says how often (20), `SLIDERULE_SEED` where the instants come from, and `SLIDERULE_REPORT` names
//! a file for what was measured.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::task::JoinSet;

use super::load::Known;
use crate::proof::member::Member;
use crate::proof::settled::{BOUND, settled};
use crate::proof::world::{Times, World};
use crate::proof::{has_node, processes, stream};
use crate::ps;

/// Directories on which servers are killed at the same time.
const AT_ONCE: u64 = 4;

/// The longest that a server serves until it is killed, in milliseconds.
const LONGEST_MS: u64 = 2500;

/// What came of the kills on one directory.
#[derive(Default)]
struct Tally {
    /// How long each restarted server took, in milliseconds.
    settled_ms: Vec<u128>,
    /// Nodes that went on over a kill.
    adopted: usize,
    /// Streams of theirs that came to their end.
    streams: usize,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
}

/// Kills the servers on one directory so many times.
async fn kill_on_one_directory(mut world: World, seed: u64, kills: u64) -> Tally {
    let mut random = StdRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    let mut known = ["ada", "bob"].map(Known::nothing);
    let mut credits = 1;
    world.start().await;
    for kill in 0..kills {
        let mut acting = JoinSet::new();
        for known in known.clone() {
            let member = Member::sign_in(&world, known.user()).await.unwrap();
            acting.spawn(known.act(member, random.random()));
        }
        let served = Duration::from_millis(random.random_range(1..LONGEST_MS));
        tokio::time::sleep(served / 2).await;
        let mut streams = stream::from_each(&world).await;
        if random.random_range(0..4) == 0 {
            let key = format!("gift-{kill}");
            let credit = ["org", "credit", "acme", "1", "--key", &key];
            assert_eq!(ps::run(&credit, world.data(), "").code, Some(0));
            credits += 1;
        }
        tokio::time::sleep(served / 2).await;
        world.kill();
        streams.retain(|stream| stream.is_under_way());
        let before = processes::of(world.data());
        known = acting.join_all().await.try_into().expect("as many as before");
        known.sort_by_key(|known| known.user().to_owned());

        world.start().await;
        let ada = Member::sign_in(&world, "ada").await.unwrap();
        let found = settled(&mut world, &ada).await.unwrap();
        assert!(found.after < BOUND, "settled only after {:?}", found.after);
        tally.settled_ms.push(found.after.as_millis());
        for known in &mut known {
            known.assert_kept(&found.books.cluster);
            known.learn(&found.books.cluster);
        }
        assert_eq!(found.books.credits(), credits);
        let nodes = found.nodes();
        tally.adopted += before.keys().filter(|node| nodes.contains(*node)).count();
        for stream in streams {
            if nodes.contains(&stream.node) {
                let rows = stream.finish().await.expect("an adopted node's stream is unharmed");
                assert!(rows > 100, "{rows} rows");
                tally.streams += 1;
            }
        }
    }
    let ada = Member::sign_in(&world, "ada").await.unwrap();
    ada.destroy().await.yes().unwrap();
    settled(&mut world, &ada).await.unwrap();
    world.stop().await;
    assert!(processes::of(world.data()).is_empty());
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_doubled_or_orphaned_by_kills_at_random_instants_under_load() {
    if !has_node() {
        return;
    }
    let (kills, seed) = (number("SLIDERULE_KILLS", 20), number("SLIDERULE_SEED", 1));
    let first = World::new(Times::USUAL);
    let mut directories = JoinSet::new();
    for index in 0..AT_ONCE {
        let share = kills / AT_ONCE + u64::from(index < kills % AT_ONCE);
        directories.spawn(kill_on_one_directory(first.copy(), seed.wrapping_mul(1000) + index, share));
    }
    let tallies = directories.join_all().await;
    let mut settled: Vec<u128> = tallies.iter().flat_map(|tally| tally.settled_ms.clone()).collect();
    settled.sort_unstable();
    let report = json!({
        "kills": settled.len(),
        "seed": seed,
        "adopted_nodes": tallies.iter().map(|tally| tally.adopted).sum::<usize>(),
        "unharmed_streams": tallies.iter().map(|tally| tally.streams).sum::<usize>(),
        "settled_ms_median": u64::try_from(settled[settled.len() / 2]).unwrap(),
        "settled_ms_max": u64::try_from(settled[settled.len() - 1]).unwrap(),
    });
    eprintln!("{report}");
    if let Some(file) = std::env::var_os("SLIDERULE_REPORT") {
        std::fs::write(file, report.to_string()).unwrap();
    }
}
