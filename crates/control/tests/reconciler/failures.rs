//! Nodes that do not start, die, or do not end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sliderule_provisioning::account::{Entry, Posting};
use sliderule_provisioning::change::{Change, NoticeKind};
use sliderule_provisioning::cluster::NodeState;
use sliderule_provisioning::hand;
use sliderule_provisioning::time::Terms;

use crate::house::{House, price};

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_is_refunded_and_replaced() {
    let house = House::new();
    house.ask("ada", 1, 600).await;
    house.settle().await;
    let first = house.nodes()[0].id.clone();
    let paid = house.spent();
    house.machines.die(&first);
    house.settle().await;
    let nodes = house.nodes();
    assert_eq!(nodes.len(), 1);
    assert_ne!(nodes[0].id, first);
    assert_eq!(nodes[0].state, NodeState::Ready);
    assert!(house.spent() <= paid + price(2, 4), "{paid} {}", house.spent());
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_fails_is_repeated_and_after_ten_rounds_that_came_to_nothing_no_more_is_tried() {
    let house = House::new();
    house.machines.fail_launches.store(3, Ordering::Relaxed);
    house.ask("ada", 1, 3000).await;
    let run = house.run();
    house.until("the failure is on record", |house| house.cluster().trouble.is_some()).await;
    house.until("the fourth launch succeeds", |house| house.in_state(NodeState::Ready) == 1).await;
    assert_eq!(house.machines.attempts.load(Ordering::Relaxed), 4);
    assert_eq!((house.failed_boots(), house.cluster().trouble), (0, None));

    house.machines.fail_launches.store(u32::MAX, Ordering::Relaxed);
    house.machines.die(&house.nodes()[0].id);
    house.until("it is protected", |house| house.failed_boots() == 10).await;
    house.pass(Duration::from_secs(60)).await;
    let attempts = house.machines.attempts.load(Ordering::Relaxed);
    let spent = house.spent();
    house.pass(Duration::from_secs(600)).await;
    assert_eq!(house.machines.attempts.load(Ordering::Relaxed), attempts);
    assert_eq!((house.spent(), house.nodes().len(), house.failed_boots()), (spent, 0, 10));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_never_becomes_ready_is_killed_and_counts_as_a_failed_boot() {
    let house = House::new();
    house.machines.boots.store(false, Ordering::Relaxed);
    house.ask("ada", 1, 600).await;
    let run = house.run();
    house.until("the boot bound is over", |house| house.failed_boots() == 1).await;
    assert!(house.elapsed() >= Terms::LOCAL.boot && house.elapsed() < Duration::from_secs(12));
    house.machines.boots.store(true, Ordering::Relaxed);
    house.until("another one is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    assert_eq!((house.machines.count(), house.failed_boots()), (1, 1));
    house.until("its lease is renewed", |house| house.failed_boots() == 0).await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nodes_that_are_launched_together_and_fail_are_one_failed_round() {
    let house = House::new();
    house.machines.boots.store(false, Ordering::Relaxed);
    house.ask("ada", 10, 3000).await;
    let run = house.run();
    house.until("three rounds failed", |house| house.failed_boots() == 3).await;
    house.machines.boots.store(true, Ordering::Relaxed);
    house.until("all are ready", |house| house.in_state(NodeState::Ready) == 10).await;
    assert!(house.machines.attempts.load(Ordering::Relaxed) >= 40);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_program_that_registers_and_dies_is_not_replaced_for_ever() {
    let house = House::new();
    house.ask("ada", 1, 3000).await;
    let run = house.run();
    for round in 1..=10 {
        house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
        house.machines.die(&house.nodes()[0].id);
        house.until("its end is counted", |house| house.failed_boots() == round).await;
    }
    house.pass(Duration::from_secs(600)).await;
    assert_eq!((house.machines.attempts.load(Ordering::Relaxed), house.machines.count()), (10, 0));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_the_gateway_lost_is_replaced_after_a_grace() {
    let house = House::new();
    house.ask("ada", 1, 3000).await;
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    let (begun, lost) = (house.elapsed(), house.nodes()[0].clone());
    house.lose(lost.address.as_ref().unwrap());
    house.until("it is gone", |house| house.nodes().iter().all(|node| node.id != lost.id)).await;
    let took = house.elapsed() - begun;
    assert!(took >= Duration::from_secs(130) && took < Duration::from_secs(145), "{took:?}");
    house.until("another one serves", |house| house.in_state(NodeState::Ready) == 1).await;
    assert_eq!(house.failed_boots(), 0);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_runner_died_is_killed_at_the_next_look() {
    let house = House::new();
    house.ask("ada", 1, 3000).await;
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
async fn terminating_is_tried_until_it_works_and_the_failure_is_on_record() {
    let house = House::new();
    house.ask("ada", 1, 600).await;
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    house.machines.refuse_terminate.store(true, Ordering::Relaxed);
    house.machines.ignore_terminate.store(true, Ordering::Relaxed);
    drop(house.store.model.take_made());
    house.by_hand(|cluster, now| hand::destroy(cluster, None, now)).await;
    house.pass(Duration::from_secs(6)).await;
    assert_eq!((house.machines.count(), house.nodes().len()), (1, 1));
    assert!(house.cluster().trouble.unwrap().what.contains("as the test wants it"));
    let made = house.store.model.take_made();
    let troubles = made.iter().filter(|made| matches!(made.change, Change::Trouble(_))).count();
    assert_eq!(troubles, 1, "one in six seconds, though every look failed");
    let tried = house.story().iter().filter(|line| line.starts_with("terminate")).count();
    assert!(tried > 5, "{tried}");

    house.machines.refuse_terminate.store(false, Ordering::Relaxed);
    house.machines.ignore_terminate.store(false, Ordering::Relaxed);
    house.until("it is gone", |house| house.nodes().is_empty()).await;
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_ignores_everything_is_charged_as_an_overrun_until_it_is_killed() {
    let house = House::new();
    house.ask("ada", 1, 60).await;
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    let id = house.nodes()[0].id.clone();
    house.machines.ignore_terminate.store(true, Ordering::Relaxed);
    house.machines.ignore_kill.store(true, Ordering::Relaxed);
    house.machines.kill_runner(&id);
    house.pass(Duration::from_secs(100)).await;
    let made = house.store.model.take_made();
    let overran = made
        .iter()
        .any(|made| matches!(&made.change, Change::Enter(Entry { posting: Posting::Overrun { .. }, .. })));
    assert!(overran, "{made:#?}");
    assert!(made.iter().any(|made| {
        matches!(&made.change, Change::Notify(notice) if notice.kind == NoticeKind::NodeOverrun)
    }));
    house.machines.ignore_kill.store(false, Ordering::Relaxed);
    house.until("it is gone", |house| house.nodes().is_empty() && house.machines.count() == 0).await;
    run.stop().await;
}
