//! Lease pulls: who gets told what is left, and who gets nothing.

use serde_json::json;
use sliderule_api::lease::{LeaseAnswer, lease_path};
use sliderule_api::status::ClusterState;
use sliderule_engines::INTERNAL_ADDRESS;

use crate::test_app::{Answer, TestApp};

#[tokio::test]
async fn a_lease_is_told_to_who_has_the_nodes_secret_and_asking_renews_nothing() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 2, 15).await;
    app.until(&token, ClusterState::Running, 2).await;
    let [node, other] = app.engine.ids().try_into().unwrap();
    let internal = std::fs::read_to_string(app.data().join(INTERNAL_ADDRESS)).unwrap();
    let pull = async |secret: &str| {
        let url = format!("http://{}{}", internal.trim(), lease_path(&node));
        let address = app.engine.address(&node);
        Answer::of(app.http.post(url).bearer_auth(secret).json(&json!({ "address": address }))).await
    };
    let before = app.balance().await;
    let first: LeaseAnswer = pull(&app.engine.secret(&node)).await.json();
    let second: LeaseAnswer = pull(&app.engine.secret(&node)).await.json();
    assert!(second.lease_ms <= first.lease_ms && first.lease_ms <= 60_000, "{first:?} {second:?}");
    assert_eq!(app.balance().await, before);
    for wrong in [app.engine.secret(&other), "00".repeat(32), "x".to_owned(), token] {
        let refused = pull(&wrong).await;
        assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "scale_refused"));
        assert!(!refused.body.contains(&wrong), "{refused}");
    }
    assert_eq!(app.engine.running(), 2, "who guesses ends nothing");
}

#[tokio::test]
async fn what_opens_leases_is_kept_for_the_operator_only() {
    use std::os::unix::fs::PermissionsExt;
    let app = TestApp::start().await;
    let key = std::fs::metadata(app.data().join("node.key")).unwrap();
    assert_eq!((key.len(), key.permissions().mode() & 0o777), (32, 0o600));
}
