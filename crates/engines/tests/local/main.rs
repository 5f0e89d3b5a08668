//! The local engine does what every engine must do, and what it and its runner do when things end badly: no lease, no server, no runner, a program
//! that will not end, a program that ends too soon.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::test_kill_process_group;
use sliderule_engines::conformance::{self, Stage};
use sliderule_engines::local::{LocalConfig, LocalEngine, default_node_command};
use sliderule_engines::{ClusterEngine, EngineError};
use world::{TERMS, World};

#[tokio::test]
async fn the_local_engine_conforms() {
    let world = World::new("exec sleep 600").await;
    conformance::check(&world).await.unwrap();
}

#[tokio::test]
async fn a_node_runs_on_as_long_as_its_lease_is_renewed() {
    let world = World::new("exec sleep 600").await;
    let node = world.running_node().await;
    let before = world.pulls(&node);
    // More pulls than fit into one lease.
    world.until("several leases passed", async || (world.pulls(&node) > before + 6).then_some(())).await;
    assert!(world.listed(&node).await.is_some());
    world.engine.terminate(&node).await.unwrap();
    world.gone(&node).await;
}

#[tokio::test]
async fn without_a_server_a_node_lives_until_its_lease_ends_and_no_longer() {
    let world = World::new("exec sleep 600").await;
    let node = world.running_node().await;
    world.stop_server();
    let took = world.gone(&node).await;
    // The lease was at most a third old, and a sleeping program needs no tail.
    assert!(took >= TERMS.lease / 3, "{took:?}");
}

#[tokio::test]
async fn a_server_that_comes_back_elsewhere_within_the_lease_keeps_the_node() {
    let world = World::new("exec sleep 600").await;
    let node = world.running_node().await;
    world.start_server().await;
    let before = world.pulls(&node);
    world
        .until("leases come from the new server", async || (world.pulls(&node) > before + 6).then_some(()))
        .await;
    assert!(world.listed(&node).await.is_some());
}

#[tokio::test]
async fn a_refused_node_ends_at_once() {
    let world = World::new("exec sleep 600").await;
    let node = world.running_node().await;
    world.refuse(&node);
    world.gone(&node).await;
    assert_eq!(world.refusals(&node), 1);
}

#[tokio::test]
async fn a_program_that_will_not_end_is_killed_with_its_whole_group_when_the_tail_is_over() {
    let world = World::new("trap '' TERM; echo set; sleep 600 & while :; do sleep 1; done").await;
    let node = world.running_node().await;
    world.printed(&node, "set").await;
    let group = world.group(&node);
    let told = Instant::now();
    world.engine.terminate(&node).await.unwrap();
    world.gone(&node).await;
    assert!(told.elapsed() >= TERMS.tail, "{:?}", told.elapsed());
    world.until("the group is gone", async || test_kill_process_group(group).is_err().then_some(())).await;
}

#[tokio::test]
async fn a_program_that_finishes_what_it_has_is_given_the_time() {
    let world =
        World::new("trap 'sleep 0.3; echo finished; exit 0' TERM; echo set; while :; do sleep 0.05; done")
            .await;
    let node = world.running_node().await;
    world.printed(&node, "set").await;
    world.engine.terminate(&node).await.unwrap();
    world.gone(&node).await;
    assert!(world.log(&node).contains("finished"), "{}", world.log(&node));
}

