//! A cluster that several users share: what they ask for adds up, steps down, and stays within limits.

use std::time::Duration;

use http::Method;
use serde_json::json;
use sliderule_api::capacity::CapacityAnswer;
use sliderule_api::status::{ClusterState, Grant};
use sliderule_provisioning::cluster::Limits;
use sliderule_provisioning::hand::{self, Settings};

use crate::test_app::{TestApp, eventually};

async fn ada_and_bob() -> (TestApp, String, String) {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    (app, ada, bob)
}

fn limits(min_nodes: u32, per_user: Option<u32>) -> Settings {
    Settings { limits: Some(Limits { min_nodes, max_nodes: 4, per_user }), ..Settings::default() }
}

#[tokio::test]
async fn requests_of_several_users_add_up_and_of_one_user_the_largest_counts() {
    let (app, ada, bob) = ada_and_bob().await;
    app.ask(&ada, 1, 15).await;
    app.ask(&ada, 2, 30).await;
    app.ask(&bob, 1, 60).await;
    let status = app.until(&ada, ClusterState::Running, 3).await;
    assert_eq!((status.target_nodes, status.demand_nodes, status.requests.len()), (3, 3, 3));
    assert_eq!(
        status.explanation,
        "ada asked for 2 for 30 min more, bob asked for 1 for 60 min more; at most 4"
    );
    let shares: Vec<_> = status.shares.iter().map(|share| (share.user.as_str(), share.nodes)).collect();
    assert_eq!(shares, [("ada", 2), ("bob", 1)]);
    assert_eq!(status.next_change_at.as_ref(), Some(&status.shares[0].until));
    assert_eq!(status.runway.unwrap().nodes, 3);
    assert_eq!(status.releases.iter().map(|release| release.nodes).sum::<u32>(), 3);
    app.ask(&bob, 4, 60).await;
    let status = app.status(&ada).await;
    assert_eq!((status.target_nodes, status.demand_nodes), (4, 4), "within the owner's maximum");
}

#[tokio::test]
async fn overlapping_requests_step_down_at_their_own_ends() {
    let (app, ada, bob) = ada_and_bob().await;
    app.ask(&ada, 2, 15).await;
    app.ask(&ada, 1, 30).await;
    app.ask(&bob, 1, 45).await;
    app.until(&ada, ClusterState::Running, 3).await;
    for (minutes, left) in [(15, 2), (15, 1)] {
        app.clock.advance(Duration::from_secs(minutes * 60));
        app.reconcile().await;
        app.until(&ada, ClusterState::Running, left).await;
    }
    app.clock.advance(Duration::from_secs(15 * 60));
    app.reconcile().await;
    app.until(&ada, ClusterState::Asleep, 0).await;
}

#[tokio::test]
async fn the_same_order_twice_is_redundant_and_costs_nothing() {
    let (app, ada, _) = ada_and_bob().await;
    app.clock.hold();
    let first: CapacityAnswer = app.ask(&ada, 2, 15).await.json();
    let again: CapacityAnswer = app.ask(&ada, 2, 15).await.json();
    assert_eq!((first.status.as_str(), again.status.as_str()), ("QUEUED", "REDUNDANT"));
    assert_eq!(first.request_id, again.request_id);
    assert_eq!(again.cost_micro_usd.unwrap().0, 0);
    assert!(again.msg.contains("using identical queued capacity request"), "{}", again.msg);
    assert_eq!(app.status(&ada).await.requests.len(), 1);
}

#[tokio::test]
async fn nobody_gets_more_than_the_limit_per_user() {
    let (app, ada, bob) = ada_and_bob().await;
    app.operator(|cluster, now| hand::set(cluster, &limits(0, Some(2)), now)).await;
    let order = json!({ "nodes": 4, "time_to_live_seconds": 900 });
    let grant: Grant = app.order(&ada, "k", order.clone()).await.json();
    assert_eq!((grant.request.nodes, grant.clamped, grant.target_nodes), (2, true, 2));
    let grant: Grant = app.order(&bob, "k", order).await.json();
    assert_eq!((grant.request.nodes, grant.target_nodes), (2, 4));
}

#[tokio::test]
async fn the_minimum_is_kept_and_paid_by_the_organization() {
    let (app, ada, _) = ada_and_bob().await;
    app.operator(|cluster, now| hand::set(cluster, &limits(1, None), now)).await;
    eventually("the minimum is there", async || {
        app.send(Method::POST, "/api/v1/organizations/acme/refresh", Some(&ada), None).await;
        (app.engine.running() == 1).then_some(())
    })
    .await;
    let status = app.until(&ada, ClusterState::Running, 1).await;
    assert_eq!((status.target_nodes, status.demand_nodes), (1, 0));
    assert_eq!(status.explanation, "nobody asks for nodes; the owner keeps at least 1; at most 4");
    app.ask(&ada, 2, 15).await;
    app.until(&ada, ClusterState::Running, 2).await;
    app.ask(&ada, 0, 15).await;
    app.until(&ada, ClusterState::Running, 1).await;
}
