//! The discovery service on the wire, as the reference describes it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::{Value, json as value};
use sliderule_gateway::Gateway;

use crate::house::{House, gateway, json, organization, request};

const NODE: &str = "http://127.0.0.1:9081";
const REGISTER: &str = r#"{"service":"sliderule","lifetime":120,"address":"http://127.0.0.1:9081"}"#;

/// What a node of `acme` is answered.
async fn node(gateway: &Gateway, path: &str, body: &'static str) -> (StatusCode, Value) {
    let response = gateway.serve_node(organization("acme"), request("POST", path, &[], body)).await;
    assert_eq!(response.headers()["content-type"], "application/json", "{path}");
    (response.status(), json(response).await)
}

#[tokio::test]
async fn a_node_registers_is_locked_and_unlocked() {
    let gateway = gateway();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (status, answer) = node(&gateway, "/discovery/register", REGISTER).await;
    assert_eq!(status, 200);
    assert_eq!(answer[NODE][0], "sliderule");
    let expires = answer[NODE][1].as_u64().unwrap();
    assert!((now + 119..now + 180).contains(&expires), "{expires}");
    assert_eq!(gateway.ready(&organization("acme")), 1);
    assert_eq!(gateway.ready(&organization("dawn")), 0, "it joined one cluster only");

    let lock = r#"{"service":"sliderule","nodesNeeded":2,"timeout":600}"#;
    let (_, locked) = node(&gateway, "/discovery/lock", lock).await;
    assert_eq!(locked["members"], value!([NODE, NODE]));
    assert_eq!(locked["transactions"].as_array().unwrap().len(), 2);
    let unlock = format!("{{\"transactions\":{}}}", locked["transactions"]);
    let (_, unlocked) = node(&gateway, "/discovery/unlock", unlock.leak()).await;
    assert_eq!(unlocked, value!({ "complete": 2, "fail": 0 }));
    let (_, unlocked) = node(&gateway, "/discovery/unlock", r#"{"transactions":[99999999999999]}"#).await;
    assert_eq!(unlocked, value!({ "complete": 1, "fail": 1 }), "a missing id counts in both");
    let unknown = r#"{"service":"other","nodesNeeded":2,"timeout":600}"#;
    let answer = node(&gateway, "/discovery/lock", unknown).await;
    assert_eq!(answer, (StatusCode::OK, value!({ "members": [], "transactions": [] })));
    assert_eq!(node(&gateway, "/discovery/health", "").await.1, value!({ "health": true }));
}

#[tokio::test]
async fn a_page_in_a_browser_of_this_machine_is_no_node() {
    let gateway = gateway();
    let from_page = [("origin", "https://example.org")];
    for endpoint in ["register", "lock", "unlock", "status", "health"] {
        let request = request("POST", &format!("/discovery/{endpoint}"), &from_page, REGISTER);
        let response = gateway.serve_node(organization("acme"), request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{endpoint}");
    }
    assert_eq!(gateway.ready(&organization("acme")), 0);
}

#[tokio::test]
async fn anybody_may_ask_how_many_nodes_there_are() {
    let gateway = gateway();
    node(&gateway, "/discovery/register", REGISTER).await;
    for (method, body, nodes) in [
        ("GET", r#"{"service": "sliderule"}"#, 1),
        ("POST", r#"{"service": "sliderule"}"#, 1),
        ("GET", "", 1),
        ("POST", r#"{"service": "other"}"#, 0),
    ] {
        let response =
            gateway.serve(organization("acme"), request(method, "/discovery/status", &[], body)).await;
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(json(response).await, value!({ "nodes": nodes }), "{method} {body}");
    }
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused_and_change_nothing() {
    let gateway = gateway();
    for (path, body) in [
        ("/discovery/register", ""),
        ("/discovery/register", r#"{"service":"sliderule","lifetime":120,"address":"http://a.example/"}"#),
        ("/discovery/lock", r#"{"service":"sliderule","nodesNeeded":-1,"timeout":600}"#),
        ("/discovery/unlock", "[]"),
        ("/discovery/status", "sliderule"),
    ] {
        let (status, problem) = node(&gateway, path, body).await;
        assert_eq!((status.as_u16(), &problem["code"]), (400, &value!("invalid_argument")), "{path} {body}");
    }
    assert_eq!(node(&gateway, "/discovery/metric", "{}").await.0, 404);
    assert_eq!(gateway.ready(&organization("acme")), 0);
}

#[tokio::test]
async fn a_draining_node_cannot_register_itself_back_in() {
    let house = Arc::new(House::default());
    let gateway = Gateway::new(house.clone());
    node(&gateway, "/discovery/register", REGISTER).await;
    house.draining.lock().unwrap().insert(NODE.to_owned());
    gateway.withdraw(&organization("acme"), NODE);
    let (status, problem) = node(&gateway, "/discovery/register", REGISTER).await;
    assert_eq!(status, 403, "{problem}");
    assert_eq!(gateway.ready(&organization("acme")), 0);
}

#[tokio::test]
async fn an_adopted_node_serves_before_it_registers_again() {
    let gateway = gateway();
    gateway.admit(&organization("acme"), NODE);
    gateway.admit(&organization("acme"), NODE);
    gateway.admit(&organization("acme"), "not an address");
    assert_eq!(gateway.ready(&organization("acme")), 1);
}
