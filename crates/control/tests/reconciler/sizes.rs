//! How large a cluster is: who asked, what the owner keeps, what there is money for, which release runs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sliderule_api::MicroUsd;
use sliderule_provisioning::cluster::NodeState;
use sliderule_provisioning::hand::{self, Settings};
use sliderule_provisioning::order::release;

use crate::house::{House, acme, price};

#[tokio::test(start_paused = true)]
async fn a_cluster_wakes_runs_and_goes_back_to_sleep_when_its_request_expires() {
    let house = House::new();
    house.ask("ada", 2, 60).await;
    let run = house.run();
    house.until("two nodes are launched", |house| house.machines.count() == 2).await;
    house.until("both are ready", |house| house.in_state(NodeState::Ready) == 2).await;
    assert_eq!(house.elapsed(), Duration::from_secs(1), "a boot takes a second");

    house.until("it is asleep", |house| house.machines.count() == 0 && house.nodes().is_empty()).await;
    let asleep = house.elapsed();
    assert!(asleep >= Duration::from_secs(60) && asleep < Duration::from_secs(63), "{asleep:?}");
    // Two nodes and the fixed part for a good minute, and what was not used is back.
    let spent = house.spent();
    let rounding = MicroUsd(3);
    assert!(price(2, 60) - rounding <= spent && spent <= price(2, 65), "{spent}");
    assert_eq!(house.cluster().account.reservation, None);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn requests_of_several_users_add_up_and_step_down_at_their_own_expiries() {
    let house = House::new();
    house.ask("ada", 2, 60).await;
    house.ask("bob", 1, 120).await;
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
    house.ask("ada", 1, 600).await;
    house.reconciler.wake(&acme());
    house.pass(Duration::from_millis(1)).await;
    assert_eq!(house.machines.count(), 1);

    house.ask("bob", 1, 600).await;
    house.until("nobody said so, and it is seen", |house| house.machines.count() == 2).await;
    assert!(house.elapsed() <= Duration::from_secs(11), "{:?}", house.elapsed());
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn scaling_down_withdraws_the_newest_node_before_it_is_told_to_end() {
    let house = House::new();
    house.ask("ada", 1, 600).await;
    house.settle().await;
    let oldest = house.nodes()[0].id.clone();
    house.ask("bob", 1, 60).await;
    house.settle().await;
    let newest = house.nodes().into_iter().find(|node| node.id != oldest).unwrap();

    // Bob does not wait for the end.
    house.by_hand(|cluster, now| release(cluster, Some(&"bob".parse().unwrap()), None, now)).await;
    house.reconciler.reconcile(&acme()).await.unwrap();
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
async fn a_destroyed_cluster_ends_at_once_and_is_not_deployed_again_by_itself() {
    let house = House::new();
    house.ask("ada", 2, 6000).await;
    house.keep(1).await;
    let run = house.run();
    house.until("both are ready", |house| house.in_state(NodeState::Ready) == 2).await;
    let begun = house.elapsed();
    assert_eq!(house.by_hand(|cluster, now| hand::destroy(cluster, None, now)).await, 1);
    house.until("it is gone", |house| house.nodes().is_empty() && house.machines.count() == 0).await;
    assert!(house.elapsed() - begun < Duration::from_secs(3));
    let attempts = house.machines.attempts.load(Ordering::Relaxed);
    house.pass(Duration::from_secs(600)).await;
    assert_eq!((house.machines.attempts.load(Ordering::Relaxed), house.machines.count()), (attempts, 0));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_owner_s_minimum_is_kept_without_any_request() {
    let house = House::new();
    house.keep(2).await;
    let run = house.run();
    house.until("both are ready", |house| house.in_state(NodeState::Ready) == 2).await;
    let kept: Vec<_> = house.nodes().into_iter().map(|node| node.id).collect();
    house.pass(Duration::from_secs(600)).await;
    assert_eq!(house.nodes().into_iter().map(|node| node.id).collect::<Vec<_>>(), kept);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_release_is_rolled_out_node_by_node_and_somebody_always_serves() {
    let house = House::new();
    house.ask("ada", 3, 6000).await;
    let run = house.run();
    house.until("three are ready", |house| house.in_state(NodeState::Ready) == 3).await;
    let version = "v4.1.0".parse().unwrap();
    let settings = Settings { version: Some(version), ..Settings::default() };
    house.by_hand(|cluster, now| hand::set(cluster, &settings, now)).await;
    let (begun, mut most) = (house.elapsed(), 0);
    while !house.nodes().iter().all(|node| node.version == version && node.state == NodeState::Ready) {
        house.pass(Duration::from_millis(100)).await;
        assert!(house.in_state(NodeState::Ready) >= 2, "{:#?}", house.nodes());
        most = most.max(house.machines.count());
        assert!(house.elapsed() - begun < Duration::from_secs(600));
    }
    house.settle().await;
    assert_eq!((house.nodes().len(), most), (3, 4), "one more at a time");
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_money_no_node_exists_and_what_nobody_asked_for_runs_on_free_money_only() {
    let house = House::new();
    let first = price(1, 70) + MicroUsd(1);
    house.set_balance(first - MicroUsd(10_000)).await;
    house.keep(1).await;
    let run = house.run();
    house.pass(Duration::from_secs(30)).await;
    assert_eq!((house.machines.attempts.load(Ordering::Relaxed), house.nodes().len()), (0, 0));

    house.set_balance(first).await;
    house.until("credited, it wakes", |house| house.in_state(NodeState::Ready) == 1).await;
    house.until("the money is spent", |house| house.machines.count() == 0 && house.nodes().is_empty()).await;
    let account = house.cluster().account;
    assert!(account.balance >= MicroUsd::ZERO && account.reservation.is_none(), "{account:?}");
    let attempts = house.machines.attempts.load(Ordering::Relaxed);
    house.pass(Duration::from_secs(300)).await;
    assert_eq!(house.machines.attempts.load(Ordering::Relaxed), attempts);
    run.stop().await;
}
