//! The rest of the organization-token API, as `shared/reference/provisioning-api.md` 1.1 and 1.5 describe it.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::status::ClusterState;
use sliderule_provisioning::hand::{self, Settings};

use crate::test_app::{Answer, PASSWORD, TestApp};

async fn acme_with_bob() -> TestApp {
    TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await
}

#[tokio::test]
async fn an_owner_releases_what_everybody_asked_for() {
    let app = acme_with_bob().await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    let path = "/api/remove_all_org_num_nodes_reqs/acme/";
    for method in [Method::PUT, Method::PATCH] {
        for token in [&ada, &bob] {
            app.ask(token, 1, 60).await;
        }
        app.until(&ada, ClusterState::Running, 2).await;
        assert_eq!(app.send(method.clone(), path, Some(&bob), None).await.status, 403);
        let released = app.send(method, path, Some(&ada), None).await;
        assert_eq!((released.status.as_u16(), released.text("status").as_str()), (200, "SUCCESS"));
        let said = "ada cleaned all PENDING org node reqs for acme (2 released)";
        assert_eq!(released.text("msg"), said, "also those that count");
        app.until(&ada, ClusterState::Asleep, 0).await;
    }
}

#[tokio::test]
async fn an_owner_sets_the_limits_within_the_operators_cap() {
    let app = acme_with_bob().await.with_user("max").await.with_manager("acme", "max").await;
    let cap = Settings { node_cap: Some(8), ..Settings::default() };
    app.operator(|cluster, now| hand::set(cluster, &cap, now)).await;
    let ada = app.token().await;
    let set = async |method: Method, rest: &str, token: &str| {
        app.send(method, &format!("/api/org_config/acme/{rest}/"), Some(token), None).await
    };
    insta::assert_snapshot!(set(Method::PUT, "1/8", &ada).await, @r#"200 {"status":"SUCCESS","msg":"ada set min_nodes:1 max_nodes:8 for acme"}"#);
    let counts: Value = app.get("/api/org_num_nodes/acme/", &ada).await.json();
    assert_eq!((&counts["min_nodes"], &counts["max_nodes"]), (&json!(1), &json!(8)));
    assert_eq!(set(Method::PATCH, "0/4", &ada).await.status, 200);
    for (rest, beginning) in
        [("0/9", "INVALID max_nodes"), ("0/0", "INVALID max_nodes"), ("5/4", "INVALID min_nodes")]
    {
        let refused = set(Method::PUT, rest, &ada).await;
        assert_eq!((refused.status.as_u16(), refused.text("status").as_str()), (400, "FAILED"));
        assert!(refused.text("error_msg").starts_with(beginning), "{refused}");
    }
    for rest in ["-1/4", "0/many", "0"] {
        assert_eq!(set(Method::PUT, rest, &ada).await.status, 404, "{rest}");
    }
    for user in ["bob", "max"] {
        assert_eq!(set(Method::PUT, "0/4", &app.token_of(user, "acme").await).await.status, 403, "{user}");
    }
    assert_eq!(set(Method::POST, "0/4", &ada).await.status, 405);
}

#[tokio::test]
async fn provisioning_is_not_disabled_over_http() {
    let app = TestApp::start().await;
    let body = json!({ "username": "ada", "password": PASSWORD, "mfa_code": "1" });
    for method in [Method::PUT, Method::PATCH] {
        let refused = app.send(method, "/api/disable_provisioning/", None, Some(body.clone())).await;
        assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (501, "unsupported"));
        assert!(refused.text("error_msg").contains("org set"), "{refused}");
    }
}

#[tokio::test]
async fn bodies_are_json_or_a_form_of_either_kind() {
    let app = TestApp::start().await.with_acme().await;
    let send = async |kind: &str, body: String| {
        let request = app.http.post(format!("{}/api/org_token/", app.url));
        Answer::of(request.header("content-type", kind).body(body)).await
    };
    let form = format!("username=ada&password={}&org_name=acme", PASSWORD.replace(' ', "+"));
    assert_eq!(send("application/x-www-form-urlencoded; charset=utf-8", form).await.status, 200);

    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let kind = "multipart/form-data; boundary=b";
    let parts = format!("{}{}", part("username", "ada"), part("password", PASSWORD));
    let whole = format!("{parts}{}--b--\r\n", part("org_name", "acme"));
    assert_eq!(send(kind, whole.clone()).await.status, 200);
    let fewer = send(kind, format!("{parts}--b--\r\n")).await;
    assert_eq!(
        (fewer.status.as_u16(), fewer.text("error_msg").as_str()),
        (400, "org_name: This field is required.")
    );
    for (kind, body) in [
        ("multipart/form-data", whole.as_str()),
        (kind, "--b\r\n"),
        (kind, "no part"),
        (kind, &whole[..whole.len() - 20]),
        ("multipart/form-data; boundary=\"", &whole),
    ] {
        let refused = send(kind, body.to_owned()).await;
        assert_eq!(refused.status, 400, "{refused}");
        assert!(!refused.body.contains(PASSWORD), "{refused}");
    }
    assert_eq!(send("multipart/mixed; boundary=b", whole).await.status, 415);
}

#[tokio::test]
async fn what_can_be_got_has_a_head_and_every_path_answers_options() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for path in ["/api/org_num_nodes/acme/", "/api/membership_status/acme", "/ping/"] {
        let (head, get) =
            (app.send(Method::HEAD, path, Some(&token), None).await, app.get(path, &token).await);
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    for path in ["/api/org_num_nodes/acme/", "/api/org_token/"] {
        assert_eq!(app.send(Method::OPTIONS, path, None, None).await.status, 200, "{path}");
    }
}
