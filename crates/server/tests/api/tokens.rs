//! Using, refreshing and revoking tokens.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::test_app::{Answer, PASSWORD, TestApp};

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post("/api/org_token/refresh/", json!({ "refresh": token })).await
}

#[tokio::test]
async fn a_refresh_token_is_good_for_one_pair() {
    let app = TestApp::start().await.with_acme().await;
    let first = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let second = refresh(&app, &first).await;
    assert_eq!(second.status, 200);
    let reused = refresh(&app, &first).await;
    insta::assert_snapshot!(reused, @r#"401 {"status":"FAILED","code":"token_not_valid","error_msg":"Token is blacklisted; sign in again at /api/org_token/","detail":"Token is blacklisted; sign in again at /api/org_token/"}"#);
    assert_eq!(app.get("/api/membership_status/acme/", &second.text("access")).await.status, 200);
    assert_eq!(refresh(&app, &second.text("refresh")).await.status, 200);
}

#[tokio::test]
async fn of_many_refreshes_at_once_exactly_one_succeeds() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let answers = futures_util::future::join_all((0..8).map(|_| refresh(&app, &token))).await;
    let fine = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(fine, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.body.contains("blacklisted")));
}

#[tokio::test]
async fn a_blacklisted_token_refreshes_nothing() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let blacklist = || app.post("/api/token/blacklist/", json!({ "refresh": token }));
    insta::assert_snapshot!(blacklist().await, @"200 {}");
    assert!(blacklist().await.body.contains("Token is blacklisted; there is nothing left to revoke"));
    assert_eq!(refresh(&app, &token).await.status, 401);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_without_a_word_about_its_contents() {
    let app = TestApp::start().await.with_acme().await;
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    insta::assert_snapshot!(refresh(&app, &pair.text("access")).await, @r#"401 {"status":"FAILED","code":"token_not_valid","error_msg":"Token has wrong type; send the refresh token","detail":"Token has wrong type; send the refresh token"}"#);
    for garbage in ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjo5OX0."] {
        let answer = refresh(&app, garbage).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.contains("Token is invalid or expired")),
            (401, true)
        );
    }
}

#[tokio::test]
async fn a_member_who_was_deactivated_gets_no_further_tokens_and_keeps_the_refresh_token() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let pair = app.sign_in("bob", PASSWORD, "acme").await;
    app.sql("UPDATE memberships SET state = 'deactivated' WHERE role = 'member'").await;
    assert_eq!(refresh(&app, &pair.text("refresh")).await.text("code"), "membership_inactive");
    assert_eq!(app.get("/api/org_num_nodes/acme/", &pair.text("access")).await.status, 403);
    insta::assert_snapshot!(app.get("/api/membership_status/acme/", &pair.text("access")).await, @r#"200 {"active":false}"#);
    app.sql("UPDATE memberships SET state = 'active'").await;
    assert_eq!(refresh(&app, &pair.text("refresh")).await.status, 200);
}

#[tokio::test]
async fn an_access_token_ends_and_the_refresh_token_takes_over() {
    let app = TestApp::start().await.with_acme().await;
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    app.clock.advance(Duration::from_secs(3601));
    let expired = app.get("/api/org_num_nodes/acme/", &pair.text("access")).await;
    insta::assert_snapshot!(expired, @r#"401 {"status":"FAILED","code":"token_not_valid","error_msg":"Token is expired; refresh it at /api/org_token/refresh/","detail":"Token is expired; refresh it at /api/org_token/refresh/"}"#);
    assert_eq!(expired.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(refresh(&app, &pair.text("refresh")).await.status, 200);
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told_about_an_organization() {
    let app = TestApp::start().await.with_acme().await;
    let path = |organization: &str| format!("/api/org_num_nodes/{organization}/");
    for header in ["", "Basic YTpi", "Bearer", "Bearer a b", "Bearer x.y.z"] {
        let ask = async |organization| {
            let request = app.http.get(format!("{}{}", app.url, path(organization)));
            Answer::of(request.header("authorization", header)).await
        };
        let (known, unknown) = (ask("acme").await, ask("nowhere").await);
        assert_eq!(known.status, 401, "{header}: {known}");
        assert_eq!((known.status, known.body), (unknown.status, unknown.body), "{header}");
    }
}

#[tokio::test]
async fn a_token_is_good_for_its_own_organization_only() {
    let app = TestApp::start().await.with_acme().await.with_organization("other", "ada", "1").await;
    let token = app.token().await;
    let answer = app.send(Method::GET, "/api/v1/organizations/other/status", Some(&token), None).await;
    insta::assert_snapshot!(answer, @r#"403 {"status":403,"code":"reauthentication_required","error_msg":"Token claim org:acme does not match organization given:other; sign in for that one","detail":"Token claim org:acme does not match organization given:other; sign in for that one"}"#);
}
