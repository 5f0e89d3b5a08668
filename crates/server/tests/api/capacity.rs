//! Asking for nodes and giving them back: limits, identical orders, money, and idempotency.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sliderule_api::capacity::{CapacityAnswer, NodeCounts};
use sliderule_api::status::{Grant, Runway};

use sliderule_provisioning::hand::{self, Settings};

use crate::test_app::TestApp;

#[tokio::test]
async fn an_order_is_queued_in_words_that_existing_clients_look_for() {
    let app = TestApp::start().await.with_acme().await;
    let answer = app.ask(&app.token().await, 2, 60).await;
    assert_eq!(answer.status, 200, "{answer}");
    let queued: CapacityAnswer = answer.json();
    assert_eq!(
        (queued.status.as_str(), queued.granted_nodes, queued.error_msg.as_str()),
        ("QUEUED", Some(2), "")
    );
    let id = queued.request_id.unwrap();
    let expected =
        format!("Deploying acme cluster: created and queued capacity request {id} for 2 nodes until ");
    assert!(queued.msg.starts_with(&expected), "{}", queued.msg);
    let why = "; ada asked for 2 for 60 min more; at most 4; the money lasts for ";
    assert!(queued.msg.contains(why), "{}", queued.msg);
    // Ten dollars at 22.6 cents for each of two nodes and 15.3 cents for the cluster, less the tails.
    assert_eq!(queued.runway, Some(Runway { nodes: 2, minutes: Some(991) }));
    assert_eq!(queued.explanation.unwrap(), "ada asked for 2 for 60 min more; at most 4");
}

#[tokio::test]
async fn orders_are_clamped_to_the_limits_of_the_organization() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for (asked, granted) in [(1, 1), (4, 4), (5, 4), (u32::MAX, 4)] {
        let answer: CapacityAnswer = app.ask(&token, asked, 15).await.json();
        assert_eq!(answer.granted_nodes, Some(granted), "{asked}");
    }
    let path = "/api/desired_org_num_nodes_ttl/acme/99999999999999999999/15/";
    assert_eq!(app.send(Method::POST, path, Some(&token), None).await.status, 200);
    let counts: NodeCounts = app.get("/api/org_num_nodes/acme/", &token).await.json();
    assert_eq!((counts.status.as_str(), counts.min_nodes, counts.max_nodes), ("SUCCESS", 0, 4));
    assert_eq!((counts.version.as_deref(), counts.is_public), (Some("v4.0.4"), false));
}

#[tokio::test]
async fn a_time_to_live_outside_the_limits_is_refused_with_the_limits() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    insta::assert_snapshot!(app.ask(&token, 1, 14).await, @r#"400 {"status":"FAILED","code":"invalid_argument","error_msg":"the time to live must be from 15 to 720 minutes (900 to 43200 seconds)","detail":"the time to live must be from 15 to 720 minutes (900 to 43200 seconds)"}"#);
    assert_eq!(app.ask(&token, 1, 721).await.status, 400);
    assert_eq!(app.ask(&token, 1, 15).await.status, 200);
    assert_eq!(app.ask(&token, 1, 720).await.status, 200);
    let body = json!({ "nodes": 1, "time_to_live_seconds": 899 });
    assert_eq!(app.order(&token, "k", body).await.status, 400);
}

#[tokio::test]
async fn what_would_fit_is_offered_only_if_it_can_be_ordered() {
    let app = TestApp::start().await.with_user("ada").await.with_organization("acme", "ada", "0.10").await;
    let token = app.token().await;
    let refused = app.ask(&token, 2, 60).await;
    assert_eq!(refused.status, 402, "{refused}");
    let problem: serde_json::Value = refused.json();
    let message = problem["error_msg"].as_str().unwrap();
    assert!(
        message.ends_with("2 nodes for 9 minutes. No request lives for less than 15 minutes, though."),
        "{message}"
    );
    assert_eq!(problem.get("fits"), None, "{refused}");
    let refused = app.ask(&token, 1, 60).await;
    assert_eq!(refused.json::<serde_json::Value>()["fits"], json!([{ "nodes": 1, "minutes": 15 }]));
}

#[tokio::test]
async fn the_limits_of_the_time_to_live_are_configuration() {
    let app = TestApp::start_with(|config| config.time_to_live.min_minutes = 1).await.with_acme().await;
    assert_eq!(app.ask(&app.token().await, 1, 1).await.status, 200);
}

#[tokio::test]
async fn without_a_time_an_order_lives_as_long_as_the_token_and_the_same_again_is_redundant() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let ask = |method| app.send(method, "/api/desired_org_num_nodes/acme/1/", Some(&token), None);
    let first: CapacityAnswer = ask(Method::PUT).await.json();
    let again: CapacityAnswer = ask(Method::PATCH).await.json();
    assert_eq!((first.status.as_str(), again.status.as_str()), ("QUEUED", "REDUNDANT"));
    assert_eq!(first.request_id, again.request_id);
    assert!(again.msg.contains("using identical queued capacity request"), "{}", again.msg);
    assert_eq!(app.status(&token).await.requests.len(), 1);
}

#[tokio::test]
async fn a_suspended_cluster_refuses_orders_and_still_takes_releases() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.operator(|cluster, now| hand::set(cluster, &suspended(true), now)).await;
    let refused = app.ask(&token, 1, 15).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "cluster_suspended"));
    assert_eq!(app.ask(&token, 0, 15).await.status, 200);
    let release = "/api/remove_user_org_num_nodes_reqs/acme/";
    assert_eq!(app.send(Method::PUT, release, Some(&token), None).await.status, 200);
}

