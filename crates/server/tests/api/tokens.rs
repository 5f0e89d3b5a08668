//! Using, refreshing and revoking tokens.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::test_app::{Answer, PASSWORD, TestApp};

pub(crate) async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post("/api/org_token/refresh/", json!({ "refresh": token })).await
}

fn pair(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{answer}");
    (answer.text("access"), answer.text("refresh"))
}

#[tokio::test]
async fn a_refresh_brings_the_next_pair_and_it_the_one_after() {
    let app = TestApp::start().await.with_acme().await;
    let first = app.sign_in("ada", PASSWORD, "acme").await;
    let second = refresh(&app, &first.text("refresh")).await;
    let keys: serde_json::Value = second.json();
    let keys: Vec<_> = keys.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["access", "access_lifetime", "api", "exp", "refresh", "refresh_lifetime"]);
    assert_eq!(
        (second.text("access_lifetime"), second.text("refresh_lifetime")),
        ("3600.0".into(), "86400.0".into())
    );
    let third = refresh(&app, &second.text("refresh")).await;
    for pair in [&first, &second, &third] {
        let answer = app.get("/api/membership_status/acme/", &pair.text("access")).await;
        assert_eq!(answer.status, 200, "an access token is good until it ends: {answer}");
    }
    let mut all = vec![pair(&first).1, pair(&second).1, pair(&third).1];
    all.dedup();
    assert_eq!(all.len(), 3);
}

#[tokio::test]
async fn of_many_refreshes_at_once_all_get_the_same_pair() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let answers = futures_util::future::join_all((0..16).map(|_| refresh(&app, &token))).await;
    let first = pair(&answers[0]);
    assert!(answers.iter().all(|answer| pair(answer) == first), "{answers:?}");
    assert_ne!(first.1, token);
}

