//! Where somebody is signed in, and signing out.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sliderule_api::sessions::{Session, Sessions, SignedInBy, WhoAmI};

use crate::test_app::{Answer, PASSWORD, TestApp};
use crate::tokens::refresh;

async fn account(app: &TestApp, agent: &str) -> Answer {
    let request = app.http.post(format!("{}/api/v1/session", app.url)).header("user-agent", agent);
    Answer::of(request.json(&json!({ "username": "ada", "password": PASSWORD }))).await
}

async fn open(app: &TestApp, account: &str, organization: &str) -> Answer {
    let body = json!({ "organization": organization });
    app.send(Method::POST, "/api/v1/session/organization", Some(account), Some(body)).await
}

async fn delete(app: &TestApp, path: &str, token: &str) -> Answer {
    app.send(Method::DELETE, path, Some(token), None).await
}

async fn sessions(app: &TestApp, token: &str) -> Vec<Session> {
    app.get("/api/v1/sessions", token).await.json::<Sessions>().sessions
}

async fn is_open(app: &TestApp, token: &str) -> bool {
    app.get("/api/v1/session", token).await.status == 200
}

#[tokio::test]
async fn a_token_says_whose_it_is_and_what_it_is_good_for() {
    let app = TestApp::start().await.with_acme().await;
    app.clock.hold();
    let acme: WhoAmI = app.get("/api/v1/session", &app.token().await).await.json();
    assert_eq!((acme.user.as_str(), acme.email, acme.is_staff), ("ada", None, false));
    assert_eq!((acme.organization.unwrap().as_str(), acme.role.as_deref()), ("acme", Some("owner")));
    let pair = account(&app, "x").await;
    app.sql("UPDATE users SET is_staff = 1").await;
    let own: WhoAmI = app.get("/api/v1/session", &pair.text("access")).await.json();
    assert_eq!((own.email.as_deref(), own.organization, own.role), (Some("ada@example.org"), None, None));
    assert!(own.is_staff && own.session != acme.session && own.session.len() == 32);
    assert_eq!(own.expires_at.0.replace('Z', "UTC"), pair.text("exp"));
}

#[tokio::test]
async fn sessions_are_listed_with_how_from_where_and_by_what_they_began() {
    let app = TestApp::start().await.with_acme().await;
    app.clock.hold();
    app.token().await;
    app.clock.advance(Duration::from_secs(10));
    let own = account(&app, "Mozilla/5.0 \u{e9} (a browser)").await;
    app.clock.advance(Duration::from_secs(10));
    let opened = open(&app, &own.text("access"), "acme").await;
    app.clock.advance(Duration::from_secs(10));
    let own = refresh(&app, &own.text("refresh")).await.text("access");

    let listed = sessions(&app, &own).await;
    let how: Vec<_> = listed.iter().map(|session| (session.how, session.current)).collect();
    use SignedInBy::{Account, Password};
    assert_eq!(how, [(Password, true), (Account, false), (Password, false)], "the last used first");
    assert_eq!(
        (listed[0].agent.as_str(), listed[0].address.as_str()),
        ("Mozilla/5.0  (a browser)", "127.0.0.1")
    );
    assert_eq!((&listed[0].organization, listed[1].organization.as_ref().unwrap().as_str()), (&None, "acme"));
    assert!(listed[0].used_at > listed[0].began_at && listed[0].ends_at > listed[0].used_at);
    assert_eq!(
        listed[1].ends_at, listed[0].ends_at,
        "what was opened by a session ends with it at the latest"
    );

    let in_acme = sessions(&app, &opened.text("access")).await;
    assert_eq!(in_acme.iter().map(|session| &session.id).collect::<Vec<_>>(), [&listed[1].id, &listed[2].id]);
    let body: Value = app.get("/api/v1/sessions", &own).await.json();
    let keys: Vec<_> = body["sessions"][0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["address", "agent", "began_at", "current", "ends_at", "how", "id", "organization", "used_at"]
    );
}

#[tokio::test]
async fn what_has_ended_is_not_listed_and_forgotten_at_the_next_sign_in() {
    let app = TestApp::start().await.with_acme().await;
    app.token().await;
    app.clock.advance(Duration::from_secs(25 * 3600));
    assert_eq!(sessions(&app, &app.token().await).await.len(), 1);
    let kept: Vec<(i64,)> = app.rows("SELECT count(*) FROM sessions").await;
    assert_eq!(kept, [(1,)]);
}

