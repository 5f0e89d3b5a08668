//! Owners configure their clusters, and none overwrites what another did.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::configuration::Configuration;
use sliderule_api::notices::Notices;
use sliderule_api::status::{Block, ClusterState};
use sliderule_provisioning::hand::{self, Settings};

use crate::test_app::{Answer, TestApp};

const PATH: &str = "/api/v1/organizations/acme/configuration";

async fn send(app: &TestApp, method: Method, token: &str, tag: Option<&str>, body: Value) -> Answer {
    let request = app.http.request(method, format!("{}{PATH}", app.url)).bearer_auth(token).json(&body);
    Answer::of(tag.into_iter().fold(request, |request, tag| request.header("if-match", tag))).await
}

/// Acme with a cap of eight nodes, of which its owner has allowed herself four.
async fn acme() -> TestApp {
    let app = TestApp::start().await.with_acme().await;
    let cap = Settings { node_cap: Some(8), ..Settings::default() };
    app.operator(|cluster, now| hand::set(cluster, &cap, now)).await;
    app
}

#[tokio::test]
async fn an_owner_gets_changes_and_puts_back_a_configuration() {
    let app = acme().await;
    let token = app.token().await;
    let got = app.get(PATH, &token).await;
    insta::assert_snapshot!(got, @r#"200 {"min_nodes":0,"max_nodes":4,"per_user":null,"version":"v4.0.4","paused":false,"node_cap":8}"#);
    let tag = got.header("etag").to_owned();
    assert!(tag.len() > 20 && tag.starts_with('"'), "{tag}");

    let larger = Configuration { max_nodes: 8, per_user: Some(3), ..got.json() };
    let put = send(&app, Method::PUT, &token, Some(&tag), json!(larger)).await;
    assert_eq!((put.status.as_u16(), put.json::<Configuration>()), (200, larger.clone()));
    let (now, before) = (put.header("etag").to_owned(), tag);
    assert_ne!(now, before);
    assert_eq!(app.get(PATH, &token).await.header("etag"), now);
    let grant =
        app.ours(Method::POST, "requests", &token, json!({ "nodes": 8, "time_to_live_seconds": 900 })).await;
    assert_eq!(grant.json::<Value>()["request"]["nodes"], 3, "{grant}");

    let patched = send(&app, Method::PATCH, &token, Some(&now), json!({ "per_user": null })).await;
    assert_eq!(patched.json::<Configuration>(), Configuration { per_user: None, ..larger });
    let told: Notices = app.get("/api/v1/organizations/acme/notices", &token).await.json();
    let told: Vec<_> = told.notices.into_iter().map(|notice| notice.message).collect();
    assert_eq!(
        told,
        [
            "ada set the limits of acme to 0 to 8 nodes, at most 3 per user.",
            "ada set the limits of acme to 0 to 8 nodes."
        ]
    );
}

#[tokio::test]
async fn a_change_names_the_version_it_is_for_and_only_that_one_is_changed() {
    let app = acme().await;
    let token = app.token().await;
    let tag = app.get(PATH, &token).await.header("etag").to_owned();
    let change = json!({ "max_nodes": 3 });
    for method in [Method::PUT, Method::PATCH] {
        let unsaid = send(&app, method, &token, None, change.clone()).await;
        assert_eq!(unsaid.status, 428, "{unsaid}");
    }
    assert_eq!(send(&app, Method::PATCH, &token, Some(&tag), change.clone()).await.status, 200);
    let late = send(&app, Method::PATCH, &token, Some(&tag), json!({ "max_nodes": 2 })).await;
    assert_eq!(late.status, 412, "{late}");
    assert_eq!(app.get(PATH, &token).await.json::<Configuration>().max_nodes, 3);
    assert_eq!(send(&app, Method::PATCH, &token, Some("*"), json!({ "max_nodes": 2 })).await.status, 200);

    let tag = app.get(PATH, &token).await.header("etag").to_owned();
    let both = [json!({ "min_nodes": 1 }), json!({ "min_nodes": 2 })]
        .map(|change| send(&app, Method::PATCH, &token, Some(&tag), change));
    let [one, other] = both;
    let (one, other) = tokio::join!(one, other);
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "of two changes of one version, one is made");
}

#[tokio::test]
async fn no_configuration_goes_beyond_the_operators_cap_or_the_money() {
    let app = acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let token = app.token().await;
    for (change, said) in [
        (json!({ "max_nodes": 9 }), "INVALID max_nodes: 9 is not from 1 to 8"),
        (json!({ "max_nodes": 0 }), "INVALID max_nodes: 0 is not from 1 to 8"),
        (json!({ "min_nodes": 5 }), "INVALID min_nodes: 5 is not from 0 to max_nodes, which is 4"),
        (json!({ "per_user": 0 }), "INVALID per_user"),
        (json!({ "node_cap": 99 }), "unknown field `node_cap`"),
        (json!({ "version": "newest" }), "is not a release number"),
        (json!([]), "it is no object"),
    ] {
        let refused = send(&app, Method::PATCH, &token, Some("*"), change).await;
        assert_eq!(refused.status, 400, "{refused}");
        assert!(refused.body.contains(said), "{refused}");
    }
    let present: Configuration = app.get(PATH, &token).await.json();
    let more = json!(Configuration { node_cap: 9, max_nodes: 9, ..present });
    let refused = send(&app, Method::PUT, &token, Some("*"), more).await;
    assert!(
        refused.status == 400 && refused.body.contains("only the operator changes node_cap"),
        "{refused}"
    );

    let bob = app.token_of("bob", "acme").await;
    for token in [&token, &bob] {
        assert_eq!(app.ask(token, 4, 480).await.status, 200);
    }
    let refused = send(&app, Method::PATCH, &token, Some("*"), json!({ "max_nodes": 8 })).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (402, "insufficient_funds"));
}

#[tokio::test]
async fn a_cluster_is_switched_off_and_on_again() {
    let app = acme().await;
    let token = app.token().await;
    app.ask(&token, 1, 15).await;
    app.until(&token, ClusterState::Running, 1).await;
    let off = send(&app, Method::PATCH, &token, Some("*"), json!({ "paused": true })).await;
    assert_eq!(off.status, 200);
    let status = app.until(&token, ClusterState::Asleep, 0).await;
    assert_eq!((status.blocked, status.requests.len()), (Some(Block::Paused), 0));
    send(&app, Method::PATCH, &token, Some("*"), json!({ "paused": false })).await;
    assert_eq!(app.status(&token).await.blocked, None);
    assert_eq!(app.ask(&token, 1, 15).await.status, 200);
}

#[tokio::test]
async fn members_and_managers_see_the_configuration_and_leave_it_alone() {
    let app = acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let app = app.with_user("max").await.with_manager("acme", "max").await;
    for user in ["bob", "max"] {
        let token = app.token_of(user, "acme").await;
        assert_eq!(app.get(PATH, &token).await.status, 200);
        for method in [Method::PUT, Method::PATCH] {
            assert_eq!(send(&app, method, &token, Some("*"), json!({ "max_nodes": 1 })).await.status, 403);
        }
    }
}
