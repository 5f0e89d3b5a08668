//! Who tries too much has to wait; nobody else has.

use std::collections::HashMap;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sliderule_server::config::{Config, ThrottleSettings};

use crate::test_app::{Answer, PASSWORD, TestApp};

/// The owner's address.
const HOME: &str = "198.51.100.7";

/// Behind a proxy, so that requests can come from anywhere.
fn behind_a_proxy(config: &mut Config) {
    config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
}

/// Behind a proxy, with little that may be tried from one address.
fn strict(config: &mut Config) {
    behind_a_proxy(config);
    config.throttle =
        ThrottleSettings { password_burst: 2, passwords_per_second: 1, token_burst: 3, tokens_per_second: 1 };
}

async fn send_from(app: &TestApp, address: &str, path: &str, body: &Value) -> Answer {
    let request = app.http.post(format!("{}{path}", app.url)).header("X-Forwarded-For", address);
    Answer::of(request.header("Origin", "https://example.org").json(body)).await
}

async fn sign_in_from(app: &TestApp, address: &str, user: &str, password: &str) -> Answer {
    let body = json!({ "username": user, "password": password, "org_name": "acme" });
    send_from(app, address, "/api/org_token/", &body).await
}

fn is_throttled(answer: &Answer, seconds: &str) {
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, seconds), "{answer}");
    assert_eq!(answer.text("code"), "throttled");
    assert!(
        answer.text("error_msg").contains("try again in") && answer.text("detail").contains("try again in")
    );
}

#[tokio::test]
async fn every_route_that_takes_credentials_is_throttled_by_address() {
    let app = TestApp::start_with(strict).await.with_acme().await;
    app.clock.hold();
    for (number, (path, burst)) in [
        ("/api/org_token/", 2),
        ("/api/org_token_github/", 2),
        ("/api/v1/session", 2),
        ("/api/org_token/refresh/", 3),
        ("/api/token/blacklist", 3),
        ("/api/v1/what/there/will/be", 2),
    ]
    .into_iter()
    .enumerate()
    {
        let (address, other) = (format!("192.0.2.{number}"), format!("203.0.113.{number}"));
        for _ in 0..burst {
            let answer = send_from(&app, &address, path, &json!({})).await;
            assert_ne!(answer.status, 429, "{path}: {answer}");
        }
        let refused = send_from(&app, &address, path, &json!({})).await;
        is_throttled(&refused, "1");
        assert_eq!(refused.header("access-control-allow-origin"), "*", "a page reads it too");
        assert_ne!(send_from(&app, &other, path, &json!({})).await.status, 429, "{path}");
    }
    let preflight = app.http.request(Method::OPTIONS, format!("{}/api/org_token", app.url));
    for _ in 0..5 {
        let asked = preflight.try_clone().unwrap().header("X-Forwarded-For", "192.0.2.0");
        assert_eq!(Answer::of(asked).await.status, 200);
    }
}

