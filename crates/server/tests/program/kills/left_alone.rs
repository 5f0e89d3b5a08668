//! Killed and not restarted: every node ends with its lease and tail, whatever it was doing.

use std::time::Duration;

use serde_json::json;

use crate::proof::member::Member;
use crate::proof::settled::{all_gone, settled};
use crate::proof::world::{Times, World};
use crate::proof::{has_node, processes, stream};

/// What looking for processes may take.
const SLACK: Duration = Duration::from_millis(500);

/// A directory whose leases are short, with a server and an order of two nodes.
async fn ordered() -> (World, Member, String) {
    let mut world = World::new(Times::SHORT);
    world.start().await;
    let ada = Member::sign_in(&world, "ada").await.unwrap();
    let grant = ada.order("two", 2, 1800).await.yes().unwrap();
    let id = grant["request"]["id"].as_str().unwrap().to_owned();
    (world, ada, id)
}

async fn ends_alone(mut world: World) {
    world.kill();
    all_gone(&world, world.times.aftermath() + SLACK).await;
    // What is left is put in order by the next server: the same nodes as before are wanted, and paid.
    world.start().await;
    let ada = Member::sign_in(&world, "ada").await.unwrap();
    settled(&mut world, &ada).await.unwrap();
    ada.destroy().await.yes().unwrap();
    settled(&mut world, &ada).await.unwrap();
    world.stop().await;
    assert!(processes::of(world.data()).is_empty());
}

#[tokio::test]
async fn nodes_that_serve_end_with_their_leases_when_the_server_never_comes_back() {
    if !has_node() {
        return;
    }
    let (mut world, ada, _) = ordered().await;
    settled(&mut world, &ada).await.unwrap();
    let streams = stream::from_each(&world).await;
    assert_eq!(streams.len(), 2);
    ends_alone(world).await;
}

#[tokio::test]
async fn nodes_that_boot_end_with_their_leases_when_the_server_never_comes_back() {
    if !has_node() {
        return;
    }
    let (world, _ada, _) = ordered().await;
    while processes::of(world.data()).is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    ends_alone(world).await;
}

#[tokio::test]
async fn nodes_that_drain_end_within_their_tails_when_the_server_never_comes_back() {
    if !has_node() {
        return;
    }
    let (mut world, ada, id) = ordered().await;
    settled(&mut world, &ada).await.unwrap();
    let _streams = stream::from_each(&world).await;
    ada.alter(&id, json!({ "nodes": 1 })).await.yes().unwrap();
    ends_alone(world).await;
}
