//! `/healthz`: whether the server can do its work, for whoever decides where requests go.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use crate::test_app::{Answer, TestApp, eventually};

async fn health(app: &TestApp) -> Answer {
    app.send(Method::GET, "/healthz", None, None).await
}

#[tokio::test]
async fn a_server_that_works_says_so_under_every_name_and_to_everybody() {
    let app = TestApp::start().await;
    let healthy = health(&app).await;
    insta::assert_snapshot!(healthy, @r#"200 {"status":"ok","checks":{"database":"ok","reconciler":"ok","disk":"ok"}}"#);
    assert_eq!(healthy.header("cache-control"), "no-store");
    let named = app.http.get(format!("{}/healthz/", app.url)).header("host", "acme.localhost");
    assert_eq!(Answer::of(named).await.body, healthy.body);
}

#[tokio::test]
async fn a_reconciler_that_stands_still_and_a_full_disk_are_named() {
    let app = TestApp::start_with(|config| config.health.min_free_mib = 1 << 40).await;
    // Between its looks the reconciler sleeps for ten seconds of the machine's time, whatever the clock says meanwhile.
    let sick = eventually("the reconciler is seen to be late", async || {
        app.clock.advance(Duration::from_secs(3600));
        Some(health(&app).await).filter(|sick| sick.body.contains("not looked"))
    })
    .await;
    insta::assert_snapshot!(sick, @r#"503 {"status":"failing","checks":{"database":"ok","reconciler":"it has not looked at the clusters for more than 40 seconds","disk":"less than 1099511627776 MiB are free"}}"#);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named_and_comes_back() {
    let app = TestApp::start().await;
    let database =
        async || health(&app).await.json::<Value>()["checks"]["database"].as_str().unwrap().to_owned();
    assert_eq!(database().await, "ok");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.db.path());
    let other = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let writer = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    eventually("writing is seen to take too long", async || {
        (database().await == "writing takes longer than a second").then_some(())
    })
    .await;
    writer.rollback().await.unwrap();
    eventually("writing works again", async || (database().await == "ok").then_some(())).await;
    other.close().await;
}