fn suspended(suspended: bool) -> Settings {
    Settings { suspended: Some(suspended), ..Settings::default() }
}

#[tokio::test]
async fn zero_nodes_release_ones_own_and_nobody_elses() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    app.ask(&ada, 1, 15).await;
    app.ask(&ada, 2, 30).await;
    app.ask(&bob, 1, 15).await;
    assert_eq!(app.status(&ada).await.requests.len(), 3);
    assert_eq!(app.status(&ada).await.target_nodes, 3, "per user the largest, summed over users");
    assert_eq!(app.ask(&ada, 0, 15).await.status, 200);
    let left = app.status(&ada).await;
    assert_eq!((left.requests.len(), left.requests[0].user.as_str(), left.target_nodes), (1, "bob", 1));
    let release = app.send(Method::PATCH, "/api/remove_user_org_num_nodes_reqs/acme", Some(&bob), None).await;
    let cleaned: CapacityAnswer = release.json();
    assert_eq!(cleaned.status, "SUCCESS");
    assert_eq!(cleaned.msg, "bob cleaned all PENDING org node reqs for acme (1 released)");
    assert_eq!(cleaned.explanation.as_deref(), Some("nobody asks for nodes; at most 4"));
    assert_eq!(app.status(&ada).await.target_nodes, 0);
}

#[tokio::test]
async fn the_same_key_gives_the_same_grant_and_another_order_needs_another_key() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let body = json!({ "nodes": 9, "time_to_live_seconds": 900 });
    let first = app.order(&token, "key-1", body.clone()).await;
    assert_eq!(first.status, 201, "{first}");
    let grant: Grant = first.json();
    assert_eq!((grant.request.nodes, grant.clamped), (4, true));
    let again = app.order(&token, "key-1", body).await;
    assert_eq!((again.status.as_u16(), again.json::<Grant>()), (200, grant));
    let other = app.order(&token, "key-1", json!({ "nodes": 1, "time_to_live_seconds": 900 })).await;
    assert_eq!((other.status.as_u16(), app.status(&token).await.requests.len()), (409, 1));
    let path = "/api/v1/organizations/acme/requests";
    let keyless = app.send(Method::POST, path, Some(&token), Some(json!({ "nodes": 1 }))).await;
    assert!(keyless.status == 400 && keyless.text("error_msg").contains("Idempotency-Key"), "{keyless}");
}

#[tokio::test]
async fn two_programs_of_a_user_that_order_in_the_same_second_release_each_their_own() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.clock.hold();
    let body = json!({ "nodes": 2, "time_to_live_seconds": 900 });
    let first: Grant = app.order(&token, "a notebook", body.clone()).await.json();
    let second = app.order(&token, "another notebook", body.clone()).await;
    assert_eq!(second.status, 201, "{second}");
    let second: Grant = second.json();
    assert_ne!(first.request.id, second.request.id);
    assert_eq!((second.cost_micro_usd.0, second.target_nodes), (0, 2), "together they ask for no more");
    let path = format!("/api/v1/organizations/acme/requests/{}", first.request.id);
    app.send(Method::DELETE, &path, Some(&token), None).await;
    let status = app.status(&token).await;
    assert_eq!((status.target_nodes, status.requests.len()), (2, 1), "the other one's nodes stay");
}

#[tokio::test]
async fn a_key_still_gives_its_grant_later_and_to_no_other_order() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let body = json!({ "nodes": 2, "time_to_live_seconds": 900 });
    let grant: Grant = app.order(&token, "key", body.clone()).await.json();
    app.clock.advance(Duration::from_secs(60));
    let later = app.order(&token, "key", body).await;
    assert_eq!(later.status, 200, "{later}");
    let replayed: Grant = later.json();
    assert_eq!((replayed.request, replayed.clamped), (grant.request, grant.clamped));
    assert_eq!(app.status(&token).await.requests.len(), 1, "nothing was ordered a second time");
    let other = app.order(&token, "key", json!({ "nodes": 1, "time_to_live_seconds": 900 })).await;
    assert_eq!(other.status, 409);
}

#[tokio::test]
async fn a_malformed_order_is_refused_with_an_example() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for body in [json!({}), json!({ "nodes": -1, "time_to_live_seconds": 900 }), json!([1, "x"]), Value::Null]
    {
        let refused = app.order(&token, "key", body).await;
        assert!(
            refused.status == 400 && refused.text("error_msg").contains("time_to_live_seconds"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn one_request_can_be_released_by_its_owner_only_and_twice_is_once() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    let grant: Grant = app.order(&ada, "k", json!({ "nodes": 2, "time_to_live_seconds": 900 })).await.json();
    let path = format!("/api/v1/organizations/acme/requests/{}", grant.request.id);
    assert_eq!(app.send(Method::DELETE, &path, Some(&bob), None).await.status, 404);
    for _ in 0..2 {
        let released = app.send(Method::DELETE, &path, Some(&ada), None).await;
        assert_eq!(released.json::<Value>(), json!({ "id": grant.request.id, "target_nodes": 0 }));
    }
}

#[tokio::test]
async fn the_gateways_address_is_told_to_those_who_cannot_wait_for_dns() {
    let app = TestApp::start().await.with_acme().await;
    insta::assert_snapshot!(app.get("/api/org_ip_adr/acme/", &app.token().await).await, @r#"200 {"status":"SUCCESS","ip_address":"127.0.0.1"}"#);
}
