//! Signing up, and what one may do with one's own account.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sliderule_api::people::Account;
use sliderule_server::instants::Now;
use sliderule_server::store::Actor;

use crate::test_app::{Answer, PASSWORD, TestApp};

async fn sign_up(app: &TestApp, username: &str, email: &str, password: &str) -> Answer {
    app.post("/api/v1/users", json!({ "username": username, "email": email, "password": password })).await
}

async fn account(app: &TestApp, token: &str) -> Account {
    app.get("/api/v1/account", token).await.json()
}

async fn post(app: &TestApp, path: &str, token: &str, body: Value) -> Answer {
    app.send(Method::POST, path, Some(token), Some(body)).await
}

#[tokio::test]
async fn somebody_signs_up_signs_in_and_sees_their_account() {
    let app = TestApp::start().await;
    let made = sign_up(&app, "Ada", "ada@example.org", PASSWORD).await;
    insta::assert_snapshot!(made, @r#"201 {"id":1,"username":"Ada","email":"ada@example.org"}"#);
    let token = app.account_token("ada").await;
    let shown = app.get("/api/v1/account/", &token).await;
    insta::assert_snapshot!(shown, @r#"200 {"id":1,"username":"Ada","email":"ada@example.org","has_password":true,"github":false,"is_staff":false,"memberships":[]}"#);
}

#[tokio::test]
async fn what_cannot_be_signed_up_with_is_refused_in_a_sentence_and_makes_no_account() {
    let app = TestApp::start().await.with_user("ada").await;
    let refused = async |username: &str, email: &str, password: &str| {
        let answer = sign_up(&app, username, email, password).await;
        assert_eq!(answer.text("code"), "invalid_argument", "{answer}");
        (answer.status.as_u16(), answer.text("detail"))
    };
    let why = |answer: (u16, String), status, words: &str| {
        assert!(answer.0 == status && answer.1.contains(words), "{answer:?}: {words}");
    };
    why(refused("ADA", "b@example.org", PASSWORD).await, 409, "already a user ADA");
    why(refused("bob", "ADA@example.org", PASSWORD).await, 409, "already a user with the e-mail address");
    why(refused("a b", "b@example.org", PASSWORD).await, 400, "cannot be a user name");
    why(refused("bob@example.org", "b@example.org", PASSWORD).await, 400, "without @");
    why(refused("Root", "b@example.org", PASSWORD).await, 400, "reserved");
    why(refused("bob", "example.org", PASSWORD).await, 400, "not an e-mail address");
    why(refused("bob", "b@example.org", "short").await, 400, "shorter than 8 characters");
    let common = refused("bob", "b@example.org", "Password1").await;
    assert!(!common.1.contains("Password1"), "the password is in no answer");
    why(common, 400, "3,000 commonest");
    why(refused("bobby.tables", "b@example.org", "Bobby.Tables").await, 400, "user name or the e-mail");
    let long = "x".repeat(1025);
    why(refused("bob", "b@example.org", &long).await, 400, "longer than 1024 bytes");
    let unknown = app.post("/api/v1/users", json!({ "username": "bob", "is_staff": true })).await;
    assert_eq!(unknown.status, 400, "{unknown}");
    assert_eq!(app.sign_in("bob", PASSWORD, "acme").await.status, 401, "there is no bob");
}

#[tokio::test]
async fn an_operator_may_keep_signing_up_for_themselves_and_says_whom_to_ask() {
    let app = TestApp::start_with(|config| {
        config.sign_up.open = false;
        config.sign_up.contact = Some("mailto:help@example.org".to_owned());
    })
    .await;
    insta::assert_snapshot!(sign_up(&app, "bob", "b@example.org", PASSWORD).await, @r#"403 {"status":403,"code":"not_allowed","error_msg":"people do not make their own accounts here; ask for it at mailto:help@example.org","detail":"people do not make their own accounts here; ask for it at mailto:help@example.org"}"#);
    let told = app.send(Method::GET, "/api/v1/operator", None, None).await;
    insta::assert_snapshot!(told, @r#"200 {"contact":"mailto:help@example.org","sign_up_open":false,"organizations":"staff","github":false}"#);
}

#[tokio::test]
async fn both_ways_to_sign_in_give_one_answer_to_whoever_may_not_after_one_argon2_run() {
    let app = TestApp::start().await.with_acme().await.with_user("bob").await.with_user("octo").await;
    app.sql("UPDATE users SET password_hash = NULL WHERE name = 'octo'").await;
    app.db
        .disable_user(&"bob".parse().unwrap(), true, &Actor::command_line(), Now::by(&*app.clock))
        .await
        .unwrap();
    let wrong =
        [("nobody", PASSWORD), ("ada", "a guess"), ("bob", PASSWORD), ("octo", PASSWORD), ("octo", "x")];
    for path in ["/api/org_token/", "/api/v1/session"] {
        let mut answers = Vec::new();
        for (username, password) in wrong {
            let body = match path {
                "/api/v1/session" => json!({ "username": username, "password": password }),
                _ => json!({ "username": username, "password": password, "org_name": "acme" }),
            };
            let before = app.hasher.runs();
            let answer = app.post(path, body).await;
            assert_eq!(app.hasher.runs() - before, 1, "{path} {username}");
            let (status, challenge) = (answer.status, answer.header("www-authenticate").to_owned());
            answers.push((status, challenge, answer.to_string()));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(answers[0].0, 401);
    }
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let app = TestApp::start().await.with_user("ada").await;
    let token = app.account_token("ada").await;
    let change = |old: &str, new: &str| json!({ "old_password": old, "new_password": new });
    let path = "/api/v1/account/password";
    let before = app.hasher.runs();
    let refused = post(&app, path, &token, change("a guess", "another sentence of mine")).await;
    insta::assert_snapshot!(refused, @r#"403 {"status":403,"code":"wrong_credentials","error_msg":"that is not the password of this account","detail":"that is not the password of this account"}"#);
    assert_eq!(app.hasher.runs() - before, 1);
    let common = post(&app, path, &token, change(PASSWORD, "password123")).await;
    assert!(common.status == 400 && common.body.contains("3,000 commonest"), "{common}");
    let missing = post(&app, path, &token, json!({ "new_password": "another sentence of mine" })).await;
    assert!(missing.status == 400 && missing.body.contains("must be sent along"), "{missing}");
    assert_eq!(app.hasher.runs() - before, 1, "what is refused before costs no hash");

    let before = app.hasher.runs();
    let changed = post(&app, path, &token, change(PASSWORD, "another sentence of mine")).await;
    insta::assert_snapshot!(changed, @"200 {}");
    assert_eq!(app.hasher.runs() - before, 2, "one to check, one to keep");
    let session =
        |password: &str| app.post("/api/v1/session", json!({ "username": "ada", "password": password }));
    assert_eq!(session(PASSWORD).await.status, 401);
    assert_eq!(session("another sentence of mine").await.status, 200);
}

#[tokio::test]
async fn a_changed_password_ends_every_session_but_the_one_that_changes_it() {
    let app = TestApp::start().await.with_acme().await;
    let (mine, other, cluster) =
        (app.account_token("ada").await, app.account_token("ada").await, app.token().await);
    let change = json!({ "old_password": PASSWORD, "new_password": "another sentence of mine" });
    assert_eq!(post(&app, "/api/v1/account/password", &mine, change).await.status, 200);
    assert_eq!(app.get("/api/v1/account", &mine).await.status, 200);
    assert_eq!(app.get("/api/v1/account", &other).await.status, 401);
    assert_eq!(app.get("/api/v1/organizations/acme/status", &cluster).await.status, 401);
}

#[tokio::test]
async fn who_has_no_password_sets_one_only_right_after_signing_in() {
    let app = TestApp::start().await.with_user("octo").await;
    let session = app.post("/api/v1/session", json!({ "username": "octo", "password": PASSWORD })).await;
    let forget = || app.sql("UPDATE users SET password_hash = NULL");
    let set = json!({ "new_password": "a first sentence of mine" });
    forget().await;
    let token = session.text("access");
    assert!(!account(&app, &token).await.has_password);
    assert_eq!(post(&app, "/api/v1/account/password", &token, set.clone()).await.status, 200);

    forget().await;
    app.clock.advance(Duration::from_secs(601));
    let refreshed = app.post("/api/org_token/refresh/", json!({ "refresh": session.text("refresh") })).await;
    let token = refreshed.text("access");
    for path in ["/api/v1/account/password", "/api/v1/account/disable"] {
        let body = if path.ends_with("disable") { json!({}) } else { set.clone() };
        let refused = post(&app, path, &token, body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text("code").as_str()),
            (403, "reauthentication_required")
        );
    }
}

#[tokio::test]
async fn one_is_reached_elsewhere_unless_somebody_else_is() {
    let app = TestApp::start().await.with_user("ada").await.with_user("bob").await;
    let token = app.account_token("ada").await;
    let set = |email: &str| {
        app.send(Method::PATCH, "/api/v1/account", Some(&token), Some(json!({ "email": email })))
    };
    assert_eq!(set("new@example.org").await.json::<Account>().email, "new@example.org");
    assert_eq!(set("new@example.org").await.status, 200, "again");
    assert_eq!(set("BOB@example.org").await.status, 409);
    assert_eq!(set("bob").await.status, 400);
    assert_eq!(account(&app, &token).await.email, "new@example.org");
}

#[tokio::test]
async fn a_token_for_an_organization_is_none_for_the_account() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for (method, path) in [
        (Method::GET, "/api/v1/account"),
        (Method::PATCH, "/api/v1/account"),
        (Method::POST, "/api/v1/account/password"),
        (Method::POST, "/api/v1/account/disable"),
        (Method::GET, "/api/v1/account/audit"),
        (Method::GET, "/api/v1/organizations"),
        (Method::POST, "/api/v1/organizations"),
        (Method::POST, "/api/v1/organizations/acme/membership"),
    ] {
        let refused = app.send(method.clone(), path, Some(&token), None).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text("code").as_str()),
            (403, "reauthentication_required"),
            "{path}"
        );
        assert_eq!(app.send(method, path, None, None).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_disabled_account_opens_nothing_with_the_tokens_it_has_and_comes_back_when_it_is_enabled() {
    let app = TestApp::start().await.with_acme().await;
    let (token, own) = (app.token().await, app.account_token("ada").await);
    app.ask(&token, 1, 60).await;
    let set = async |disabled| {
        let (ada, actor) = ("ada".parse().unwrap(), Actor::command_line());
        app.db.disable_user(&ada, disabled, &actor, Now::by(&*app.clock)).await.unwrap();
    };
    set(true).await;
    assert_eq!(app.get("/api/v1/account", &own).await.status, 401);
    for path in ["/api/v1/organizations/acme/status", "/clusters/acme/source/version"] {
        assert_eq!(app.get(path, &token).await.status, 401, "{path}");
    }
    let open = app.db_cluster("acme").await.requests;
    assert!(open.is_empty(), "what they asked for is released: {open:?}");
    set(false).await;
    assert_eq!(app.get("/api/v1/account", &own).await.status, 401, "old sessions do not come back");
    assert_eq!(app.sign_in("ada", PASSWORD, "acme").await.status, 200);
}

#[tokio::test]
async fn an_account_is_closed_by_its_owner_unless_an_organization_would_have_none() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.account_token("ada").await, app.account_token("bob").await);
    let close = async |token: &str, password: &str| {
        post(&app, "/api/v1/account/disable", token, json!({ "password": password })).await
    };
    let refused = close(&ada, PASSWORD).await;
    insta::assert_snapshot!(refused, @r#"409 {"status":409,"code":"not_allowed","error_msg":"nobody else owns acme; make another member an owner first, or ask the operator","detail":"nobody else owns acme; make another member an owner first, or ask the operator"}"#);
    assert_eq!(close(&bob, "a guess").await.text("code"), "wrong_credentials");
    let token = app.token_of("bob", "acme").await;
    assert!(app.ask(&token, 1, 60).await.status.is_success());
    assert_eq!(close(&bob, PASSWORD).await.status, 200);
    assert_eq!(app.get("/api/v1/account", &bob).await.status, 401);
    assert_eq!(app.sign_in("bob", PASSWORD, "acme").await.status, 401);
    assert!(app.db_cluster("acme").await.requests.is_empty());
    assert_eq!(app.get("/api/v1/organizations/acme/status", &app.token().await).await.status, 200);
    assert_eq!(sign_up(&app, "bob", "other@example.org", PASSWORD).await.status, 409, "the name stays taken");
}