#[tokio::test]
async fn a_parent_yields_the_same_child_for_thirty_seconds_although_that_went_on() {
    let app = TestApp::start().await.with_acme().await;
    app.clock.hold();
    let parent = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let child = pair(&refresh(&app, &parent).await);
    refresh(&app, &child.1).await;
    app.clock.advance(Duration::from_secs(30));
    assert_eq!(pair(&refresh(&app, &parent).await), child);
    app.clock.advance(Duration::from_secs(1));
    let reused = refresh(&app, &parent).await;
    insta::assert_snapshot!(reused, @r#"401 {"status":"FAILED","code":"token_not_valid","error_msg":"Token is blacklisted; sign in again at /api/org_token/","detail":"Token is blacklisted; sign in again at /api/org_token/"}"#);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_as_long_as_nobody_used_it() {
    let app = TestApp::start().await.with_acme().await;
    app.clock.hold();
    let parent = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let lost = refresh(&app, &parent).await;
    app.clock.advance(Duration::from_secs(2 * 3600));
    let again = refresh(&app, &parent).await;
    assert_eq!(pair(&again), pair(&lost), "to the letter, hours later");
    assert_eq!(
        [again.text("exp"), again.text("access_lifetime"), again.text("refresh_lifetime")],
        [lost.text("exp"), "1.0".into(), "79200.0".into()],
        "and it says how long it is still good for"
    );
    assert_eq!(refresh(&app, &again.text("refresh")).await.status, 200);
}

#[tokio::test]
async fn a_stolen_token_ends_the_session_of_thief_and_owner_at_once_and_the_log_tells() {
    let app = TestApp::start().await.with_acme().await;
    let stolen = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let owners = refresh(&app, &stolen).await;
    let owners = refresh(&app, &owners.text("refresh")).await;
    app.clock.advance(Duration::from_secs(31));
    let other = app.token().await;
    assert_eq!(refresh(&app, &stolen).await.status, 401);
    assert_eq!(refresh(&app, &owners.text("refresh")).await.status, 401);
    let refused = app.get("/api/org_num_nodes/acme/", &owners.text("access")).await;
    insta::assert_snapshot!(refused, @r#"401 {"status":"FAILED","code":"token_not_valid","error_msg":"Token is blacklisted; its session was ended, so sign in again at /api/org_token/","detail":"Token is blacklisted; its session was ended, so sign in again at /api/org_token/"}"#);
    assert_eq!(app.get("/clusters/acme/source/version", &owners.text("access")).await.status, 401);
    assert_eq!(app.get("/api/org_num_nodes/acme/", &other).await.status, 200, "her other sessions go on");
    let told: Vec<(String, String)> =
        app.rows("SELECT detail, address FROM audit WHERE action = 'session.revoked'").await;
    let why = "a refresh token was presented again after the one that followed it";
    assert_eq!(told, [(why.to_owned(), "127.0.0.1".to_owned())]);
}

#[tokio::test]
async fn a_blacklisted_token_ends_its_session() {
    let app = TestApp::start().await.with_acme().await;
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    let token = pair.text("refresh");
    let blacklist = |token: String| app.post("/api/token/blacklist/", json!({ "refresh": token }));
    insta::assert_snapshot!(blacklist(token.clone()).await, @"200 {}");
    assert!(
        blacklist(token.clone()).await.body.contains("Token is blacklisted; there is nothing left to revoke")
    );
    assert_eq!(refresh(&app, &token).await.status, 401);
    assert_eq!(app.get("/api/org_num_nodes/acme/", &pair.text("access")).await.status, 401);
    let wrong = blacklist(pair.text("access")).await;
    assert!(wrong.status == 401 && wrong.body.contains("wrong type"), "{wrong}");
}

#[tokio::test]
async fn a_token_that_was_exchanged_a_moment_ago_signs_out_as_well_and_an_old_one_as_stolen() {
    let app = TestApp::start().await.with_acme().await;
    let blacklist = async |token: &str| app.post("/api/token/blacklist/", json!({ "refresh": token })).await;
    let parent = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let child = refresh(&app, &parent).await.text("refresh");
    assert_eq!(blacklist(&parent).await.status, 200);
    assert_eq!(refresh(&app, &child).await.status, 401);

    let old = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let child = refresh(&app, &old).await.text("refresh");
    let newest = refresh(&app, &child).await.text("refresh");
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(blacklist(&old).await.status, 401);
    assert_eq!(refresh(&app, &newest).await.status, 401);
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed() {
    let app =
        TestApp::start_with(|config| config.tokens.refresh_seconds = 7 * 86_400).await.with_acme().await;
    app.clock.hold();
    let mut pair = app.sign_in("ada", PASSWORD, "acme").await;
    for _ in 0..3 {
        app.clock.advance(Duration::from_secs(6 * 86_400));
        pair = refresh(&app, &pair.text("refresh")).await;
        assert_eq!(pair.text("refresh_lifetime"), "604800.0");
    }
    app.clock.advance(Duration::from_secs(6 * 86_400));
    pair = refresh(&app, &pair.text("refresh")).await;
    assert_eq!(pair.text("refresh_lifetime"), "518400.0", "no longer than the session");
    app.clock.advance(Duration::from_secs(6 * 86_400 - 1800));
    pair = refresh(&app, &pair.text("refresh")).await;
    assert_eq!(pair.text("access_lifetime"), "1800.0");
    app.clock.advance(Duration::from_secs(1800));
    let refused = refresh(&app, &pair.text("refresh")).await;
    assert!(refused.status == 401 && refused.body.contains("Token is invalid or expired"), "{refused}");
    assert_eq!(app.get("/api/org_num_nodes/acme/", &pair.text("access")).await.status, 401);
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
    let version = async || app.get("/clusters/acme/source/version", &pair.text("access")).await;
    assert_eq!(version().await.text("code"), "cluster_asleep");
    app.sql("UPDATE memberships SET state = 'deactivated' WHERE role = 'member'").await;
    assert_eq!(version().await.text("code"), "membership_inactive");
    assert_eq!(refresh(&app, &pair.text("refresh")).await.text("code"), "membership_inactive");
    assert_eq!(app.get("/api/org_num_nodes/acme/", &pair.text("access")).await.status, 403);
    insta::assert_snapshot!(app.get("/api/membership_status/acme/", &pair.text("access")).await, @r#"200 {"active":false}"#);
    app.sql("UPDATE memberships SET state = 'active'").await;
    assert_eq!(refresh(&app, &pair.text("refresh")).await.status, 200);
}

#[tokio::test]
async fn a_user_who_was_disabled_opens_nothing_with_what_they_have() {
    let app = TestApp::start().await.with_acme().await;
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    app.sql("UPDATE users SET disabled_at_ms = 1").await;
    insta::assert_snapshot!(refresh(&app, &pair.text("refresh")).await, @r#"401 {"status":"FAILED","code":"token_not_valid","error_msg":"User is inactive; ask the operator of this provisioning system","detail":"User is inactive; ask the operator of this provisioning system"}"#);
    assert_eq!(app.get("/api/org_num_nodes/acme/", &pair.text("access")).await.status, 401);
    assert_eq!(app.get("/clusters/acme/source/version", &pair.text("access")).await.status, 401);
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
    insta::assert_snapshot!(answer, @r#"403 {"status":"FAILED","code":"reauthentication_required","error_msg":"Token claim org:acme does not match organization given:other; sign in for that one","detail":"Token claim org:acme does not match organization given:other; sign in for that one"}"#);
}
