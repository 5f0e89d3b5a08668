//! Changing requests that live: extended, shrunk, replaced and released, also the one that counts.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::status::{ClusterState, Grant, ReleasedAll};

use crate::test_app::{Answer, TestApp};

async fn order(app: &TestApp, token: &str, nodes: u32, seconds: u64) -> Grant {
    let body = json!({ "nodes": nodes, "time_to_live_seconds": seconds });
    app.ours(Method::POST, "requests", token, body).await.json()
}

async fn change(app: &TestApp, token: &str, grant: &Grant, body: Value) -> Answer {
    app.ours(Method::PATCH, &format!("requests/{}", grant.request.id), token, body).await
}

#[tokio::test]
async fn a_request_is_extended_and_grown_in_place() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let first = order(&app, &token, 1, 900).await;
    app.until(&token, ClusterState::Running, 1).await;
    let longer: Grant = change(&app, &token, &first, json!({ "time_to_live_seconds": 1800 })).await.json();
    assert_eq!((&longer.request.id, longer.request.nodes), (&first.request.id, 1));
    assert!(longer.request.expires_at > first.request.expires_at);
    assert!(longer.cost_micro_usd.0 > 0, "the quarter of an hour more");
    let larger: Grant = change(&app, &token, &first, json!({ "nodes": 9 })).await.json();
    assert_eq!((larger.request.nodes, larger.clamped), (4, true));
    assert_eq!(larger.request.expires_at, longer.request.expires_at);
    let status = app.until(&token, ClusterState::Running, 4).await;
    assert_eq!(status.requests, [larger.request]);
}

#[tokio::test]
async fn the_request_that_counts_can_be_shrunk_and_costs_less() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let first = order(&app, &token, 3, 3600).await;
    app.until(&token, ClusterState::Running, 3).await;
    let before = app.status(&token).await.free_micro_usd;
    let smaller: Grant = change(&app, &token, &first, json!({ "nodes": 1 })).await.json();
    assert_eq!((smaller.request.nodes, smaller.cost_micro_usd.0, smaller.target_nodes), (1, 0, 1));
    assert!(app.status(&token).await.free_micro_usd > before);
    app.until(&token, ClusterState::Running, 1).await;
    let gone = change(&app, &token, &first, json!({ "nodes": 0 })).await;
    assert_eq!(gone.json::<Grant>().request.nodes, 0);
    app.until(&token, ClusterState::Asleep, 0).await;
}

#[tokio::test]
async fn nothing_is_shortened_unless_somebody_says_so() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let first = order(&app, &token, 1, 3600).await;
    let refused = change(&app, &token, &first, json!({ "time_to_live_seconds": 900 })).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (409, "invalid_argument"));
    assert!(refused.text("error_msg").contains(&first.request.expires_at.0), "the present end: {refused}");
    assert_eq!(app.status(&token).await.requests, std::slice::from_ref(&first.request));
    let shorter = json!({ "time_to_live_seconds": 900, "shorten": true });
    let shortened: Grant = change(&app, &token, &first, shorter).await.json();
    assert!(shortened.request.expires_at < first.request.expires_at);
}

#[tokio::test]
async fn an_order_may_take_the_place_of_all_that_one_has() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    order(&app, &ada, 3, 900).await;
    order(&app, &ada, 2, 3600).await;
    order(&app, &bob, 1, 900).await;
    let body = json!({ "nodes": 1, "time_to_live_seconds": 1800, "replace": true });
    let only: Grant = app.ours(Method::POST, "requests", &ada, body).await.json();
    assert_eq!(only.target_nodes, 2);
    let status = app.status(&ada).await;
    assert_eq!(status.requests.len(), 2);
    assert!(status.requests.contains(&only.request), "{status:?}");
}

#[tokio::test]
async fn all_of_ones_own_are_released_and_everybodys_by_who_looks_after_the_cluster() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    for token in [&ada, &bob] {
        order(&app, token, 1, 900).await;
        order(&app, token, 1, 1800).await;
    }
    let own: ReleasedAll = app.ours(Method::DELETE, "requests", &bob, Value::Null).await.json();
    assert_eq!(own, ReleasedAll { released: 2, target_nodes: 1 });
    order(&app, &bob, 1, 900).await;
    let refused = app.ours(Method::DELETE, "requests?everybody=true", &bob, Value::Null).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "not_allowed"));
    let all: ReleasedAll =
        app.ours(Method::DELETE, "requests?everybody=true", &ada, Value::Null).await.json();
    assert_eq!(all, ReleasedAll { released: 3, target_nodes: 0 });
    app.until(&ada, ClusterState::Asleep, 0).await;
}

#[tokio::test]
async fn a_change_under_one_key_is_made_once() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let first = order(&app, &token, 1, 900).await;
    let url = format!("{}/api/v1/organizations/acme/requests/{}", app.url, first.request.id);
    let send = async |body: Value| {
        Answer::of(app.http.patch(&url).bearer_auth(&token).header("Idempotency-Key", "c").json(&body)).await
    };
    let change = json!({ "nodes": 2, "time_to_live_seconds": 1800 });
    let (once, again) = (send(change.clone()).await, send(change).await);
    let (once, again): (Grant, Grant) = (once.json(), again.json());
    assert_eq!((&once.request, once.cost_micro_usd.0 > 0), (&again.request, true));
    assert_eq!(send(json!({ "nodes": 3 })).await.status, 409);
}

#[tokio::test]
async fn only_ones_own_live_requests_can_be_changed_and_by_something_that_makes_sense() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    let first = order(&app, &ada, 1, 900).await;
    assert_eq!(change(&app, &bob, &first, json!({ "nodes": 2 })).await.status, 404);
    for body in
        [json!({}), json!({ "nodes": -1 }), json!({ "shorten": true }), json!({ "nods": 1 }), json!([])]
    {
        let refused = change(&app, &ada, &first, body).await;
        assert!(refused.status == 400 && refused.text("error_msg").contains("\"nodes\""), "{refused}");
    }
    let late = change(&app, &ada, &first, json!({ "time_to_live_seconds": 1 })).await;
    assert_eq!(late.status, 400);
    app.ours(Method::DELETE, &format!("requests/{}", first.request.id), &ada, Value::Null).await;
    assert_eq!(change(&app, &ada, &first, json!({ "nodes": 2 })).await.status, 404);
}
