//! Deploying, destroying and refreshing a cluster by hand.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::notices::Notices;
use sliderule_api::status::{Block, ClusterState, ClusterStatus, Grant, ReleasedAll};

use crate::test_app::TestApp;

fn two_nodes() -> Value {
    json!({ "nodes": 2, "time_to_live_seconds": 900 })
}

#[tokio::test]
async fn a_destroyed_cluster_stays_off_until_it_is_deployed() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 2, 15).await;
    app.until(&token, ClusterState::Running, 2).await;
    let destroyed: ReleasedAll = app.ours(Method::POST, "destroy", &token, Value::Null).await.json();
    assert_eq!(destroyed, ReleasedAll { released: 1, target_nodes: 0 });
    let status = app.until(&token, ClusterState::Asleep, 0).await;
    assert_eq!((status.blocked, status.requests.len()), (Some(Block::Paused), 0));

    let launched = app.engine.launched();
    app.reconcile().await;
    assert_eq!((app.engine.running(), app.engine.launched()), (0, launched), "nothing deploys it again");
    let refused = app.ask(&token, 1, 15).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (409, "cluster_paused"));
    let again: ReleasedAll = app.ours(Method::POST, "destroy", &token, Value::Null).await.json();
    assert_eq!(again.released, 0);

    let deployed = app.ours(Method::POST, "deploy", &token, two_nodes()).await;
    assert_eq!(deployed.status, 201);
    assert_eq!(deployed.json::<Grant>().request.nodes, 2);
    app.until(&token, ClusterState::Running, 2).await;
    let told: Notices = app.get("/api/v1/organizations/acme/notices", &token).await.json();
    let by_hand = told.notices.iter().filter(|notice| notice.kind == "by_hand").count();
    assert_eq!(by_hand, 2, "{told:?}");
}

#[tokio::test]
async fn a_deploy_that_is_refused_leaves_the_cluster_off() {
    let app = TestApp::start().await.with_user("ada").await.with_organization("acme", "ada", "0.05").await;
    let token = app.token().await;
    app.ours(Method::POST, "destroy", &token, Value::Null).await;
    let refused = app.ours(Method::POST, "deploy", &token, two_nodes()).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (402, "insufficient_funds"));
    assert_eq!(app.status(&token).await.blocked, Some(Block::Paused));
    let none =
        app.ours(Method::POST, "deploy", &token, json!({ "nodes": 0, "time_to_live_seconds": 900 })).await;
    assert_eq!(none.status, 400);
}

#[tokio::test]
async fn members_neither_deploy_nor_destroy_nor_refresh() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let bob = app.token_of("bob", "acme").await;
    for act in ["deploy", "destroy", "refresh"] {
        let refused = app.ours(Method::POST, act, &bob, two_nodes()).await;
        assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "not_allowed"), "{act}");
        assert!(refused.text("error_msg").contains("only an owner or manager of acme may"), "{refused}");
    }
    app.sql("UPDATE memberships SET role = 'manager' WHERE role = 'member'").await;
    assert_eq!(app.ours(Method::POST, "deploy", &bob, two_nodes()).await.status, 201);
}

#[tokio::test]
async fn a_refresh_forgives_failed_boots() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.sql("UPDATE organizations SET failed_boots = 10").await;
    let refused = app.ask(&token, 1, 15).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (503, "cluster_protected"));
    assert_eq!(app.status(&token).await.failed_boots, 10);
    let refreshed: ClusterStatus = app.ours(Method::POST, "refresh", &token, Value::Null).await.json();
    assert_eq!((refreshed.failed_boots, refreshed.blocked), (0, None));
    assert_eq!(app.ask(&token, 1, 15).await.status, 200);
    app.until(&token, ClusterState::Running, 1).await;
}
