//! Answers to what no client should send: always JSON, always both envelopes, never a 500.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::ErrorCode;

use crate::test_app::{Answer, TestApp};

/// A refusal of our own API is a problem (RFC 9457), any other one what existing clients read; each has the keys of both.
fn assert_is_a_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{answer}");
    let body: Value = answer.json();
    for key in ["type", "title", "code", "error_msg", "detail"] {
        assert!(body[key].is_string(), "no {key} in {answer}");
    }
    match answer.header("content-type") {
        "application/json" => assert_eq!(body["status"], "FAILED", "{answer}"),
        "application/problem+json" => {
            assert_eq!(body["status"], status, "{answer}");
            assert_eq!(body["instance"], format!("urn:sliderule:request:{}", answer.header("x-request-id")));
        }
        other => panic!("{other}: {answer}"),
    }
}

#[tokio::test]
async fn refusals_of_our_own_api_are_problems_by_rfc_9457_and_carry_the_old_keys_too() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for path in ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/organizations/%ff/status"] {
        let answer = app.get(path, &token).await;
        assert_is_a_problem(&answer, 404);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
    let answer = app.get("/api/v1/organizations/nowhere/status", &token).await;
    let mut body: Value = answer.json();
    body["instance"].take();
    let text = "nowhere is NOT a valid organization name; check how it is written";
    let expected = json!({
        "type": "urn:sliderule:error:unknown_organization", "title": ErrorCode::UnknownOrganization.title(),
        "status": 403, "detail": text, "instance": null, "code": "unknown_organization", "error_msg": text,
    });
    assert_eq!(body, expected);
    let challenged = app.send(Method::GET, "/api/v1/organizations/acme/status", None, None).await;
    assert_is_a_problem(&challenged, 401);
    assert_eq!(challenged.header("www-authenticate"), "Bearer realm=\"api\"");
    for (path, method) in
        [("/api/v1/session", Method::PUT), ("/api/v1/organizations/acme/status", Method::POST)]
    {
        let answer = app.send(method, path, Some(&token), None).await;
        assert_is_a_problem(&answer, 405);
        assert_ne!(answer.header("allow"), "");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for path in ["/api/nothing", "/api/v1x", "/api/v1status"] {
        assert_eq!(app.get(path, &token).await.header("content-type"), "application/json", "{path}");
    }
}

#[tokio::test]
async fn a_problem_names_the_request_that_it_answers_as_its_header_and_the_log_do() {
    let app = TestApp::start().await;
    for brought in ["proxy-1", "proxy <1>"] {
        let request = app.http.get(format!("{}/api/v1/nothing", app.url)).header("x-request-id", brought);
        let answer = Answer::of(request).await;
        assert_is_a_problem(&answer, 404);
        assert_eq!(answer.header("x-request-id") == brought, brought == "proxy-1");
    }
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_problems() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for path in
        ["/api/", "/api", "/api/nothing", "/api/v1/organizations/acme", "/api/org_num_nodes/acme/extra"]
    {
        assert_is_a_problem(&app.get(path, &token).await, 404);
    }
    for number in ["-1", "many", "1.5"] {
        let path = format!("/api/desired_org_num_nodes_ttl/acme/{number}/60/");
        assert_is_a_problem(&app.send(Method::POST, &path, Some(&token), None).await, 404);
    }
    assert_is_a_problem(&app.get("/api/org_num_nodes/%ff/", &token).await, 404);
    let wrong = app.get("/api/org_token/", &token).await;
    assert_is_a_problem(&wrong, 405);
    assert_eq!(wrong.header("allow"), "POST");
}

#[tokio::test]
async fn malformed_bodies_are_problems() {
    let app = TestApp::start().await;
    let send = async |kind: &'static str, body: Vec<u8>| {
        let request = app.http.post(format!("{}/api/org_token/", app.url));
        Answer::of(request.header("content-type", kind).body(body)).await
    };
    for body in ["{", "[]", "\"x\"", "{\"username\":", "\u{0}"] {
        assert_is_a_problem(&send("application/json", body.into()).await, 400);
    }
    assert_is_a_problem(&send("application/json", vec![0xff, 0xfe]).await, 400);
    assert_is_a_problem(&send("application/json", "[".repeat(60_000).into()).await, 400);
    assert_is_a_problem(&send("text/plain", b"x".to_vec()).await, 415);
    assert_is_a_problem(&send("application/x-www-form-urlencoded", vec![0xff; 100]).await, 400);
    assert_is_a_problem(&send("application/json", vec![b'x'; 100_000]).await, 413);
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_or_not_at_all_orders_nothing_and_is_told_what_is_wrong() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let order = async |keys: &[&str], body: &'static str| {
        let url = format!("{}/api/v1/organizations/acme/requests", app.url);
        let request = app.http.post(url).bearer_auth(&token).body(body);
        Answer::of(keys.iter().fold(request, |request, key| request.header("Idempotency-Key", *key))).await
    };
    let good = r#"{"nodes": 1, "time_to_live_seconds": 900}"#;
    let long = "k".repeat(201);
    for keys in [&[][..], &["one", "two"], &["same", "same"], &[""], &[long.as_str()]] {
        let refused = order(keys, good).await;
        assert_is_a_problem(&refused, 400);
        assert!(refused.body.contains("one Idempotency-Key header of 1 to 200"), "{refused}");
    }
    for body in ["[1, 900, false]", "", "null", "7"] {
        let refused = order(&["key"], body).await;
        assert_is_a_problem(&refused, 400);
        assert!(refused.body.contains("it is no object"), "{refused}");
    }
    for query in ["estimate?nodes=-1&time_to_live_seconds=900", "notices?after=x", "costs/spend?by=week"] {
        let refused = app.get(&format!("/api/v1/organizations/acme/{query}"), &token).await;
        assert_is_a_problem(&refused, 400);
        assert!(refused.body.contains("the query (what follows `?`) cannot be used: "), "{refused}");
    }
    assert_eq!(app.status(&token).await.requests, []);
    assert_eq!(order(&["key"], good).await.status, 201);
}

#[tokio::test]
async fn a_password_is_in_no_answer() {
    let app = TestApp::start().await;
    let request =
        app.http.post(format!("{}/api/org_token/", app.url)).header("content-type", "application/json");
    let answer = Answer::of(request.body(r#"{"password": "hunter2", "username": }"#)).await;
    assert!(answer.status == 400 && !answer.body.contains("hunter2"), "{answer}");
}

#[tokio::test]
async fn health_is_answered_before_anything_is_checked_and_every_answer_has_an_id() {
    let app = TestApp::start().await;
    let answer = app.send(Method::GET, "/ping/", None, None).await;
    insta::assert_snapshot!(answer, @"200 pong!");
    assert_eq!(answer.header("x-request-id").len(), 36);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn the_page_may_run_its_own_scripts_only() {
    let app = TestApp::start().await;
    let page = app.send(Method::GET, "/", None, None).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("script-src 'self' 'wasm-unsafe-eval'"));
    assert_eq!(app.send(Method::GET, "/../Cargo.toml", None, None).await.status, 404);
}
