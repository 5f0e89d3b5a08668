//! `/metrics`: what happened and what there is, for Prometheus and for nobody else.

use http::Method;
use serde_json::json;
use sliderule_api::status::ClusterState;

use crate::test_app::{Answer, PASSWORD, TestApp};

/// The numbers, from the internal listener.
async fn numbers(app: &TestApp) -> String {
    let address = std::fs::read_to_string(app.data().join("internal.address")).unwrap();
    let answer = Answer::of(app.http.get(format!("http://{}/metrics", address.trim()))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    answer.body
}

/// The value of a series.
fn value(numbers: &str, series: &str) -> f64 {
    let line = numbers.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in:\n{numbers}")).parse().unwrap()
}

#[tokio::test]
async fn what_happens_is_counted_by_route_and_outcome() {
    let app = TestApp::start().await.with_acme().await;
    app.sign_in("ada", "wrong", "acme").await;
    app.sign_in("ada", PASSWORD, "emca").await;
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    let refresh = json!({ "refresh": pair.text("refresh") });
    app.post("/api/org_token/refresh/", refresh).await;
    app.post("/api/org_token/refresh/", json!({ "refresh": "a.b.c" })).await;
    let token = pair.text("access");
    app.ask(&token, 1, 15).await;
    app.ask(&token, 4, 720).await;
    for path in ["/api/nothing/hunter2", "/api/org_num_nodes/acme/", "/api/org_num_nodes/other/"] {
        app.get(path, &token).await;
    }
    let numbers = numbers(&app).await;
    for (series, wanted) in [
        (r#"sign_ins_total{way="password",outcome="ok"}"#, 1.0),
        (r#"sign_ins_total{way="password",outcome="wrong_credentials"}"#, 1.0),
        (r#"sign_ins_total{way="password",outcome="unknown_organization"}"#, 1.0),
        (r#"token_refreshes_total{outcome="ok"}"#, 1.0),
        (r#"token_refreshes_total{outcome="reauthentication_required"}"#, 1.0),
        (r#"capacity_requests_total{outcome="ok"}"#, 1.0),
        (r#"capacity_requests_total{outcome="insufficient_funds"}"#, 1.0),
        (
            r#"http_request_seconds_count{route="/api/org_num_nodes/{organization}",method="GET",status="2xx"}"#,
            1.0,
        ),
        (r#"http_request_seconds_count{route="/api/{unknown}",method="GET",status="4xx"}"#, 1.0),
        ("http_requests_running", 0.0),
    ] {
        assert_eq!(value(&numbers, &format!("sliderule_ps_{series}")), wanted, "{series}");
    }
    for unbounded in ["hunter2", "other", "ada", "\"acme\""] {
        assert!(!numbers.contains(unbounded), "{unbounded} in:\n{numbers}");
    }
}

#[tokio::test]
async fn what_there_is_is_counted_with_its_money_and_what_goes_through_the_gateway() {
    let app = TestApp::start().await.with_acme().await.with_organization("emca", "ada", "2.50").await;
    let token = app.token().await;
    app.ask(&token, 1, 15).await;
    app.until(&token, ClusterState::Running, 1).await;
    app.send(Method::POST, "/clusters/acme/source/version", Some(&token), Some(json!({ "a": 1 }))).await;
    let numbers = numbers(&app).await;
    for (series, wanted) in [
        (r#"nodes{state="ready"}"#, 1.0),
        (r#"nodes{state="booting"}"#, 0.0),
        (r#"organizations{state="running"}"#, 1.0),
        (r#"organizations{state="asleep"}"#, 1.0),
        (r#"organizations_blocked{by="suspended"}"#, 0.0),
        ("open_requests", 1.0),
        ("ledger_credited_dollars", 12.5),
        ("hashes_running", 0.0),
        ("hashes_waiting", 0.0),
        ("census_complete", 1.0),
        ("gateway_received_bytes_total", 7.0),
        ("gateway_sent_bytes_total", 15.0),
        ("gateway_streams", 0.0),
    ] {
        assert_eq!(value(&numbers, &format!("sliderule_ps_{series}")), wanted, "{series}");
    }
    assert!(value(&numbers, "sliderule_ps_ledger_reserved_dollars") > 0.0);
    assert!(value(&numbers, "sliderule_ps_reconciler_rounds_total") >= 2.0);
    assert!(value(&numbers, "sliderule_ps_database_commits_total") >= 3.0);
    assert!(value(&numbers, "process_resident_memory_bytes") > 1e6);
    assert!(value(&numbers, "process_start_time_seconds") > 1.7e9);
}

#[tokio::test]
async fn operators_read_of_every_metric() {
    let app = TestApp::start_with(|config| config.metrics.organizations = true).await.with_acme().await;
    let page = include_str!("../../../../docs/OPERATIONS.md");
    let numbers = numbers(&app).await;
    let names = numbers.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let names: Vec<_> = names.collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "docs/OPERATIONS.md says nothing of {name}");
    }
}

#[tokio::test]
async fn organizations_are_named_only_if_the_operator_wants_it() {
    let app = TestApp::start_with(|config| config.metrics.organizations = true).await.with_acme().await;
    let numbers = numbers(&app).await;
    assert_eq!(value(&numbers, r#"sliderule_ps_organization_nodes{organization="acme"}"#), 0.0);
    assert_eq!(value(&numbers, r#"sliderule_ps_organization_balance_dollars{organization="acme"}"#), 10.0);
}

#[tokio::test]
async fn in_public_there_is_nothing_without_the_operator_s_token() {
    let app = TestApp::start().await.with_acme().await;
    let ada = app.token().await;
    assert_eq!(app.get("/metrics", &ada).await.status, 404);

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "letmein\n").unwrap();
    let path = file.path().to_owned();
    let app = TestApp::start_with(|config| config.metrics.token_file = Some(path)).await.with_acme().await;
    let ada = app.token().await;
    assert_eq!(app.get("/metrics", "letmein").await.status, 200);
    assert_eq!(app.get("/metrics/", "letmein").await.status, 200);
    for token in [Some("letmei"), Some("letmein\u{20}x"), Some(&ada), None] {
        let refused = app.send(Method::GET, "/metrics", token, None).await;
        assert_eq!(refused.status, 401, "{refused}");
        assert!(!refused.body.contains("sliderule_ps_"), "{refused}");
    }
}
