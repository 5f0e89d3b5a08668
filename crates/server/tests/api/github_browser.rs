//! Signing in with GitHub in a browser, against a stand-in for GitHub that checks what GitHub checks.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::github_stand_in::{CLIENT_SECRET, Fault, GitHubStandIn};
use crate::test_app::{Answer, TestApp};

/// Ada's account at GitHub.
const ADA: i64 = 583_231;

/// Somebody else's.
const EVE: i64 = 666;

/// A server and GitHub, where ada and eve have accounts.
async fn both() -> (TestApp, GitHubStandIn) {
    let github = GitHubStandIn::start().await;
    github.account(ADA, "ada-gh");
    github.account(EVE, "eve");
    (TestApp::start_with(|config| github.configure(config)).await, github)
}

/// A browser that began, with what it keeps and where it goes.
struct Browser {
    flow: String,
    authorize_url: String,
}

impl Browser {
    async fn begins(app: &TestApp) -> Self {
        Self::of(&app.post("/api/v1/github/flows", json!({ "purpose": "sign_in" })).await)
    }

    async fn begins_to_link(app: &TestApp, token: &str) -> Self {
        let purpose = Some(json!({ "purpose": "link" }));
        Self::of(&app.send(Method::POST, "/api/v1/github/flows", Some(token), purpose).await)
    }

    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer}");
        Self { flow: answer.text("flow"), authorize_url: answer.text("authorize_url") }
    }

    /// What the page sends after somebody with that account agreed.
    async fn returns(&self, github: &GitHubStandIn, account: i64) -> Value {
        let query = github.agree(&self.authorize_url, account).await;
        json!({ "flow": self.flow, "code": query["code"], "state": query["state"] })
    }
}

async fn finish(app: &TestApp, body: Value) -> Answer {
    app.post("/api/v1/github/session", body).await
}

/// A whole sign-in of that account.
async fn sign_in(app: &TestApp, github: &GitHubStandIn, account: i64) -> Answer {
    finish(app, Browser::begins(app).await.returns(github, account).await).await
}

/// Who a token says one is.
fn name(answer: &Answer) -> String {
    use base64::Engine;
    let token = answer.text("access");
    let claims =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["user_name"].as_str().unwrap().to_owned()
}

async fn audit(app: &TestApp) -> Vec<String> {
    let rows: Vec<(String, String, String, String)> = app
        .rows(
            "SELECT action, subject, detail, address FROM audit
               WHERE action LIKE 'user.%' AND action <> 'user.added' ORDER BY id",
        )
        .await;
    rows.into_iter()
        .map(|(action, subject, detail, from)| format!("{action} {subject} {detail} {from}"))
        .collect()
}

#[tokio::test]
async fn whoever_is_known_by_number_signs_in_to_their_account_or_an_organization() {
    let (app, github) = both().await;
    let app = app.with_github_user("ada", Some(ADA)).await.with_organization("acme", "ada", "1").await;
    let answer = sign_in(&app, &github, ADA).await;
    assert_eq!((answer.status.as_u16(), name(&answer).as_str()), (200, "ada"));
    let mut body = Browser::begins(&app).await.returns(&github, ADA).await;
    body["organization"] = "acme".into();
    let answer = finish(&app, body).await;
    assert_eq!(app.get("/api/org_num_nodes/acme/", &answer.text("access")).await.status, 200);
}

#[tokio::test]
async fn whoever_is_not_known_becomes_a_user_under_a_name_that_is_free() {
    let (app, github) = both().await;
    let app = app.with_user("Eve").await;
    assert_eq!(name(&sign_in(&app, &github, EVE).await), "eve-2");
    assert_eq!(name(&sign_in(&app, &github, EVE).await), "eve-2", "the second time the number is known");
    github.account(1001, "not a name");
    assert_eq!(name(&sign_in(&app, &github, 1001).await), "github-1001");
    github.account(1002, "Root");
    assert_eq!(
        name(&sign_in(&app, &github, 1002).await),
        "github-1002",
        "a name that nobody may take by themselves"
    );
    let lines = audit(&app).await;
    assert_eq!(lines[0], "user.signed_up eve-2 with the GitHub account 666 127.0.0.1");
    assert_eq!(lines.len(), 3, "{lines:?}");
    let emails: Vec<(String,)> = app.rows("SELECT email FROM users WHERE password_hash IS NULL").await;
    let emails: Vec<_> = emails.iter().map(|(email,)| email.as_str()).collect();
    let noreply = |who: &str| format!("{who}@users.noreply.github.com");
    assert_eq!(emails, ["666+eve-2", "1001+github-1001", "1002+github-1002"].map(noreply));
}