#[tokio::test]
async fn a_program_that_exits_by_itself_is_gone_and_its_log_is_kept() {
    let world = World::new("echo it is broken; exit 3").await;
    let spec = world.spec();
    world.engine.launch(&spec).await.unwrap();
    world.gone(&spec.id).await;
    assert!(world.log(&spec.id).contains("it is broken"));
    world.engine.launch(&spec).await.unwrap();
    assert!(world.listed(&spec.id).await.is_none(), "an id is never launched twice");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_program_whose_runner_is_killed_is_gone_without_any_server() {
    let world = World::new("exec sleep 600").await;
    let node = world.running_node().await;
    world.stop_server();
    world.kill_runner(&node);
    // The program's own lock is free only once it is dead.
    let took = world.gone(&node).await;
    assert!(took < TERMS.lease, "{took:?}");
}

#[tokio::test]
async fn what_a_killed_runner_s_program_started_is_still_listed_and_can_be_killed() {
    let world = World::new("exec 3<&0; sleep 600 <&3 & echo set; wait").await;
    let node = world.running_node().await;
    world.printed(&node, "set").await;
    world.kill_runner(&node);
    // The runner cannot end it now: only its own lock says that it lives.
    world.until("the runner is gone", async || world.lock_is_free(&node, "runner.lock").then_some(())).await;
    assert!(world.listed(&node).await.is_some_and(|node| !node.has_runner));
    world.engine.kill(&node).await.unwrap();
    world.gone(&node).await;
}

#[tokio::test]
async fn what_a_program_started_is_given_the_tail_as_well() {
    let child = "trap 'sleep 0.3; echo finished; exit 0' TERM; echo set; while :; do sleep 0.05; done";
    // A shell gives what it starts in the background another standard input unless told otherwise.
    let world = World::new(&format!("exec 3<&0; ({child}) <&3 & trap 'exit 0' TERM; wait")).await;
    let node = world.running_node().await;
    world.printed(&node, "set").await;
    world.engine.terminate(&node).await.unwrap();
    world.gone(&node).await;
    assert!(world.log(&node).contains("finished"), "{}", world.log(&node));
}

#[tokio::test]
async fn what_is_no_node_in_the_nodes_folder_is_left_alone_and_hides_no_node() {
    let world = World::new("exec sleep 600").await;
    let nodes = world.path().join("nodes");
    fs::write(nodes.join("notes"), "mine").unwrap();
    fs::create_dir(nodes.join("backup")).unwrap();
    fs::write(nodes.join(".hidden"), "mine").unwrap();
    let node = world.running_node().await;
    assert_eq!(world.engine.list().await.unwrap().nodes.len(), 1);
    assert_eq!(fs::read_dir(nodes.join("backup")).unwrap().count(), 0);
    LocalEngine::new(LocalConfig {
        data: world.path().to_owned(),
        runner: "/nonexistent".into(),
        node_command: default_node_command("/nonexistent".as_ref()),
        terms: TERMS,
    })
    .unwrap();
    assert!(nodes.join(".hidden").exists());
    world.engine.kill(&node).await.unwrap();
    world.gone(&node).await;
}

#[tokio::test]
async fn a_node_whose_folder_cannot_be_read_is_listed_as_long_as_it_runs() {
    let world = World::new("exec sleep 600").await;
    let (broken, well) = (world.running_node().await, world.running_node().await);
    fs::write(world.file(&broken, "spec.json"), "{").unwrap();
    let listed = world.listed(&broken).await.unwrap();
    assert_eq!(listed.organization, None);
    assert!(world.listed(&well).await.unwrap().organization.is_some());
    for node in [broken, well] {
        world.engine.terminate(&node).await.unwrap();
        world.gone(&node).await;
    }
}

#[tokio::test]
async fn another_engine_on_the_same_directory_finds_and_ends_what_the_first_started() {
    let world = World::new("exec sleep 600").await;
    let node = world.running_node().await;
    let successor = LocalEngine::new(LocalConfig {
        data: world.path().to_owned(),
        runner: "/nonexistent".into(),
        node_command: default_node_command("/nonexistent".as_ref()),
        terms: TERMS,
    })
    .unwrap();
    assert_eq!(successor.list().await.unwrap(), world.engine.list().await.unwrap());
    successor.terminate(&node).await.unwrap();
    world.gone(&node).await;
}

#[tokio::test]
async fn a_node_program_that_is_not_there_is_said_to_be_missing() {
    let world = World::new("exit 0").await;
    let engine = LocalEngine::new(LocalConfig {
        data: world.path().to_owned(),
        runner: "/nonexistent/sliderule-ps".into(),
        node_command: default_node_command("/nonexistent/sliderule-ps".as_ref()),
        terms: TERMS,
    })
    .unwrap();
    let refused = engine.launch(&world.spec()).await.unwrap_err();
    assert!(matches!(refused, EngineError::Misconfigured(_)));
    assert!(refused.to_string().contains("/nonexistent/sliderule-node"), "{refused}");
    assert_eq!(engine.list().await.unwrap().nodes, []);
}

#[tokio::test]
async fn the_program_sees_neither_the_secret_nor_the_server_s_listening_sockets() {
    let world = World::new("env; ls -l /proc/self/fd; echo listed; exec sleep 600").await;
    let node = world.running_node().await;
    world
        .until("the program has printed", async || world.log(&node).contains("node.lock").then_some(()))
        .await;
    world.engine.kill(&node).await.unwrap();
    world.gone(&node).await;
    let log = world.log(&node);
    assert!(!log.contains("SLIDERULE_NODE_SECRET"), "{log}");
    assert!(!log.contains("socket:"), "{log}");
}

#[tokio::test]
async fn no_program_starts_without_a_lease_and_its_runner_does_not_wait_for_ever() {
    let world = World::new("echo started; exec sleep 600").await;
    world.stop_server();
    let spec = world.spec();
    let launched = Instant::now();
    world.engine.launch(&spec).await.unwrap();
    assert!(world.listed(&spec.id).await.is_some());
    world.gone(&spec.id).await;
    assert!(launched.elapsed() >= TERMS.boot, "{:?}", launched.elapsed());
    assert!(!world.log(&spec.id).contains("started"));
}

#[tokio::test]
async fn folders_of_nodes_long_gone_are_removed() {
    let world = World::new("exit 0").await;
    let spec = world.spec();
    world.engine.launch(&spec).await.unwrap();
    world.gone(&spec.id).await;
    let mark = world.file(&spec.id, "gone");
    let two_hours_ago = SystemTime::now() - Duration::from_secs(7200);
    fs::File::options().write(true).open(&mark).unwrap().set_modified(two_hours_ago).unwrap();
    assert_eq!(world.engine.list().await.unwrap().nodes, []);
    assert!(!mark.parent().unwrap().exists());
}
