//! What a stop and a start keep, and which databases are refused.

use std::time::Duration;

use sliderule_api::costs::Costs;
use sliderule_api::status::ClusterState;
use sliderule_server::data::DataDir;

use crate::test_app::{Answer, TestApp};

#[tokio::test]
async fn accounts_tokens_requests_and_money_survive_a_restart() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 2, 60).await;
    app.until(&token, ClusterState::Running, 2).await;
    let requests = app.status(&token).await.requests;

    let app = app.restart().await;
    assert_eq!(app.status(&token).await.requests, requests, "the old token still opens");
    app.until(&token, ClusterState::Running, 2).await;
    let costs: Costs = app.get("/api/v1/organizations/acme/costs", &token).await.json();
    let sum = costs.entries.iter().map(|entry| entry.amount_micro_usd).sum();
    assert_eq!(costs.balance_micro_usd, sum);
    assert_eq!(app.sign_in("ada", crate::test_app::PASSWORD, "acme").await.status, 200);
}

#[tokio::test]
async fn a_server_that_is_started_again_and_again_starts_no_more_nodes_that_fail() {
    let app = TestApp::start().await.with_acme().await;
    app.sql("UPDATE organizations SET failed_boots = 10").await;
    let app = app.restart().await;
    let refused = app.ask(&app.token().await, 1, 15).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (503, "cluster_protected"));
}

#[tokio::test]
async fn a_session_goes_on_where_it_was() {
    let app = TestApp::start().await.with_acme().await;
    let refresh = async |app: &TestApp, pair: &Answer| {
        app.post("/api/org_token/refresh/", serde_json::json!({ "refresh": pair.text("refresh") })).await
    };
    let first = app.sign_in("ada", crate::test_app::PASSWORD, "acme").await;
    let second = refresh(&app, &first).await;
    let app = app.restart().await;
    app.clock.advance(Duration::from_secs(60));
    let again = refresh(&app, &first).await;
    assert_eq!(again.text("refresh"), second.text("refresh"), "whose answer was lost gets it again");
    assert_eq!(refresh(&app, &second).await.status, 200);
    app.clock.advance(Duration::from_secs(60));
    assert!(refresh(&app, &first).await.body.contains("blacklisted"), "and what was followed up is used up");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::open(dir.path()).unwrap();
    let db = data.database().await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(db.path());
    db.close().await;
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("PRAGMA user_version = 1000").execute(&pool).await.unwrap();
    pool.close().await;
    let refused = data.database().await.unwrap_err().to_string();
    assert!(refused.contains("has schema 1000") && refused.contains("knows schemas up to "), "{refused}");
}
