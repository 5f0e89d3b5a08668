//! Several granules are shared among the nodes of a cluster; a node that fails leaves an error, not a gap; every
//! lock is given back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sliderule_node::announced::{Family, Kind, Level};
use sliderule_node::wire::Wire;
use support::cluster::{Orchestra, broken_node};
use support::{GRANULE, TestNode, open, until};
use tokio::net::TcpListener;

fn six_granules() -> Value {
    let names: Vec<String> =
        (1..=6).map(|cycle| format!("ATL03_20200304065203_1047{cycle:02}07_003_01.h5")).collect();
    json!({"resources": names, "parms": {}})
}

/// A whole record, as another node would send it.
fn record() -> Vec<u8> {
    let wire = Wire::new(Family::V4_20, "127.0.0.1".to_owned()).unwrap();
    wire.exception(Kind::Status, Level::Info, "from the other node").unwrap().to_vec()
}

#[tokio::test]
async fn two_nodes_share_granules_and_the_result_is_that_of_one() {
    let orchestra = Orchestra::start().await;
    let (one, other) = (orchestra.node("v4.20.0").await, orchestra.node("v4.20.0").await);
    assert!(orchestra.book.lock().unwrap().registered.values().all(|(_, reset)| *reset));

    let shared = one.records("atl06p", &six_granules()).await;
    let alone = TestNode::alone("v4.20.0").await.records("atl06p", &six_granules()).await;
    for name in ["extent_id", "h_mean", "time"] {
        let (mut shared, mut alone) = (shared.column(name), alone.column(name));
        shared.sort();
        alone.sort();
        assert_eq!(shared, alone);
    }
    let granted = orchestra.granted();
    assert_eq!(granted.len(), 6);
    for node in [&one, &other] {
        assert_eq!(granted.iter().filter(|address| **address == node.address).count(), 3);
    }
    assert_eq!(orchestra.open_locks(), 0);
}

#[tokio::test]
async fn a_node_that_is_up_before_its_orchestrator_registers_once_that_is_there() {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let url = format!("http://{address}/clusters/acme");
    let node = TestNode::start(&["--orchestrator", &url]).await;
    assert_eq!(node.get("health", "").await.status, 200);
    let orchestra = Orchestra::at(address).await;
    until("the node registers", || orchestra.book.lock().unwrap().registered.contains_key(&node.address))
        .await;
}

#[tokio::test]
async fn a_node_that_dies_inside_a_record_leaves_an_error_and_whole_records() {
    let half = record()[..100].to_vec();
    for (release, code) in [("v4.0.2", 0), ("v4.20.0", -9)] {
        // Dying between two records looks whole to whoever only counts records.
        for chunks in [vec![record(), half.clone()], vec![record()], vec![]] {
            let orchestra = Orchestra::start().await;
            let node = orchestra.node(release).await;
            orchestra.only(&broken_node(chunks, false).await);
            let records = node.records("atl06p", &json!({"resources": [GRANULE]})).await;
            let failure = records.exception("Failed to complete processing resource [1 out of 1]");
            assert_eq!((failure.code, failure.level), (code, 3));
            assert!(!records.exceptions.iter().any(|exception| exception.text.starts_with("Success")));
            assert_eq!(orchestra.open_locks(), 0);
        }
    }
}

#[tokio::test]
async fn one_dead_node_spoils_only_the_granules_it_had() {
    let orchestra = Orchestra::start().await;
    let node = orchestra.node("v4.20.0").await;
    let dead = broken_node(vec![record()], false).await;
    orchestra.book.lock().unwrap().registered.insert(dead.clone(), (1, true));
    let records = node.records("atl06p", &six_granules()).await;
    let said = |start: &str| records.exceptions.iter().filter(|e| e.text.starts_with(start)).count();
    let lost = orchestra.granted().iter().filter(|address| **address == dead).count();
    assert!(lost > 0);
    assert_eq!((said("Failed to complete"), said("Successfully completed")), (lost, 6 - lost));
    assert_eq!(orchestra.open_locks(), 0);
}

#[tokio::test]
async fn a_node_that_cannot_be_reached_costs_nothing() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let orchestra = Orchestra::start().await;
    let node = orchestra.node("v4.20.0").await;
    orchestra.only(&address);
    let records = node.records("atl06p", &json!({"resources": [GRANULE]})).await;
    assert!(records.rows() > 1000);
    records.exception("Successfully completed");
    assert_eq!(orchestra.open_locks(), 0);
}

#[tokio::test]
async fn with_no_node_free_or_no_orchestrator_the_node_does_the_work_itself() {
    let orchestra = Orchestra::start().await;
    let node = orchestra.node("v4.20.0").await;
    orchestra.book.lock().unwrap().busy = true;
    let records = node.records("atl06p", &json!({"resources": [GRANULE]})).await;
    records.exception("Successfully completed");
    assert!(orchestra.granted().is_empty());

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let node = TestNode::start(&["--announce", "v4.20.0", "--orchestrator", &url]).await;
    let records = node.records("atl06p", &six_granules()).await;
    assert_eq!(records.exceptions.iter().filter(|e| e.text.starts_with("Success")).count(), 6);
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_the_locks() {
    let orchestra = Orchestra::start().await;
    let node = orchestra.node("v4.20.0").await;
    orchestra.only(&broken_node(vec![record()], true).await);
    let request = json!({"resources": [GRANULE, GRANULE]}).to_string();
    let mut stream = open(Method::POST, &node.url("atl06p"), &[], &request).await.into_body();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("from the other node") {
        seen.extend_from_slice(&stream.frame().await.unwrap().unwrap().into_data().unwrap());
    }
    assert_eq!(orchestra.open_locks(), 2);
    drop(stream);
    until("the locks are given back", || orchestra.open_locks() == 0).await;
    assert_eq!(node.get("health", "").await.status, 200);
}

#[tokio::test]
async fn a_granule_that_takes_too_long_is_given_up_with_a_timeout() {
    let orchestra = Orchestra::start().await;
    let node = orchestra.node("v4.0.2").await;
    orchestra.only(&broken_node(vec![], true).await);
    let request = json!({"resources": [GRANULE], "parms": {"node-timeout": 1}});
    let records = node.records("atl06p", &request).await;
    let failure = records.exception("timed-out after 1 seconds");
    assert_eq!((failure.code, failure.level), (1, 3));
    assert_eq!(orchestra.open_locks(), 0);
}
