//! What an operator decides beside the running server.

use http::Method;
use serde_json::Value;
use sliderule_api::status::ClusterState;
use sliderule_provisioning::account::Prices;
use sliderule_provisioning::hand::{self, Settings};

use crate::test_app::{TestApp, eventually};

#[tokio::test]
async fn a_suspended_organization_loses_its_nodes_and_gets_them_back() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 1, 60).await;
    app.until(&token, ClusterState::Running, 1).await;
    let suspended = |suspended| Settings { suspended: Some(suspended), ..Settings::default() };
    app.operator(|cluster, now| hand::set(cluster, &suspended(true), now)).await;
    app.until(&token, ClusterState::Asleep, 0).await;
    app.operator(|cluster, now| hand::set(cluster, &suspended(false), now)).await;
    app.until(&token, ClusterState::Running, 1).await;
}

#[tokio::test]
async fn another_release_is_rolled_node_by_node() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 2, 60).await;
    app.until(&token, ClusterState::Running, 2).await;
    let pin = Settings { version: Some("v4.1.0".parse().unwrap()), ..Settings::default() };
    app.operator(|cluster, now| hand::set(cluster, &pin, now)).await;
    let rolled = eventually("all nodes run the new release", async || {
        let status = app.status(&token).await;
        assert!(status.nodes.ready >= 1, "the cluster serves all the while: {status:?}");
        app.ours(Method::POST, "refresh", &token, Value::Null).await;
        let [only] = status.releases.as_slice() else { return None };
        (only.version == "v4.1.0" && status.nodes.ready == 2).then_some(status)
    })
    .await;
    assert_eq!(rolled.version, "v4.1.0");
}

#[tokio::test]
async fn a_new_price_shows_and_counts() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let minutes = async || app.status(&token).await.runway.unwrap().minutes.unwrap();
    let before = minutes().await;
    let double = Prices { node_hour: Prices::LIST.node_hour + Prices::LIST.node_hour, ..Prices::LIST };
    let dearer = Settings { prices: Some(double), ..Settings::default() };
    app.operator(|cluster, now| hand::set(cluster, &dearer, now)).await;
    assert!(minutes().await < before);
}
