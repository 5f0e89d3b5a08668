//! Signing in with a password.

use http::Method;
use serde_json::Value;

use crate::test_app::{Answer, PASSWORD, TestApp};

#[tokio::test]
async fn a_member_gets_a_pair_of_tokens_and_our_sixth_key() {
    let app = TestApp::start().await.with_acme().await;
    let answer = app.sign_in("ada", PASSWORD, "acme").await;
    assert_eq!(answer.status, 200);
    let body: Value = answer.json();
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["access", "access_lifetime", "api", "exp", "refresh", "refresh_lifetime"]);
    assert_eq!((&body["access_lifetime"], &body["refresh_lifetime"]), (&"3600.0".into(), &"86400.0".into()));
    assert_eq!(body["api"], "/api/v1/");
    let exp = answer.text("exp");
    assert!(exp.ends_with("UTC") && exp.len() == "2026-11-23T20:50:26UTC".len(), "{exp}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_form_and_a_path_without_its_slash_do_as_well() {
    let app = TestApp::start().await.with_acme().await;
    let form = format!("username=ada&org_name=acme&password={}", PASSWORD.replace(' ', "+"));
    let request = app.http.post(format!("{}/api/org_token", app.url));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    assert_eq!(Answer::of(request).await.status, 200);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let app = TestApp::start().await.with_acme().await;
    let wrong = app.sign_in("ada", "guess", "acme").await;
    insta::assert_snapshot!(wrong, @r#"401 {"status":"FAILED","code":"wrong_credentials","error_msg":"No active account found with the given credentials; check user name and password","detail":"No active account found with the given credentials; check user name and password"}"#);
    assert_eq!(wrong.header("www-authenticate"), "Bearer realm=\"api\"");
    for (user, organization) in [("nobody", "acme"), ("nobody", "nowhere"), ("ada", "nowhere")] {
        let other = app.sign_in(user, "guess", organization).await;
        assert_eq!((other.status, &other.body), (wrong.status, &wrong.body), "{user} {organization}");
    }
}

#[tokio::test]
async fn with_valid_credentials_the_organizations_are_told_apart() {
    let app = TestApp::start().await.with_acme().await.with_user("bob").await;
    insta::assert_snapshot!(app.sign_in("bob", PASSWORD, "nowhere").await, @r#"403 {"status":"FAILED","code":"unknown_organization","error_msg":"nowhere is NOT a valid organization name; check how it is written","detail":"nowhere is NOT a valid organization name; check how it is written"}"#);
    insta::assert_snapshot!(app.sign_in("bob", PASSWORD, "acme").await, @r#"403 {"status":"FAILED","code":"not_a_member","error_msg":"bob is NOT a member of acme; ask its owner to be added","detail":"bob is NOT a member of acme; ask its owner to be added"}"#);
    let app = app.with_member("acme", "bob").await;
    assert_eq!(app.sign_in("bob", PASSWORD, "acme").await.status, 200);
    app.sql("UPDATE memberships SET state = 'deactivated' WHERE role = 'member'").await;
    insta::assert_snapshot!(app.sign_in("bob", PASSWORD, "acme").await, @r#"403 {"status":"FAILED","code":"membership_inactive","error_msg":"bob is NOT an active Member of acme; ask its owner to activate the membership","detail":"bob is NOT an active Member of acme; ask its owner to activate the membership"}"#);
}

#[tokio::test]
async fn every_missing_field_is_named() {
    let app = TestApp::start().await;
    let answer = app.post("/api/org_token/", serde_json::json!({ "username": "ada", "password": 7 })).await;
    insta::assert_snapshot!(answer, @r#"400 {"status":"FAILED","code":"invalid_argument","error_msg":"password: Not a valid string. org_name: This field is required.","detail":"password: Not a valid string. org_name: This field is required.","org_name":["This field is required."],"password":["Not a valid string."]}"#);
    let empty = app.send(Method::POST, "/api/org_token/", None, None).await;
    assert_eq!(empty.status, 400, "{empty}");
}

#[tokio::test]
async fn names_are_the_same_in_any_case_but_tokens_carry_the_first() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.sign_in("ADA", PASSWORD, "acme").await.text("access");
    let counts = app.get("/api/org_num_nodes/acme/", &token).await;
    assert_eq!(counts.status, 200, "{counts}");
}
