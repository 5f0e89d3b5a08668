//! Tokens that are genuine, and good for nothing any more or not for this.

use std::time::Duration;

use serde_json::json;

use super::genuine::server_key;
use super::{FOR_ACCESS, FOR_REFRESH, Place, refused};
use crate::test_app::{PASSWORD, TestApp, eventually};

async fn pair(app: &TestApp) -> (String, String) {
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    (pair.text("access"), pair.text("refresh"))
}

async fn both_refused(app: &TestApp, name: &str, (access, refresh): &(String, String)) {
    is_refused(app, name, access, &FOR_ACCESS).await;
    is_refused(app, name, refresh, &FOR_REFRESH).await;
}

async fn is_refused(app: &TestApp, name: &str, token: &str, places: &[Place]) {
    assert!(refused(app, name, token.as_bytes(), places).await, "{name} was presented nowhere");
}

#[tokio::test]
async fn neither_kind_of_token_serves_where_the_other_does() {
    let app = TestApp::start().await.with_acme().await;
    let (access, refresh) = pair(&app).await;
    is_refused(&app, "a refresh token as access token", &refresh, &FOR_ACCESS).await;
    is_refused(&app, "an access token as refresh token", &access, &FOR_REFRESH).await;
}

#[tokio::test]
async fn a_token_opens_neither_another_organization_nor_the_account_nor_the_other_way_round() {
    let app = TestApp::start().await.with_acme().await.with_organization("other", "ada", "1").await;
    let acmes = [Place::OldApi, Place::OurApi, Place::Gateway];
    is_refused(&app, "another organization's", &app.token_of("ada", "other").await, &acmes).await;
    is_refused(&app, "the account's", &app.account_token("ada").await, &acmes).await;
    let (access, _) = pair(&app).await;
    let body = json!({ "organization": "other" });
    let opened =
        app.send(http::Method::POST, "/api/v1/session/organization", Some(&access), Some(body)).await;
    assert_eq!((opened.status.as_u16(), opened.text("code").as_str()), (403, "reauthentication_required"));
}

#[tokio::test]
async fn tokens_of_a_revoked_or_forgotten_session_are_refused() {
    let app = TestApp::start().await.with_acme().await;
    let revoked = pair(&app).await;
    assert_eq!(app.post("/api/token/blacklist/", json!({ "refresh": revoked.1 })).await.status, 200);
    both_refused(&app, "of a revoked session", &revoked).await;
    let forgotten = pair(&app).await;
    app.sql("DELETE FROM sessions").await;
    both_refused(&app, "of a session that nobody knows", &forgotten).await;
}

#[tokio::test]
async fn tokens_of_a_disabled_user_or_a_deactivated_member_open_nothing() {
    let app = TestApp::start().await.with_acme().await;
    let (access, refresh) = pair(&app).await;
    app.sql("UPDATE memberships SET state = 'deactivated'").await;
    let acmes = [Place::OldApi, Place::OurApi, Place::Gateway];
    is_refused(&app, "of a deactivated member", &access, &acmes).await;
    is_refused(&app, "of a deactivated member", &refresh, &[Place::Refresh]).await;
    app.sql("UPDATE users SET disabled_at_ms = 1").await;
    is_refused(&app, "of a disabled user", &access, &FOR_ACCESS).await;
    is_refused(&app, "of a disabled user", &refresh, &[Place::Refresh]).await;
}

#[tokio::test]
async fn tokens_end_to_the_second() {
    let app = TestApp::start().await.with_acme().await;
    app.clock.hold();
    let (access, refresh) = pair(&app).await;
    app.clock.advance(Duration::from_secs(3599));
    assert_eq!(app.get("/api/org_num_nodes/acme/", &access).await.status, 200);
    app.clock.advance(Duration::from_secs(1));
    is_refused(&app, "an hour old", &access, &FOR_ACCESS).await;
    app.clock.advance(Duration::from_secs(23 * 3600));
    is_refused(&app, "a day old", &refresh, &FOR_REFRESH).await;
}

#[tokio::test]
async fn tokens_of_another_deployment_with_the_same_names_are_refused() {
    let app = TestApp::start().await.with_acme().await;
    let other = TestApp::start().await.with_acme().await;
    both_refused(&app, "another deployment's", &pair(&other).await).await;
    assert_ne!(server_key(&app).await, server_key(&other).await);
}

#[tokio::test]
async fn tokens_of_a_key_that_was_removed_are_refused() {
    let app = TestApp::start().await.with_acme().await;
    let pair = pair(&app).await;
    assert_eq!(app.get("/api/v1/session", &pair.0).await.status, 200, "and it was verified before");
    app.sql("DELETE FROM signing_keys").await;
    eventually("the server notices that the key is gone", async || {
        (app.get("/api/v1/session", &pair.0).await.status == 401).then_some(())
    })
    .await;
    both_refused(&app, "of a removed key", &pair).await;
}
