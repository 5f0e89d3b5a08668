//! Signing in with a GitHub token, against a stand-in for GitHub.

use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::{Json, Router, routing};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::test_app::{Answer, TestApp};

/// Knows one token, of the account 583231.
async fn user(headers: HeaderMap) -> impl IntoResponse {
    match headers["authorization"].to_str().unwrap() {
        "Bearer good" => (StatusCode::OK, Json(json!({ "login": "ada-gh", "id": 583_231 }))),
        "Bearer odd" => (StatusCode::OK, Json(json!("what?"))),
        _ => (StatusCode::UNAUTHORIZED, Json(Value::Null)),
    }
}

async fn github() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/user", routing::get(user))).await });
    url
}

async fn sign_in(app: &TestApp, token: &str, organization: &str) -> Answer {
    app.post("/api/org_token_github/", json!({ "org_name": organization, "access_token": token })).await
}

#[tokio::test]
async fn the_number_of_the_account_decides_who_it_is() {
    let github = github().await;
    let app = TestApp::start_with(|config| config.github_api = Some(github)).await;
    let app = app.with_github_user("ada", Some(583_231)).await.with_organization("acme", "ada", "1").await;
    let answer = sign_in(&app, "good", "acme").await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(app.get("/api/org_num_nodes/acme/", &answer.text("access")).await.status, 200);
    assert_eq!(sign_in(&app, "good", "nowhere").await.text("code"), "unknown_organization");
    assert_eq!(sign_in(&app, "bad", "acme").await.text("code"), "wrong_credentials");
    assert_eq!(sign_in(&app, "with\nbreak", "acme").await.status, 403);
    let odd = sign_in(&app, "odd", "acme").await;
    assert_eq!((odd.status.as_u16(), odd.text("code").as_str()), (502, "unreachable"));
}

#[tokio::test]
async fn an_account_that_nobody_here_has_is_denied() {
    let github = github().await;
    let app = TestApp::start_with(|config| config.github_api = Some(github)).await.with_acme().await;
    insta::assert_snapshot!(sign_in(&app, "good", "acme").await, @r#"403 {"status":"FAILED","code":"wrong_credentials","error_msg":"Permission Denied: no user here has this GitHub account; sign in with user name and password, or ask the operator to link it","detail":"Permission Denied: no user here has this GitHub account; sign in with user name and password, or ask the operator to link it"}"#);
}

#[tokio::test]
async fn a_system_without_github_says_so() {
    let app = TestApp::start().await.with_acme().await;
    let refused = sign_in(&app, "good", "acme").await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "unsupported"));
}

#[tokio::test]
async fn a_github_that_does_not_answer_is_a_502_without_its_address() {
    let app =
        TestApp::start_with(|config| config.github_api = Some("http://127.0.0.1:1/secret".into())).await;
    let answer = sign_in(&app, "good", "acme").await;
    assert!(answer.status == 502 && !answer.body.contains("/secret"), "{answer}");
}
