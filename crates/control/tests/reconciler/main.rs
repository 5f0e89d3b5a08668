//! The reconciler over a store in memory, an engine that can be made to fail, and a clock that follows
//! tokio's paused time: clusters wake, shrink, fall asleep and heal; nothing is lost or doubled by failures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod house;
mod machines;
mod store;

use std::sync::atomic::Ordering;
use std::time::Duration;

use sliderule_api::MicroUsd;
use sliderule_provisioning::cluster::{NodeState, Terms};
use sliderule_provisioning::money::first_lease_price;

use house::{House, NODE_HOUR};

#[tokio::test(start_paused = true)]
async fn a_cluster_wakes_runs_and_goes_back_to_sleep_when_its_request_expires() {
    let house = House::new();
    house.store.request("acme", "ada", 2, 60);
    let run = house.run();
    house.until("two nodes are launched", |house| house.machines.count() == 2).await;
    house.until("both are ready", |house| house.in_state(NodeState::Ready) == 2).await;
    assert_eq!(house.elapsed(), Duration::from_secs(1), "a boot takes a second");

    house.until("it is asleep", |house| house.machines.count() == 0 && house.nodes().is_empty()).await;
    let asleep = house.elapsed();
    assert!(asleep >= Duration::from_secs(60) && asleep < Duration::from_secs(63), "{asleep:?}");
    // Two nodes for a good minute, and what was not used is back.
    let spent = house.store.spent("acme");
    let price = |seconds: i64| MicroUsd(2 * NODE_HOUR.0 * seconds / 3600);
    assert!(price(60) <= spent && spent <= price(65), "{spent}");
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn requests_of_several_users_add_up_and_step_down_at_their_own_expiries() {
    let house = House::new();
    house.store.request("acme", "ada", 2, 60);
    house.store.request("acme", "bob", 1, 120);
    let run = house.run();
    house.until("three are ready", |house| house.in_state(NodeState::Ready) == 3).await;
    house.until("one is left", |house| house.machines.count() == 1).await;
    assert!(house.elapsed() >= Duration::from_secs(60) && house.elapsed() < Duration::from_secs(63));
    house.until("none is left", |house| house.machines.count() == 0).await;
    assert!(house.elapsed() >= Duration::from_secs(120));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_is_acted_on_at_once_and_a_lost_one_within_a_period() {
    let house = House::new();
    let run = house.run();
    house.pass(Duration::from_secs(1)).await;
    house.store.request("acme", "ada", 1, 600);
    house.reconciler.wake(&house::acme());
    house.pass(Duration::from_millis(1)).await;
    assert_eq!(house.machines.count(), 1);

    house.store.request("acme", "bob", 1, 600);
    house.until("nobody said so, and it is seen", |house| house.machines.count() == 2).await;
    assert!(house.elapsed() <= Duration::from_secs(11), "{:?}", house.elapsed());
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn scaling_down_withdraws_the_newest_node_before_it_is_told_to_end() {
    let house = House::new();
    house.store.request("acme", "ada", 1, 600);
    house.settle().await;
    let oldest = house.nodes()[0].id.clone();
    house.store.request("acme", "bob", 1, 60);
    house.settle().await;
    let newest = house.nodes().into_iter().find(|node| node.id != oldest).unwrap();

    house.pass(Duration::from_secs(60)).await;
    house.reconciler.reconcile(&house::acme()).await.unwrap();
    let story = house.story();
    let withdrawn = format!("withdraw {}", newest.address.unwrap());
    let told = format!("terminate {}", newest.id);
    let at = |line: &str| {
        story.iter().position(|happened| happened == line).unwrap_or_else(|| panic!("{line}: {story:?}"))
    };
    assert!(at(&withdrawn) < at(&told));
    assert!(story.iter().all(|happened| !happened.ends_with("too early")), "{story:?}");
    house.settle().await;
    assert_eq!(house.nodes().iter().map(|node| &node.id).collect::<Vec<_>>(), [&oldest]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_is_refunded_and_replaced() {
    let house = House::new();
    house.store.request("acme", "ada", 1, 600);
    house.settle().await;
    let first = house.nodes()[0].id.clone();
    let paid = house.store.spent("acme");
    house.machines.die(&first);
    house.settle().await;
    let nodes = house.nodes();
    assert_eq!(nodes.len(), 1);
    assert_ne!(nodes[0].id, first);
    assert_eq!(nodes[0].state, NodeState::Ready);
    assert!(house.store.spent("acme") < paid + first_lease_price(NODE_HOUR, Terms::LOCAL));
}

#[tokio::test(start_paused = true)]
async fn failed_launches_are_retried_and_end_after_ten() {
    let house = House::new();
    house.machines.fail_launches.store(3, Ordering::Relaxed);
    house.store.request("acme", "ada", 1, 3000);
    let run = house.run();
    house.until("the fourth launch succeeds", |house| house.in_state(NodeState::Ready) == 1).await;
    assert_eq!(house.store.failed_boots("acme"), 3);
    house.until("its lease is renewed", |house| house.store.failed_boots("acme") == 0).await;

    house.machines.fail_launches.store(u32::MAX, Ordering::Relaxed);
    house.machines.die(&house.nodes()[0].id);
    house.until("it is protected", |house| house.store.failed_boots("acme") == 10).await;
    let attempts = house.machines.attempts.load(Ordering::Relaxed);
    let spent = house.store.spent("acme");
    house.pass(Duration::from_secs(600)).await;
    assert_eq!(house.machines.attempts.load(Ordering::Relaxed), attempts);
    assert_eq!(house.store.spent("acme"), spent);
    assert_eq!(attempts, 14);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_never_becomes_ready_is_killed_and_counts_as_a_failed_boot() {
    let house = House::new();
    house.machines.boots.store(false, Ordering::Relaxed);
    house.store.request("acme", "ada", 1, 600);
    let run = house.run();
    house.until("the boot bound is over", |house| house.store.failed_boots("acme") == 1).await;
    assert!(house.elapsed() >= Terms::LOCAL.boot && house.elapsed() < Duration::from_secs(12));
    house.machines.boots.store(true, Ordering::Relaxed);
    house.until("another one is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    assert_eq!((house.machines.count(), house.store.failed_boots("acme")), (1, 1));
    house.until("its lease is renewed", |house| house.store.failed_boots("acme") == 0).await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nodes_that_are_launched_together_and_fail_are_one_failed_round() {
    let house = House::new();
    house.machines.boots.store(false, Ordering::Relaxed);
    house.store.request("acme", "ada", 10, 3000);
    let run = house.run();
    house.until("three rounds failed", |house| house.store.failed_boots("acme") == 3).await;
    house.machines.boots.store(true, Ordering::Relaxed);
    house.until("all are ready", |house| house.in_state(NodeState::Ready) == 10).await;
    assert!(house.machines.attempts.load(Ordering::Relaxed) >= 40);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_program_that_registers_and_dies_is_not_replaced_for_ever() {
    let house = House::new();
    house.store.request("acme", "ada", 1, 3000);
    let run = house.run();
    for round in 1..=10 {
        house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
        house.machines.die(&house.nodes()[0].id);
        house.until("its end is counted", |house| house.store.failed_boots("acme") == round).await;
    }
    house.pass(Duration::from_secs(600)).await;
    assert_eq!((house.machines.attempts.load(Ordering::Relaxed), house.machines.count()), (10, 0));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_the_gateway_lost_is_replaced_after_a_grace() {
    let house = House::new();
    house.store.request("acme", "ada", 1, 3000);
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    let (begun, lost) = (house.elapsed(), house.nodes()[0].clone());
    house.lose(lost.address.as_ref().unwrap());
    house.until("it is gone", |house| house.nodes().iter().all(|node| node.id != lost.id)).await;
    let took = house.elapsed() - begun;
    assert!(took >= Duration::from_secs(130) && took < Duration::from_secs(145), "{took:?}");
    house.until("another one serves", |house| house.in_state(NodeState::Ready) == 1).await;
    assert_eq!(house.store.failed_boots("acme"), 0);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_runner_died_is_killed_at_the_next_look() {
    let house = House::new();
    house.store.request("acme", "ada", 1, 3000);
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    let (begun, orphan) = (house.elapsed(), house.nodes()[0].id.clone());
    house.machines.kill_runner(&orphan);
    house.until("it is gone", |house| house.nodes().iter().all(|node| node.id != orphan)).await;
    assert!(house.elapsed() - begun < Duration::from_secs(12), "a period, and a look");
    assert!(house.story().contains(&format!("kill {orphan}")));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_recorded_is_killed_also_of_an_organization_that_does_not_exist() {
    let house = House::new();
    house.machines.inject("stray", "acme");
    house.machines.inject("stranger", "nobody");
    let run = house.run();
    house.until("both are gone", |house| house.machines.count() == 0).await;
    assert!(house.elapsed() < Duration::from_secs(1));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_adopts_what_runs_and_launches_nothing_twice() {
    let house = House::new();
    house.store.request("acme", "ada", 2, 600);
    house.settle().await;
    let before = house.nodes();

    let successor = house.restarted();
    let run = successor.run();
    successor.pass(Duration::from_secs(15)).await;
    assert_eq!(successor.nodes().len(), 2);
    assert_eq!(successor.machines.count(), 2);
    let story = successor.story();
    for node in before {
        let admitted = format!("admit {}", node.address.unwrap());
        assert_eq!(story.iter().filter(|line| **line == admitted).count(), 1, "{story:?}");
    }
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_recording_and_launching_leaves_no_ghost() {
    let house = House::new();
    house.store.request("acme", "ada", 1, 600);
    house.machines.crash_before_launch.store(true, Ordering::Relaxed);
    // The launch never returns; dropping the pass is the crash.
    let crashed =
        tokio::time::timeout(Duration::from_millis(1), house.reconciler.reconcile(&house::acme())).await;
    assert!(crashed.is_err());
    assert_eq!((house.nodes().len(), house.machines.count()), (1, 0));
    let ghost = house.nodes()[0].id.clone();

    house.machines.crash_before_launch.store(false, Ordering::Relaxed);
    let successor = house.restarted();
    let run = successor.run();
    successor.until("a real node is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    assert!(successor.elapsed() < Duration::from_secs(13));
    assert!(successor.nodes().iter().all(|node| node.id != ghost));
    assert_eq!((successor.nodes().len(), successor.machines.count()), (1, 1));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_launch_whose_answer_was_lost_makes_no_second_node() {
    let house = House::new();
    house.machines.lose_answers.store(1, Ordering::Relaxed);
    house.store.request("acme", "ada", 1, 600);
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    house.pass(Duration::from_secs(30)).await;
    assert_eq!((house.nodes().len(), house.machines.count()), (1, 1));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_money_no_node_exists() {
    let house = House::new();
    let price = first_lease_price(NODE_HOUR, Terms::LOCAL);
    house.store.set_balance("acme", price - MicroUsd(1));
    house.store.request("acme", "ada", 1, 600);
    let run = house.run();
    house.pass(Duration::from_secs(30)).await;
    assert_eq!((house.machines.attempts.load(Ordering::Relaxed), house.nodes().len()), (0, 0));

    house.store.set_balance("acme", price);
    house.until("credited, it wakes", |house| house.in_state(NodeState::Ready) == 1).await;
    house.until("the money is spent", |house| house.machines.count() == 0 && house.nodes().is_empty()).await;
    assert!(house.store.balance("acme") >= MicroUsd::ZERO);
    house.pass(Duration::from_secs(300)).await;
    assert!(house.store.spent("acme") <= price);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_organization_s_failure_does_not_stop_the_others() {
    let house = House::new();
    house.store.add("broken");
    house.store.fail_for("broken");
    house.store.add("zebra");
    house.store.request("acme", "ada", 1, 600);
    house.store.request("zebra", "zoe", 1, 600);
    let run = house.run();
    house.until("both others run", |house| house.machines.count() == 2).await;
    assert!(house.elapsed() < Duration::from_secs(1));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_drains_and_ends_everything_and_gives_the_rest_back() {
    let house = House::new();
    house.store.add("zebra");
    house.store.request("acme", "ada", 2, 600);
    house.store.request("zebra", "zoe", 1, 600);
    let run = house.run();
    house
        .until("all are ready", |house| house.in_state(NodeState::Ready) == 2 && house.machines.count() == 3)
        .await;
    run.stop().await;
    house.machines.inject("stray", "acme");
    let withdrawn = house.nodes().into_iter().filter_map(|node| node.address);

    assert_eq!(house.reconciler.stop_all(Duration::from_secs(20)).await, Some(0));
    assert_eq!((house.machines.count(), house.nodes().len()), (0, 0));
    assert!(house.elapsed() < Duration::from_secs(5), "{:?}", house.elapsed());
    assert!(house.store.spent("acme") < MicroUsd(2 * NODE_HOUR.0 * 5 / 3600));
    for address in withdrawn {
        assert!(house.story().contains(&format!("withdraw {address}")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_kills_what_outlives_the_tail_and_says_what_cannot_be_killed() {
    let house = House::new();
    house.store.request("acme", "ada", 1, 600);
    house.settle().await;
    house.machines.ignore_terminate.store(true, Ordering::Relaxed);
    let begun = house.elapsed();
    assert_eq!(house.reconciler.stop_all(Duration::from_secs(20)).await, Some(0));
    assert!(house.elapsed() - begun >= Terms::LOCAL.tail);

    // The request lives on, so another pass launches anew.
    house.settle().await;
    house.machines.ignore_kill.store(true, Ordering::Relaxed);
    assert_eq!(house.reconciler.stop_all(Duration::from_secs(20)).await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_that_cannot_list_ends_what_is_recorded_and_says_that_it_does_not_know() {
    let house = House::new();
    house.store.request("acme", "ada", 2, 600);
    house.settle().await;
    house.machines.fail_listings.store(true, Ordering::Relaxed);
    assert_eq!(house.reconciler.stop_all(Duration::from_secs(15)).await, None);
    assert_eq!(house.machines.count(), 0);
    assert!(house.nodes().iter().all(|node| node.state == NodeState::Draining));

    house.machines.fail_listings.store(false, Ordering::Relaxed);
    assert_eq!(house.reconciler.stop_all(Duration::from_secs(15)).await, Some(0));
}