#[tokio::test]
async fn the_wait_is_over_when_it_was_said() {
    let app = TestApp::start_with(strict).await.with_acme().await;
    app.clock.hold();
    for _ in 0..2 {
        assert_eq!(sign_in_from(&app, HOME, "ada", PASSWORD).await.status, 200);
    }
    is_throttled(&sign_in_from(&app, HOME, "ada", PASSWORD).await, "1");
    app.clock.release();
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(sign_in_from(&app, HOME, "ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn nobody_says_for_whom_they_ask_but_a_trusted_proxy() {
    let app = TestApp::start_with(|config| {
        strict(config);
        config.http.trusted_proxies = vec![];
    })
    .await;
    app.clock.hold();
    let mut statuses = Vec::new();
    for number in 1..=3 {
        statuses.push(sign_in_from(&app, &format!("192.0.2.{number}"), "ada", "x").await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 429]);
}

#[tokio::test]
async fn guesses_at_a_password_become_slow_and_cost_no_hash_and_say_nothing_about_the_account() {
    let app = TestApp::start_with(behind_a_proxy).await.with_acme().await;
    app.clock.hold();
    for user in ["ada", "nobody"] {
        for _ in 0..5 {
            assert_eq!(sign_in_from(&app, "192.0.2.1", user, "guess").await.status, 401);
        }
    }
    let runs = app.hasher.runs();
    let mut answers = Vec::new();
    for user in ["ada", "ADA", "nobody"] {
        let refused = sign_in_from(&app, "192.0.2.1", user, PASSWORD).await;
        is_throttled(&refused, "1");
        answers.push(refused.body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(app.hasher.runs(), runs);
    insta::assert_snapshot!(answers[0], @r#"{"status":"FAILED","code":"throttled","error_msg":"there were too many wrong passwords for this user name; try again in 1 s","detail":"there were too many wrong passwords for this user name; try again in 1 s"}"#);
}

#[tokio::test]
async fn an_attack_from_everywhere_keeps_no_owner_out_of_their_usual_place() {
    let app = TestApp::start_with(behind_a_proxy).await.with_acme().await;
    assert_eq!(sign_in_from(&app, HOME, "ada", PASSWORD).await.status, 200);
    app.clock.hold();
    let mut seen = HashMap::<u16, usize>::new();
    for number in 0..=255 {
        let guess = sign_in_from(&app, &format!("10.{number}.0.1"), "ada", "guess").await;
        *seen.entry(guess.status.as_u16()).or_default() += 1;
    }
    assert!(seen[&429] > 50 && seen[&401] <= 16 * 10, "{seen:?}");
    assert_eq!(sign_in_from(&app, HOME, "ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_server_that_was_started_again_knows_the_owners_usual_place() {
    let app = TestApp::start_with(behind_a_proxy).await.with_acme().await;
    assert_eq!(sign_in_from(&app, HOME, "ada", PASSWORD).await.status, 200);
    let app = app.restart().await;
    app.clock.hold();
    for number in 0..=255 {
        sign_in_from(&app, &format!("10.{number}.0.1"), "ada", "guess").await;
    }
    assert_eq!(sign_in_from(&app, "10.0.0.2", "ada", PASSWORD).await.status, 429);
    assert_eq!(sign_in_from(&app, HOME, "ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_turned_away_and_whoever_was_here_before_is_not() {
    let app = TestApp::start_with(behind_a_proxy).await.with_acme().await;
    assert_eq!(sign_in_from(&app, HOME, "ada", PASSWORD).await.status, 200);
    let strangers = (0..200).map(|number| format!("user-{number}")).collect::<Vec<_>>();
    let flood = strangers.iter().map(|user| sign_in_from(&app, "192.0.2.1", user, "guess"));
    let (flood, owner) =
        futures_util::join!(futures_util::future::join_all(flood), sign_in_from(&app, HOME, "ada", PASSWORD));
    let refused: Vec<_> = flood.iter().filter(|answer| answer.status == 429).collect();
    assert!(refused.len() > 100, "{}", refused.len());
    assert!(refused.iter().all(|answer| answer.header("retry-after") == "2"));
    insta::assert_snapshot!(refused[0], @r#"429 {"status":"FAILED","code":"throttled","error_msg":"too many people sign in at once; try again in a few seconds","detail":"too many people sign in at once; try again in a few seconds"}"#);
    assert_eq!(owner.status, 200, "{owner}");
}

#[tokio::test]
async fn an_unknown_user_a_wrong_password_and_a_disabled_account_cost_one_hash_each() {
    let app = TestApp::start().await.with_acme().await.with_user("bob").await;
    app.sql("UPDATE users SET disabled_at_ms = 1 WHERE name = 'bob'").await;
    for (user, password) in [("nobody", PASSWORD), ("ada", "guess"), ("bob", PASSWORD)] {
        let runs = app.hasher.runs();
        assert_eq!(app.sign_in(user, password, "acme").await.status, 401, "{user}");
        let body = json!({ "username": user, "password": password });
        assert_eq!(app.post("/api/v1/session", body).await.status, 401, "{user}");
        assert_eq!(app.hasher.runs() - runs, 2, "{user}");
    }
}
