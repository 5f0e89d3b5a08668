//! The plain services answer GET with a body and POST alike; what cannot be answered is refused as the real
//! service refuses it; events are streamed while they happen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use support::{DEADLINE, GRANULE, TestNode, open, send};

#[tokio::test]
async fn plain_services_answer_get_with_a_body_and_post_alike() {
    let node = TestNode::alone("v4.20.0").await;
    for (service, request) in
        [("definition", r#"{"rectype": "atl06rec.elevation"}"#), ("health", ""), ("health", "{}")]
    {
        let (get, post) = (node.get(service, request).await, node.post_plain(service, request).await);
        assert_eq!(get.json(), post.json());
        for answer in [get, post] {
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header("content-type"), "text/plain");
            assert_eq!(answer.header("server"), "sliderule/v4.20.0");
            assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        }
    }
    assert_eq!(node.get("health", "").await.json(), json!({"healthy": true}));
    let date = json!({"input": "GPS", "output": "DATE", "time": 1_479_547_818_000.0}).to_string();
    assert_eq!(
        node.post_plain("time", &date).await.json(),
        json!({"format": "DATE", "time": "2026-11-24T09:30:00Z"})
    );
}

#[tokio::test]
async fn the_version_is_the_announced_one() {
    for release in ["v4.0.2", "v4.20.0"] {
        let node = TestNode::alone(release).await;
        let version = node.get("version", "{}").await.json();
        assert_eq!(version["server"]["version"], release);
        assert_eq!(version["icesat2"]["version"], release);
        assert!(version["server"]["launch"].as_str().unwrap().ends_with('Z'));
        assert!(version["server"]["duration"].is_u64());
    }
}

#[tokio::test]
async fn definitions_are_those_of_the_announced_release() {
    let cycle = async |release| {
        let node = TestNode::alone(release).await;
        let definition = node.get("definition", r#"{"rectype": "atl06rec.elevation"}"#).await.json();
        assert_eq!(node.get("definition", r#"{"rectype": "nosuchrec"}"#).await.text(), "null");
        definition["cycle"]["type"].clone()
    };
    assert_eq!(cycle("v4.0.2").await, "UINT16");
    assert_eq!(cycle("v4.20.0").await, "UINT8");
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_as_the_real_service_refuses_it() {
    let node = TestNode::alone("v4.20.0").await;
    let expect = async |service, body: &str, status, text| {
        for answer in [node.get(service, body).await, node.post_plain(service, body).await] {
            assert_eq!((answer.status, answer.text()), (status, text), "{service} {body}");
        }
    };
    expect("nosuch", "{}", StatusCode::INTERNAL_SERVER_ERROR, "Failed execution").await;
    expect("version", "{not json", StatusCode::INTERNAL_SERVER_ERROR, "Failed execution").await;
    expect("definition", "{}", StatusCode::NOT_FOUND, "Missing results").await;
    expect("time", r#"{"output": "STARDATE"}"#, StatusCode::NOT_FOUND, "Missing results").await;
    expect("atl06p", "{}", StatusCode::NOT_FOUND, "Missing results").await;

    let large = format!("\"{}\"", "x".repeat(3 << 20));
    assert_eq!(node.get("version", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let elsewhere = send(Method::GET, &format!("{}/elsewhere", node.address), &[], "").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    assert_eq!(node.get("health", "").await.status, StatusCode::OK, "and the node goes on");
}

#[tokio::test]
async fn a_stream_that_makes_no_sense_is_an_empty_stream() {
    let node = TestNode::alone("v4.0.2").await;
    for (service, body) in [("version", "{}"), ("nosuch", "{}"), ("atl06p", "{not json"), ("atl06p", "")] {
        let answer = node.post(service, body).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0), "{service} {body}");
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("transfer-encoding"), "chunked");
    }
}

#[tokio::test]
async fn events_tell_what_happens_on_the_node_in_the_fields_of_old_and_new_clients() {
    for release in ["v4.0.2", "v4.20.0"] {
        let node = TestNode::alone(release).await;
        let body = json!({"type": "LOG", "level": "INFO", "duration": 600}).to_string();
        let mut stream = open(Method::POST, &node.url("event"), &[], &body).await.into_body();
        let request = json!({"resource": GRANULE, "parms": {"track": 1}});
        node.records("atl06", &request).await;

        let mut seen = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&seen).contains("processing complete") {
                seen.extend_from_slice(&stream.frame().await.unwrap().unwrap().into_data().unwrap());
            }
        };
        tokio::time::timeout(DEADLINE, reading).await.expect("the end of the request is told");
        let events = node.decode(&seen).await.events;
        assert!(events[0].text.contains(&format!("processing initialized on {GRANULE}")), "{events:?}");
        assert_eq!(node.get("definition", r#"{"rectype": "eventrec"}"#).await.json()["attr"]["elements"], 0);

        // The stream is asked to go on for ten minutes; a node that is told to end ends it.
        tokio::time::timeout(DEADLINE, node.stop()).await.expect("the node ends").unwrap();
    }
}

#[tokio::test]
async fn an_event_stream_ends_when_its_time_is_up() {
    let node = TestNode::alone("v4.0.2").await;
    assert_eq!(node.post("event", "{}").await.body.len(), 0, "the old default is no time at all");
    let refused = node.records("event", &json!({"format": "FMT_TEXT"})).await;
    assert!(refused.exception("format").level >= 3);
}