#[tokio::test]
async fn signing_out_closes_what_the_session_opened_and_nothing_else() {
    let app = TestApp::start().await.with_acme().await;
    let pair = account(&app, "x").await;
    let (own, other) = (pair.text("access"), app.account_token("ada").await);
    let opened = open(&app, &own, "acme").await;
    assert_eq!(app.get("/api/v1/organizations/acme/status", &opened.text("access")).await.status, 200);
    insta::assert_snapshot!(delete(&app, "/api/v1/session", &own).await, @r#"200 {"revoked":2}"#);
    assert!(!is_open(&app, &own).await && !is_open(&app, &opened.text("access")).await);
    for token in [pair.text("refresh"), opened.text("refresh")] {
        assert_eq!(refresh(&app, &token).await.status, 401);
    }
    assert!(is_open(&app, &other).await);
    assert_eq!(open(&app, &own, "acme").await.status, 401);
}

#[tokio::test]
async fn one_ends_ones_own_sessions_and_nobody_elses() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (bob, ada) = (app.account_token("bob").await, app.account_token("ada").await);
    let (acme, desk) = (app.token().await, app.account_token("ada").await);
    let id = async |token: &str| app.get("/api/v1/session", token).await.text("session");
    let path = async |token: &str| format!("/api/v1/sessions/{}", id(token).await);
    let bobs = delete(&app, &path(&bob).await, &ada).await;
    insta::assert_snapshot!(bobs, @r#"404 {"status":404,"code":"invalid_argument","error_msg":"you have no session of that id; GET /api/v1/sessions lists those you have","detail":"you have no session of that id; GET /api/v1/sessions lists those you have"}"#);
    assert_eq!(
        delete(&app, &path(&desk).await, &acme).await.status,
        404,
        "a token for acme ends sessions in acme"
    );
    let desks = path(&desk).await;
    assert_eq!(delete(&app, &desks, &ada).await.status, 200);
    assert_eq!(delete(&app, &desks, &ada).await.status, 404, "it has ended");
    assert!(is_open(&app, &bob).await && is_open(&app, &acme).await && !is_open(&app, &desk).await);
}

#[tokio::test]
async fn all_other_sessions_end_at_once_as_far_as_the_token_reaches() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let bob = app.account_token("bob").await;
    let own = app.account_token("ada").await;
    let opened = open(&app, &own, "acme").await.text("access");
    let (acme, second) = (app.token().await, app.token().await);
    insta::assert_snapshot!(delete(&app, "/api/v1/sessions", &acme).await, @r#"200 {"revoked":2}"#);
    assert!(!is_open(&app, &opened).await && !is_open(&app, &second).await);
    assert!(is_open(&app, &own).await && is_open(&app, &acme).await && is_open(&app, &bob).await);
    insta::assert_snapshot!(delete(&app, "/api/v1/sessions", &own).await, @r#"200 {"revoked":1}"#);
    assert!(is_open(&app, &own).await && !is_open(&app, &acme).await && is_open(&app, &bob).await);
}

#[tokio::test]
async fn an_account_opens_the_organizations_that_its_user_belongs_to() {
    let app = TestApp::start().await.with_acme().await.with_user("bob").await;
    let (ada, bob) = (app.account_token("ada").await, app.account_token("bob").await);
    let opened = open(&app, &ada, "acme").await;
    assert_eq!((opened.status.as_u16(), opened.text("api").as_str()), (200, "/api/v1/"));
    assert_eq!(refresh(&app, &opened.text("refresh")).await.status, 200);
    assert_eq!(open(&app, &bob, "acme").await.text("code"), "not_a_member");
    assert_eq!(open(&app, &ada, "nowhere").await.text("code"), "unknown_organization");
    assert_eq!(open(&app, &opened.text("access"), "acme").await.text("code"), "reauthentication_required");
    let odd =
        app.send(Method::POST, "/api/v1/session/organization", Some(&ada), Some(json!({ "org": 1 }))).await;
    assert_eq!(odd.status, 400, "{odd}");
}

#[tokio::test]
async fn the_log_tells_which_sessions_began_and_ended_and_holds_no_token() {
    let app = TestApp::start().await.with_acme().await;
    let own = account(&app, "x").await;
    let opened = open(&app, &own.text("access"), "acme").await;
    delete(&app, "/api/v1/session", &own.text("access")).await;
    let lines: Vec<(i64, String, String, Option<i64>)> =
        app.rows(
            "SELECT user_id, action, detail, organization_id FROM audit WHERE action LIKE 'session.%' ORDER BY id",
        )
        .await;
    let line =
        |action: &str, detail: &str, organization| (1, action.to_owned(), detail.to_owned(), organization);
    assert_eq!(
        lines,
        [
            line("session.began", "by password", None),
            line("session.began", "by account", Some(1)),
            line("session.revoked", "the user signed out", None),
        ]
    );
    let bytes = std::fs::read(app.db.path()).unwrap();
    let log = std::fs::read(app.db.path().with_extension("db-wal")).unwrap_or_default();
    for token in [own.text("access"), own.text("refresh"), opened.text("access"), opened.text("refresh")] {
        let signature = token.rsplit_once('.').unwrap().1;
        let holds =
            |bytes: &[u8]| bytes.windows(signature.len()).any(|window| window == signature.as_bytes());
        assert!(!holds(&bytes) && !holds(&log), "no token is stored");
    }
}
