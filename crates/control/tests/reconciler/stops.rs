//! The orderly stop.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sliderule_provisioning::cluster::NodeState;
use sliderule_provisioning::time::Terms;

use crate::house::{House, price};

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_drains_and_ends_everything_and_gives_the_rest_back() {
    let house = House::new();
    house.add("zebra");
    house.ask("ada", 2, 600).await;
    house.ask_of("zebra", "zoe", 1, 600).await;
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
    assert!(house.spent() < price(2, 5));
    assert_eq!(house.cluster().account.reservation, None, "the money is settled");
    for address in withdrawn {
        assert!(house.story().contains(&format!("withdraw {address}")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_orderly_stop_kills_what_outlives_the_tail_and_says_what_cannot_be_killed() {
    let house = House::new();
    house.ask("ada", 1, 600).await;
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
    house.ask("ada", 2, 600).await;
    house.settle().await;
    house.machines.fail_listings.store(true, Ordering::Relaxed);
    assert_eq!(house.reconciler.stop_all(Duration::from_secs(15)).await, None);
    assert_eq!(house.machines.count(), 0);
    assert_eq!(house.in_state(NodeState::Stopping), 2);

    house.machines.fail_listings.store(false, Ordering::Relaxed);
    assert_eq!(house.reconciler.stop_all(Duration::from_secs(15)).await, Some(0));
}
