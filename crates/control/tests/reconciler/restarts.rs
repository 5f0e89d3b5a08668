//! A server that dies or is replaced: nothing is lost, nothing is done twice, and no stranger survives.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sliderule_control::{Ended, ReconcileError, StoreError, Undecided};
use sliderule_provisioning::cluster::NodeState;
use sliderule_provisioning::hand;
use sliderule_provisioning::time::Moment;

use crate::house::{House, acme, secrets};

#[tokio::test(start_paused = true)]
async fn what_nobody_recorded_is_killed_also_of_an_organization_that_does_not_exist_or_of_none() {
    let house = House::new();
    house.machines.inject("stray", "acme");
    house.machines.inject("stranger", "nobody");
    house.machines.inject("nameless", "acme");
    house.machines.unname(&"nameless".parse().unwrap());
    let run = house.run();
    house.until("all are gone", |house| house.machines.count() == 0).await;
    assert!(house.elapsed() < Duration::from_secs(1));
    house.machines.inject("late", "nobody");
    house.until("it is gone", |house| house.machines.count() == 0).await;
    assert!(house.elapsed() <= Duration::from_secs(11), "within a period: {:?}", house.elapsed());
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_recorded_is_no_orphan_though_the_engine_cannot_say_whose_it_is() {
    let house = House::new();
    house.ask("ada", 1, 600).await;
    house.settle().await;
    let node = house.nodes()[0].id.clone();
    house.machines.unname(&node);
    let successor = house.restarted().await;
    let run = successor.run();
    successor.pass(Duration::from_secs(120)).await;
    assert!(successor.machines.exists(&node));
    // Also not while its organization cannot be read.
    house.store.fail_for("acme");
    successor.pass(Duration::from_secs(25)).await;
    assert!(successor.machines.exists(&node));
    house.store.recover();
    successor.pass(Duration::from_secs(60)).await;
    assert!(successor.machines.exists(&node));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_adopts_what_runs_and_launches_nothing_twice() {
    let house = House::new();
    house.ask("ada", 2, 600).await;
    house.settle().await;
    let before = house.nodes();

    let successor = house.restarted().await;
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
async fn a_node_that_was_recorded_and_not_launched_when_its_server_died_is_launched_with_the_same_secret() {
    let house = House::new();
    house.ask("ada", 1, 600).await;
    house.machines.crash_before_launch.store(true, Ordering::Relaxed);
    // The launch never returns; dropping the pass is the crash.
    let crashed = tokio::time::timeout(Duration::from_millis(1), house.reconciler.reconcile(&acme())).await;
    assert!(crashed.is_err());
    assert_eq!((house.nodes().len(), house.machines.count()), (1, 0));
    let recorded = house.nodes()[0].id.clone();

    house.machines.crash_before_launch.store(false, Ordering::Relaxed);
    let successor = house.restarted().await;
    let run = successor.run();
    successor.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    assert!(successor.elapsed() < Duration::from_secs(3), "{:?}", successor.elapsed());
    assert_eq!(successor.nodes()[0].id, recorded);
    assert_eq!(successor.machines.secrets.lock().unwrap()[&recorded], secrets().reveal(&recorded));
    assert_eq!((successor.nodes().len(), successor.machines.count()), (1, 1));
    assert_eq!(successor.failed_boots(), 0);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_launch_whose_answer_was_lost_makes_no_second_node() {
    let house = House::new();
    house.machines.lose_answers.store(1, Ordering::Relaxed);
    house.ask("ada", 1, 600).await;
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    house.pass(Duration::from_secs(30)).await;
    assert_eq!((house.nodes().len(), house.machines.count()), (1, 1));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_earlier_server_does_nothing_once_a_later_one_has_begun() {
    let house = House::new();
    house.ask("ada", 1, 600).await;
    let run = house.run();
    house.until("it is ready", |house| house.in_state(NodeState::Ready) == 1).await;
    let successor = house.restarted().await;
    assert_eq!(run.ended().await, Ended::Fenced);
    let before = successor.cluster();
    assert!(matches!(
        house.reconciler.reconcile(&acme()).await,
        Err(ReconcileError::Store(StoreError::Fenced))
    ));
    let destroyed = house
        .reconciler
        .decide(&acme(), |cluster| Ok::<_, Infallible>(hand::destroy(cluster, None, Moment(0))))
        .await;
    assert!(matches!(destroyed, Err(Undecided::Store(StoreError::Fenced))), "{destroyed:?}");
    assert_eq!(house.reconciler.stop_all(Duration::from_secs(30)).await, None);
    assert_eq!((successor.cluster(), successor.machines.count()), (before, 1));
}
