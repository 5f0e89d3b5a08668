//! Many organizations at once, and a store or an engine that fails.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sliderule_provisioning::cluster::NodeState;
use sliderule_provisioning::time::Moment;

use crate::house::House;

#[tokio::test(start_paused = true)]
async fn one_organization_s_failure_does_not_stop_the_others() {
    let house = House::new();
    house.add("broken");
    house.store.fail_for("broken");
    house.add("zebra");
    house.ask("ada", 1, 600).await;
    house.ask_of("zebra", "zoe", 1, 600).await;
    let run = house.run();
    house.until("both others run", |house| house.machines.count() == 2).await;
    assert!(house.elapsed() < Duration::from_secs(1));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn leases_are_renewed_while_launches_of_others_hang() {
    let house = House::new();
    house.add("zebra");
    house.ask("ada", 2, 6000).await;
    let run = house.run();
    house.until("both are ready", |house| house.in_state(NodeState::Ready) == 2).await;
    let before: Vec<_> = house.nodes().into_iter().map(|node| node.id).collect();
    house.machines.crash_before_launch.store(true, Ordering::Relaxed);
    for user in ["zoe", "zora"] {
        house.ask_of("zebra", user, 5, 6000).await;
    }
    let zebra = |house: &House| house.store.model.read(&"zebra".parse().unwrap()).unwrap().trouble;
    house.until("it is told", |house| zebra(house).is_some()).await;
    assert_eq!(zebra(&house).unwrap().what, "waiting for the engine: no answer within 7500 ms");
    house.pass(Duration::from_secs(150)).await;
    assert_eq!(house.nodes().into_iter().map(|node| node.id).collect::<Vec<_>>(), before);
    assert_eq!((house.machines.count(), house.in_state(NodeState::Ready)), (2, 2));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn leases_are_renewed_while_listings_hang() {
    let house = House::new();
    house.ask("ada", 2, 6000).await;
    let run = house.run();
    house.until("both are ready", |house| house.in_state(NodeState::Ready) == 2).await;
    house.machines.hang_listings.store(true, Ordering::Relaxed);
    house.pass(Duration::from_secs(200)).await;
    assert_eq!(house.machines.count(), 2);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn leases_are_renewed_while_the_engine_cannot_list_for_a_while() {
    let house = House::new();
    house.ask("ada", 2, 6000).await;
    let run = house.run();
    house.until("both are ready", |house| house.in_state(NodeState::Ready) == 2).await;
    let before: Vec<_> = house.nodes().into_iter().map(|node| node.id).collect();
    house.machines.fail_listings.store(true, Ordering::Relaxed);
    house.pass(Duration::from_secs(200)).await;
    assert_eq!(house.machines.count(), 2);
    house.machines.fail_listings.store(false, Ordering::Relaxed);
    house.pass(Duration::from_secs(30)).await;
    assert_eq!(house.nodes().into_iter().map(|node| node.id).collect::<Vec<_>>(), before);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_clusters_share_a_few_transactions() {
    let house = House::new();
    for number in 0..1000 {
        let name = format!("org-{number}");
        house.add(&name);
        house.ask_of(&name, "ada", 1, 6000).await;
    }
    house.store.transactions.store(0, Ordering::Relaxed);
    house.reconciler.tick().await.unwrap();
    assert_eq!(house.machines.count(), 1000);
    assert_eq!(house.store.transactions.load(Ordering::Relaxed), 4);
    // One that fails costs a few more, and nobody else anything.
    house.pass(Duration::from_millis(1500)).await;
    house.store.fail_for("org-500");
    tokio::time::sleep(Duration::from_secs(35)).await;
    house.store.transactions.store(0, Ordering::Relaxed);
    house.reconciler.tick().await.unwrap();
    let transactions = house.store.transactions.load(Ordering::Relaxed);
    assert!(transactions <= 4 + 16, "{transactions}");
    for number in [0, 499, 501, 999] {
        let renewed = house.store.model.read(&format!("org-{number}").parse().unwrap()).unwrap();
        assert!(renewed.nodes[0].meter.held_until >= Moment(90_000), "{renewed:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_decides_the_same_whoever_polls_it() {
    let house = House::new();
    house.ask("ada", 9, 600).await;
    let mut tick = std::pin::pin!(house.reconciler.tick());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(tick.as_mut().poll(&mut context).is_ready(), "everything is ready at once");
    let launched: Vec<String> = house.nodes().iter().map(|node| format!("launch {}", node.id)).collect();
    assert_eq!(house.story(), launched, "nine launches, in the order of their records");
}
