//! Lists come in pages, and show nobody what is another's.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::costs::LedgerEntry;
use sliderule_api::page::Page;
use sliderule_api::status::{Grant, RequestRecord};

use crate::test_app::TestApp;

const PATH: &str = "/api/v1/organizations/acme";

async fn acme_with_bob() -> TestApp {
    TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await
}

/// A request of one node for that many minutes.
async fn place(app: &TestApp, token: &str, minutes: u32) -> String {
    let order = json!({ "nodes": 1, "time_to_live_seconds": minutes * 60 });
    app.ours(Method::POST, "requests", token, order).await.json::<Grant>().request.id.to_string()
}

async fn ids(app: &TestApp, query: &str, token: &str) -> (Vec<String>, Option<String>) {
    let page: Page<RequestRecord> = app.get(&format!("{PATH}/requests{query}"), token).await.json();
    (page.items.iter().map(|record| record.request.id.to_string()).collect(), page.next)
}

#[tokio::test]
async fn live_requests_are_listed_latest_first_and_page_by_page() {
    let app = acme_with_bob().await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    let mut placed = Vec::new();
    for minutes in [20, 30, 15] {
        placed.insert(0, place(&app, &bob, minutes).await);
    }
    let adas = place(&app, &ada, 60).await;
    assert_eq!(ids(&app, "", &bob).await, (placed.clone(), None));
    assert_eq!(ids(&app, "", &ada).await, (vec![adas.clone()], None));
    let (two, next) = ids(&app, "?all=true&limit=2", &ada).await;
    assert_eq!(two, [adas, placed[0].clone()]);
    let rest = format!("?all=true&limit=2&after={}", next.unwrap());
    assert_eq!(ids(&app, &rest, &ada).await, (placed[1..].to_vec(), None));

    app.ours(Method::DELETE, &format!("requests/{}", placed[1]), &bob, Value::Null).await;
    app.clock.advance(std::time::Duration::from_secs(16 * 60));
    assert_eq!(ids(&app, "", &bob).await, (vec![placed[2].clone()], None), "one was released, one is over");
    for query in ["?limit=0", "?limit=101", "?after=%20", "?everybody=true"] {
        assert_eq!(app.get(&format!("{PATH}/requests{query}"), &ada).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_request_is_shown_to_whose_it_is_and_to_who_looks_after_the_organization() {
    let app = acme_with_bob().await.with_user("eve").await.with_member("acme", "eve").await;
    let app = app.with_user("max").await.with_manager("acme", "max").await;
    let bob = app.token_of("bob", "acme").await;
    let id = place(&app, &bob, 15).await;
    let path = format!("{PATH}/requests/{id}");
    let record: RequestRecord = app.get(&path, &bob).await.json();
    assert_eq!((record.request.nodes, record.ended_at), (1, None));
    assert!(record.cost_micro_usd.0 > 0);
    for (user, status) in [("ada", 200), ("max", 200), ("eve", 404)] {
        let token = app.token_of(user, "acme").await;
        assert_eq!(app.get(&path, &token).await.status, status, "{user}");
        let all = if status == 200 { 200 } else { 403 };
        assert_eq!(app.get(&format!("{PATH}/requests?all=true"), &token).await.status, all, "{user}");
    }
    app.ours(Method::DELETE, &format!("requests/{id}"), &bob, Value::Null).await;
    let record: RequestRecord = app.get(&path, &bob).await.json();
    assert!(record.ended_at.is_some());
    for nothing in ["nothing", "0190a6b4-0000-7000-8000-000000000000", "%20"] {
        assert_eq!(app.get(&format!("{PATH}/requests/{nothing}"), &bob).await.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn a_request_of_another_organization_is_not_there() {
    let app = acme_with_bob().await.with_organization("other", "bob", "10").await;
    let (bob, ada) = (app.token_of("bob", "acme").await, app.token().await);
    let id = place(&app, &bob, 15).await;
    let elsewhere = format!("/api/v1/organizations/other/requests/{id}");
    let bobs_other = app.token_of("bob", "other").await;
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            app.send(method.clone(), &elsewhere, Some(&bobs_other), None).await.status,
            404,
            "{method}"
        );
    }
    let change = Some(json!({ "nodes": 2 }));
    assert_eq!(app.send(Method::PATCH, &elsewhere, Some(&bobs_other), change.clone()).await.status, 404);
    assert_eq!(
        app.send(Method::PATCH, &format!("{PATH}/requests/{id}"), Some(&ada), change).await.status,
        404
    );
}

#[tokio::test]
async fn owners_and_managers_read_every_line_of_the_ledger_newest_first() {
    let app = acme_with_bob().await.with_user("max").await.with_manager("acme", "max").await;
    let (ada, max) = (app.token().await, app.token_of("max", "acme").await);
    for n in 1..=4 {
        let (amount, key) = (sliderule_api::MicroUsd(n * 1_000_000), format!("credit {n}"));
        app.operator(|cluster, now| sliderule_provisioning::hand::credit(cluster, amount, &key, &key, now))
            .await;
    }
    let page = async |query: &str, token: &str| {
        let page: Page<LedgerEntry> = app.get(&format!("{PATH}/ledger{query}"), token).await.json();
        (page.items.iter().map(|entry| entry.number).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(page("", &ada).await, (vec![5, 4, 3, 2, 1], None));
    let (first, next) = page("?limit=3", &max).await;
    assert_eq!((first, next.as_deref()), (vec![5, 4, 3], Some("3")));
    assert_eq!(page("?limit=3&after=3", &max).await, (vec![2, 1], None));
    let bob = app.token_of("bob", "acme").await;
    assert_eq!(app.get(&format!("{PATH}/ledger"), &bob).await.status, 403);
    assert_eq!(app.get(&format!("{PATH}/ledger?after=first"), &ada).await.status, 400);
}
