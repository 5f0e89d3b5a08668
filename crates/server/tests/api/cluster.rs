//! A cluster's life, from asleep to asleep.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sliderule_api::capacity::NodeCounts;
use sliderule_api::status::{ClusterState, ClusterStatus, Grant};

use crate::test_app::{TestApp, eventually};

#[tokio::test]
async fn a_cluster_wakes_serves_and_goes_back_to_sleep_when_it_is_released() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    assert_eq!(app.status(&token).await.state, ClusterState::Asleep);
    let off = app.get("/clusters/acme/source/version", &token).await;
    assert_eq!((off.status.as_u16(), off.text("code").as_str()), (503, "cluster_asleep"));

    let order = json!({ "nodes": 2, "time_to_live_seconds": 900 });
    let grant: Grant = app.order(&token, "k", order).await.json();
    let running = app.until(&token, ClusterState::Running, 2).await;
    assert_eq!((running.target_nodes, running.version.as_str()), (2, "v4.0.4"));
    let status = app.post("/clusters/acme/discovery/status", json!({ "service": "sliderule" })).await;
    assert_eq!(status.json::<Value>(), json!({ "nodes": 2 }));
    let counts: NodeCounts = app.get("/api/org_num_nodes/acme", &token).await.json();
    assert_eq!(counts.current_nodes, 2);
    let through = app.get("/clusters/acme/source/version", &token).await;
    assert_eq!((through.status.as_u16(), through.body.as_str()), (200, "/source/version"));

    let path = format!("/api/v1/organizations/acme/requests/{}", grant.request.id);
    assert_eq!(app.send(Method::DELETE, &path, Some(&token), None).await.status, 200);
    app.until(&token, ClusterState::Asleep, 0).await;
    assert_eq!(app.engine.running(), 0);
}

#[tokio::test]
async fn while_its_nodes_boot_a_cluster_is_waking_and_says_so() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.engine.let_boot(false);
    app.ask(&token, 1, 15).await;
    let waking = app.until(&token, ClusterState::Waking, 0).await;
    assert_eq!((waking.target_nodes, waking.blocked), (1, None));
    let off = app.get("/clusters/acme/source/version", &token).await;
    assert_eq!((off.status.as_u16(), off.text("code").as_str()), (503, "cluster_waking"));
    assert!(!off.header("retry-after").is_empty());
    assert_eq!(waking.ready_in_seconds, None, "no node here was ever ready");
    app.engine.let_boot(true);
    app.until(&token, ClusterState::Running, 1).await;
}

#[tokio::test]
async fn whoever_wakes_a_cluster_is_told_what_nodes_usually_take() {
    let app = TestApp::start()
        .await
        .with_acme()
        .await
        .with_user("bob")
        .await
        .with_organization("beta", "bob", "100")
        .await;
    let acme = app.token().await;
    app.engine.let_boot(false);
    app.ask(&acme, 1, 60).await;
    eventually("acme's node boots", async || (app.status(&acme).await.nodes.booting == 1).then_some(()))
        .await;
    app.clock.advance(Duration::from_secs(6));
    app.engine.let_boot(true);
    app.until(&acme, ClusterState::Running, 1).await;

    let beta = app.token_of("bob", "beta").await;
    let status =
        async || -> ClusterStatus { app.get("/api/v1/organizations/beta/status", &beta).await.json() };
    assert_eq!(status().await.ready_in_seconds, None, "nobody waits for anything");
    app.engine.let_boot(false);
    app.send(Method::POST, "/api/desired_org_num_nodes_ttl/beta/1/60/", Some(&beta), None).await;
    // Until its boot has begun, a node is expected as if it began now.
    let begun = async || Some(status().await).filter(|status| status.nodes.booting == 1);
    let left = eventually("beta's node boots", begun).await.ready_in_seconds.unwrap();
    assert!((5..=8).contains(&left), "{left}");
    app.clock.advance(Duration::from_secs(3));
    let later = status().await.ready_in_seconds.unwrap();
    assert!(0 < later && later < left, "{later} after {left}");
    app.engine.let_boot(true);
}

#[tokio::test]
async fn a_cluster_sleeps_when_its_last_request_ends() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 1, 15).await;
    app.until(&token, ClusterState::Running, 1).await;
    app.clock.advance(Duration::from_secs(15 * 60));
    app.until(&token, ClusterState::Asleep, 0).await;
    assert_eq!(app.status(&token).await.requests, []);
}

#[tokio::test]
async fn only_members_reach_a_private_cluster_and_only_with_a_token_for_it() {
    let app = TestApp::start().await.with_acme().await.with_organization("other", "ada", "1").await;
    let (token, other) = (app.token().await, app.token_of("ada", "other").await);
    app.ask(&token, 1, 15).await;
    app.until(&token, ClusterState::Running, 1).await;
    let path = "/clusters/acme/source/version";
    assert_eq!(app.send(Method::GET, path, None, None).await.status, 401);
    assert_eq!(app.get(path, &other).await.status, 403);
    assert_eq!(app.get(path, &token).await.status, 200);
    app.sql("UPDATE memberships SET state = 'deactivated'").await;
    assert_eq!(app.get(path, &token).await.status, 403, "a membership that ended opens nothing");
}

#[tokio::test]
async fn a_cluster_answers_below_its_own_host_name_too() {
    let app = TestApp::start_with(|config| config.domain = "example.org".into()).await.with_acme().await;
    let ask = async |host: &'static str, path: &'static str| {
        let request = app.http.get(format!("{}{path}", app.url)).header("host", host);
        crate::test_app::Answer::of(request).await
    };
    let status = ask("acme.example.org:8443", "/discovery/status").await;
    assert_eq!(status.json::<Value>(), json!({ "nodes": 0 }));
    assert_eq!(ask("ps.example.org", "/api/org_num_nodes/acme/").await.status, 401);
    let nowhere = ask("www.example.org", "/").await;
    assert_eq!((nowhere.status.as_u16(), nowhere.text("code").as_str()), (404, "unknown_organization"));
}