#[tokio::test]
async fn where_signing_up_is_closed_a_github_account_makes_no_user_either() {
    let github = GitHubStandIn::start().await;
    github.account(EVE, "eve");
    let app = TestApp::start_with(|config| {
        github.configure(config);
        config.sign_up.open = false;
    })
    .await;
    let refused = sign_in(&app, &github, EVE).await;
    assert!(refused.status == 403 && refused.body.contains("nobody signs up by themselves"), "{refused}");
    let told: Value = app.send(Method::GET, "/api/v1/operator", None, None).await.json();
    assert_eq!((&told["github"], &told["sign_up_open"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn whoever_renames_themselves_to_adas_name_is_not_ada() {
    let (app, github) = both().await;
    let app = app.with_github_user("ada", Some(ADA)).await;
    github.account(EVE, "ada");
    assert_eq!(name(&sign_in(&app, &github, EVE).await), "ada-2");
    github.account(ADA, "eve");
    assert_eq!(name(&sign_in(&app, &github, ADA).await), "ada");
}

#[tokio::test]
async fn many_first_sign_ins_of_one_account_at_once_make_one_user() {
    let (app, github) = both().await;
    let answers = futures_util::future::join_all((0..8).map(|_| sign_in(&app, &github, EVE))).await;
    assert!(answers.iter().all(|answer| name(answer) == "eve"));
}

#[tokio::test]
async fn a_disabled_user_gets_neither_in_nor_a_new_account() {
    let (app, github) = both().await;
    let app = app.with_github_user("ada", Some(ADA)).await;
    app.sql("UPDATE users SET disabled_at_ms = 1 WHERE name = 'ada'").await;
    let refused = sign_in(&app, &github, ADA).await;
    insta::assert_snapshot!(refused, @r#"403 {"status":403,"code":"wrong_credentials","error_msg":"Permission Denied: the user with this GitHub account may not sign in; ask the operator","detail":"Permission Denied: the user with this GitHub account may not sign in; ask the operator"}"#);
}

/// All ways in which flow and state can be wrong have one answer.
#[tokio::test]
async fn a_forged_or_mixed_up_state_a_stolen_code_and_a_replay_are_refused_alike() {
    let (app, github) = both().await;
    let app = app.with_github_user("ada", Some(ADA)).await;
    let mut refused = Vec::new();

    // Forged: GitHub leads back with a state that did not begin here.
    let mut forged = Browser::begins(&app).await.returns(&github, ADA).await;
    forged["state"] = "srs_forged".into();
    refused.push(finish(&app, forged).await);

    // Mixed up: ada's browser is led to the way back of a flow that eve began, to be signed in as eve.
    let (ada, eve) = (Browser::begins(&app).await, Browser::begins(&app).await);
    let mut mixed = eve.returns(&github, EVE).await;
    mixed["flow"] = ada.flow.into();
    refused.push(finish(&app, mixed).await);

    // Stolen: somebody saw code and state in ada's address, and has no flow or one of their own.
    let ada = Browser::begins(&app).await;
    let honest = ada.returns(&github, ADA).await;
    let thief = Browser::begins(&app).await;
    for flow in ["", "srf_guess", &thief.flow] {
        let mut stolen = honest.clone();
        stolen["flow"] = flow.into();
        refused.push(finish(&app, stolen).await);
    }
    assert_eq!(finish(&app, honest.clone()).await.status, 200, "ada is not harmed by that");

    // Replayed.
    refused.push(finish(&app, honest).await);

    // Too late.
    let late = Browser::begins(&app).await.returns(&github, ADA).await;
    app.clock.advance(Duration::from_secs(600));
    refused.push(finish(&app, late).await);

    for answer in &refused {
        assert_eq!(answer.to_string(), refused[0].to_string());
    }
    insta::assert_snapshot!(refused[0], @r#"403 {"status":403,"code":"wrong_credentials","error_msg":"Permission Denied: this sign-in with GitHub did not begin in this browser within ten minutes; begin again","detail":"Permission Denied: this sign-in with GitHub did not begin in this browser within ten minutes; begin again"}"#);
}

#[tokio::test]
async fn a_code_is_good_for_the_flow_that_asked_for_it_only() {
    let (app, github) = both().await;
    // Eve puts the code that she saw into a flow of her own: the verifier is another one.
    let (ada, eve) = (Browser::begins(&app).await, Browser::begins(&app).await);
    let code = ada.returns(&github, ADA).await["code"].clone();
    let mut injected = eve.returns(&github, EVE).await;
    injected["code"] = code;
    let refused = finish(&app, injected).await;
    insta::assert_snapshot!(refused, @r#"403 {"status":403,"code":"wrong_credentials","error_msg":"Permission Denied: GitHub does not accept this sign-in, which was used before or took too long; begin again","detail":"Permission Denied: GitHub does not accept this sign-in, which was used before or took too long; begin again"}"#);
}

#[tokio::test]
async fn a_signed_in_user_links_an_account_and_signs_in_with_it() {
    let (app, github) = both().await;
    let app = app.with_user("ada").await;
    let token = app.account_token("ada").await;
    let body = Browser::begins_to_link(&app, &token).await.returns(&github, ADA).await;
    let linked = app.send(Method::POST, "/api/v1/github/session", Some(&token), Some(body)).await;
    assert_eq!((linked.status.as_u16(), name(&linked).as_str()), (200, "ada"), "{linked}");
    assert_eq!(name(&sign_in(&app, &github, ADA).await), "ada");
    assert_eq!(audit(&app).await, ["user.github_linked ada the GitHub account 583231 127.0.0.1"]);
}

#[tokio::test]
async fn linking_needs_the_token_of_whoever_began_at_both_ends() {
    let (app, github) = both().await;
    let app = app.with_user("ada").await.with_user("eve").await;
    let (ada, eve) = (app.account_token("ada").await, app.account_token("eve").await);
    let anonymous = app.post("/api/v1/github/flows", json!({ "purpose": "link" })).await;
    assert_eq!(anonymous.status, 401);
    for token in [None, Some(eve.as_str())] {
        let body = Browser::begins_to_link(&app, &ada).await.returns(&github, EVE).await;
        let refused = app.send(Method::POST, "/api/v1/github/session", token, Some(body)).await;
        assert!([401, 403].contains(&refused.status.as_u16()), "{refused}");
    }
    assert_eq!(audit(&app).await, [""; 0]);
}

#[tokio::test]
async fn an_account_that_another_user_has_is_not_linked() {
    let (app, github) = both().await;
    let app = app.with_github_user("ada", Some(ADA)).await.with_user("eve").await;
    let token = app.account_token("eve").await;
    let body = Browser::begins_to_link(&app, &token).await.returns(&github, ADA).await;
    let refused = app.send(Method::POST, "/api/v1/github/session", Some(&token), Some(body)).await;
    insta::assert_snapshot!(refused, @r#"409 {"status":409,"code":"invalid_argument","error_msg":"another user here has this GitHub account; sign in with it, or link another one","detail":"another user here has this GitHub account; sign in with it, or link another one"}"#);
    assert_eq!(name(&sign_in(&app, &github, ADA).await), "ada");
}

#[tokio::test]
async fn a_github_that_fails_or_refuses_us_is_told_and_says_no_secret() {
    let (app, github) = both().await;
    for (fault, status) in
        [(Fault::Broken, 502), (Fault::Odd, 502), (Fault::Exhausted(http::StatusCode::FORBIDDEN), 503)]
    {
        let body = Browser::begins(&app).await.returns(&github, ADA).await;
        github.fails(fault);
        assert_eq!(finish(&app, body).await.status.as_u16(), status, "{fault:?}");
        github.fails(Fault::None);
    }
    let wrong = |config: &mut sliderule_server::config::Config| {
        github.configure(config);
        config.github.client_secret = Some(format!("not-{CLIENT_SECRET}").as_str().into());
    };
    let app = TestApp::start_with(wrong).await;
    let refused = sign_in(&app, &github, ADA).await;
    assert!(refused.status == 502 && !refused.body.contains(CLIENT_SECRET), "{refused}");
}

#[tokio::test]
async fn without_an_application_nobody_is_sent_to_github() {
    let app = TestApp::start_with(|config| config.github.api = Some("http://127.0.0.1:1".into())).await;
    let refused = app.post("/api/v1/github/flows", json!({ "purpose": "sign_in" })).await;
    insta::assert_snapshot!(refused, @r#"403 {"status":403,"code":"unsupported","error_msg":"this provisioning system has no application at GitHub; sign in with user name and password, or ask its operator to set one up","detail":"this provisioning system has no application at GitHub; sign in with user name and password, or ask its operator to set one up"}"#);
    let app = TestApp::start().await;
    assert_eq!(
        app.post("/api/v1/github/flows", json!({ "purpose": "sign_in" })).await.text("code"),
        "unsupported"
    );
    assert_eq!(app.post("/api/v1/github/flows", json!({ "purpose": "steal" })).await.status, 400);
}
