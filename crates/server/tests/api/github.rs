//! Signing in with a GitHub token, against a stand-in for GitHub.

use http::StatusCode;
use serde_json::json;

use crate::github_stand_in::{CLIENT_ID, Fault, GitHubStandIn};
use crate::test_app::{Answer, TestApp};

/// Ada's account at GitHub.
const ADA: i64 = 583_231;

async fn sign_in(app: &TestApp, token: &str, organization: &str) -> Answer {
    app.post("/api/org_token_github/", json!({ "org_name": organization, "access_token": token })).await
}

/// GitHub, where ada has a personal token and one of our application.
async fn github() -> GitHubStandIn {
    let github = GitHubStandIn::start().await;
    github.account(ADA, "ada-gh");
    github.token("ghp_good", ADA, "nobody");
    github.token("gho_ours", ADA, CLIENT_ID);
    github
}

async fn acme(github: &GitHubStandIn) -> TestApp {
    let app = TestApp::start_with(|config| github.configure(config)).await;
    app.with_github_user("ada", Some(ADA)).await.with_organization("acme", "ada", "1").await
}

#[tokio::test]
async fn the_number_of_the_account_decides_who_it_is() {
    let github = github().await;
    let app = acme(&github).await;
    let answer = sign_in(&app, "ghp_good", "acme").await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(app.get("/api/org_num_nodes/acme/", &answer.text("access")).await.status, 200);
    assert_eq!(sign_in(&app, "ghp_good", "nowhere").await.text("code"), "unknown_organization");
    assert_eq!(sign_in(&app, "ghp_bad", "acme").await.text("code"), "wrong_credentials");
    assert_eq!(sign_in(&app, "ghp_with\nbreak", "acme").await.status, 403);
}

#[tokio::test]
async fn whoever_takes_a_login_that_ada_gave_up_is_not_ada() {
    let github = github().await;
    let app = acme(&github).await;
    github.account(ADA, "ada-lovelace");
    github.account(7, "ada-gh");
    github.token("ghp_other", 7, "nobody");
    assert_eq!(sign_in(&app, "ghp_other", "acme").await.status, 403);
    assert_eq!(sign_in(&app, "ghp_good", "acme").await.status, 200);
}

#[tokio::test]
async fn a_token_issued_to_another_application_is_refused() {
    let github = github().await;
    let app = acme(&github).await;
    for token in ["gho_theirs", "ghu_theirs", "0123456789abcdef0123456789abcdef01234567"] {
        github.token(token, ADA, "Iv1.somebody-else");
        let refused = sign_in(&app, token, "acme").await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused, @r#"403 {"status":"FAILED","code":"wrong_credentials","error_msg":"Permission Denied: this GitHub token was issued to another application, or is not known to GitHub; sign in with a personal access token (ghp_… or github_pat_…)","detail":"Permission Denied: this GitHub token was issued to another application, or is not known to GitHub; sign in with a personal access token (ghp_… or github_pat_…)"}"#);
        }
    }
    assert_eq!(sign_in(&app, "gho_ours", "acme").await.status, 200);
}

#[tokio::test]
async fn a_token_that_is_no_persons_is_refused_without_asking() {
    let github = github().await;
    let app = acme(&github).await;
    github.fails(Fault::Broken);
    for token in ["ghs_0", "ghr_0"] {
        let refused = sign_in(&app, token, "acme").await;
        assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "wrong_credentials"));
        assert!(refused.body.contains("Permission Denied: this GitHub token is no person's"), "{refused}");
    }
}

#[tokio::test]
async fn without_an_application_personal_tokens_are_taken_and_the_others_told_what_to_do() {
    let github = github().await;
    let app = TestApp::start_with(|config| config.github.api = Some(github.url.clone())).await;
    let app = app.with_github_user("ada", Some(ADA)).await.with_organization("acme", "ada", "1").await;
    assert_eq!(sign_in(&app, "ghp_good", "acme").await.status, 200);
    insta::assert_snapshot!(sign_in(&app, "gho_ours", "acme").await, @r#"403 {"status":"FAILED","code":"unsupported","error_msg":"Permission Denied: this provisioning system takes personal GitHub tokens only (ghp_… or github_pat_…); make one, or ask the operator to set up a GitHub application","detail":"Permission Denied: this provisioning system takes personal GitHub tokens only (ghp_… or github_pat_…); make one, or ask the operator to set up a GitHub application"}"#);
}

#[tokio::test]
async fn an_account_that_nobody_here_has_is_denied() {
    let github = github().await;
    let app = TestApp::start_with(|config| github.configure(config)).await.with_acme().await;
    insta::assert_snapshot!(sign_in(&app, "ghp_good", "acme").await, @r#"403 {"status":"FAILED","code":"wrong_credentials","error_msg":"Permission Denied: no user here has this GitHub account; sign in with user name and password, or sign up with GitHub on the page of this provisioning system","detail":"Permission Denied: no user here has this GitHub account; sign in with user name and password, or sign up with GitHub on the page of this provisioning system"}"#);
}

#[tokio::test]
async fn a_system_without_github_says_so() {
    let app = TestApp::start().await.with_acme().await;
    let refused = sign_in(&app, "ghp_good", "acme").await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "unsupported"));
}

#[tokio::test]
async fn a_github_that_fails_is_told_apart_from_one_that_refuses() {
    let github = github().await;
    let app = acme(&github).await;
    for (fault, status, code) in [
        (Fault::Broken, 502, "unreachable"),
        (Fault::Odd, 502, "unreachable"),
        (Fault::Endless, 502, "unreachable"),
        (Fault::Exhausted(StatusCode::FORBIDDEN), 503, "throttled"),
        (Fault::Exhausted(StatusCode::TOO_MANY_REQUESTS), 503, "throttled"),
    ] {
        github.fails(fault);
        for token in ["ghp_good", "gho_ours"] {
            let answer = sign_in(&app, token, "acme").await;
            let told = (answer.status.as_u16(), answer.text("code"));
            assert_eq!(told, (status, code.to_owned()), "{fault:?} {token}: {answer}");
            assert!(answer.text("error_msg").starts_with("Server Error: GitHub "), "{answer}");
            assert_eq!(answer.header("retry-after"), if status == 503 { "30" } else { "" });
        }
    }
}

#[tokio::test]
async fn a_github_that_is_silent_is_not_waited_for_long() {
    let github = github().await;
    let app = TestApp::start_with(|config| {
        github.configure(config);
        config.github.timeout_seconds = 1;
    })
    .await;
    github.fails(Fault::Silent);
    insta::assert_snapshot!(sign_in(&app, "ghp_good", "acme").await, @r#"503 {"status":"FAILED","code":"unreachable","error_msg":"Server Error: GitHub did not answer within 1 s; try again later, or sign in with a password","detail":"Server Error: GitHub did not answer within 1 s; try again later, or sign in with a password"}"#);
}

#[tokio::test]
async fn a_github_that_cannot_be_reached_is_a_502_without_its_address() {
    let nowhere = |config: &mut sliderule_server::config::Config| {
        config.github.api = Some("http://127.0.0.1:1/secret".into());
    };
    let app = TestApp::start_with(nowhere).await;
    let answer = sign_in(&app, "ghp_good", "acme").await;
    assert!(answer.status == 502 && !answer.body.contains("/secret"), "{answer}");
}
