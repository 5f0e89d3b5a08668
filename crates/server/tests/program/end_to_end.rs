//! The whole way, with real processes: wake a cluster, receive records through the gateway, lose the server,
//! find the nodes again, and stop without leaving anything.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process_group};
use serde_json::{Value, json};
use sliderule_control::Store;
use sliderule_records::{Decoder, Item};
use sliderule_server::data::DataDir;

use crate::ps::{Ps, acme, client, program};

const GRANULE: &str = "ATL03_20200304065203_10470607_003_01.h5";

const CONFIGURATION: &str = "lease_seconds = 30\ntail_seconds = 5\nboot_seconds = 30\n";

#[tokio::test]
async fn a_cluster_survives_its_server_and_not_its_orderly_stop() {
    if !program().with_file_name("sliderule-node").exists() {
        let reason =
            "there is no sliderule-node beside sliderule-ps; run `cargo build -p sliderule-node` first";
        // Whoever built the node, as `cargo xtask test` does, wants it tested.
        let wanted = ["CI", "SLIDERULE_NODE"].into_iter().any(|name| std::env::var_os(name).is_some());
        assert!(!wanted, "{reason}");
        eprintln!("skipped: {reason}");
        return;
    }
    let dir = acme("10");
    let file = dir.path().join("ps.toml");
    std::fs::write(&file, CONFIGURATION).unwrap();
    let flags = ["--config", file.to_str().unwrap()];
    let http = client();

    let ps = Ps::serve_with(dir.path(), &flags, &[("SLIDERULE_PS_METRICS_TOKEN", "hunter2")]);
    let token = ps.sign_in(&http).await;
    let order = json!({ "nodes": 1, "time_to_live_seconds": 900 });
    let ordered =
        http.post(api(&ps, "requests")).bearer_auth(&token).header("Idempotency-Key", "1").json(&order);
    assert_eq!(ordered.send().await.unwrap().status(), 201);
    until_running(&http, &ps, &token).await;
    let rows = stream(&http, &ps, &token).await;
    assert!(rows > 100, "{rows} rows");
    let node = the_only_node(dir.path());
    let variables = std::fs::read(format!("/proc/{}/environ", node.1)).unwrap();
    assert!(
        !String::from_utf8_lossy(&variables).contains("SLIDERULE_PS_"),
        "a node sees no setting of the server"
    );

    ps.end(Signal::KILL);
    assert!(group_lives(&node), "a node outlives a killed server");
    let ps = Ps::serve(dir.path(), &flags);
    until_running(&http, &ps, &token).await;
    assert_eq!(the_only_node(dir.path()), node, "the node was adopted, and no other started");
    assert_eq!(stream(&http, &ps, &token).await, rows);

    assert!(ps.end(Signal::TERM).success());
    assert!(!group_lives(&node), "an orderly stop leaves no process");
    let db = DataDir::open(dir.path()).unwrap().database().await.unwrap();
    let organization = "acme".parse().unwrap();
    assert_eq!(db.cluster(&organization).await.unwrap().unwrap().nodes, []);
    let account = db.account(&organization).await.unwrap().unwrap();
    let lines = account.lines.iter().map(|line| line.amount).sum::<sliderule_api::MicroUsd>();
    let sums = account.cluster.account;
    assert_eq!((lines, sums.reservation), (sums.balance, None));
    assert!(sums.balance < sums.credited, "what ran was paid for");
    db.close().await;
}

fn api(ps: &Ps, rest: &str) -> String {
    format!("{}/api/v1/organizations/acme/{rest}", ps.url)
}

async fn until_running(http: &reqwest::Client, ps: &Ps, token: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let status = http.get(api(ps, "status")).bearer_auth(token).send().await.unwrap();
        let status: Value = status.json().await.unwrap();
        if status["nodes"]["ready"] == 1 {
            return;
        }
        assert!(Instant::now() < deadline, "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Fits one granule and decodes every record; the number of rows of all batches.
async fn stream(http: &reqwest::Client, ps: &Ps, token: &str) -> usize {
    let source =
        |service: &str| http.post(format!("{}/clusters/acme/source/{service}", ps.url)).bearer_auth(token);
    let request = source("atl06p").json(&json!({ "resources": [GRANULE], "parms": {} }));
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (mut decoder, mut items) = (Decoder::default(), Vec::new());
    while let Some(chunk) = response.chunk().await.unwrap() {
        items.extend(decoder.push(&chunk).unwrap());
        while let Some(name) = decoder.needs().first() {
            let asked =
                source("definition").header("x-sliderule-streaming", "0").json(&json!({ "rectype": name }));
            let definition = asked.send().await.unwrap().text().await.unwrap();
            items.extend(decoder.define(name, &definition).unwrap());
        }
    }
    decoder.finish().unwrap();
    let rows = |item: &Item| if let Item::Batch(batch) = item { batch.length } else { 0 };
    items.iter().map(rows).sum()
}

/// Id and process group of the one node that was ever started.
fn the_only_node(data: &Path) -> (String, i32) {
    let nodes: Vec<_> = std::fs::read_dir(data.join("nodes")).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(nodes.len(), 1, "{nodes:?}");
    let running: Value =
        serde_json::from_slice(&std::fs::read(nodes[0].path().join("node.json")).unwrap()).unwrap();
    let group = i32::try_from(running["group"].as_i64().unwrap()).unwrap();
    (nodes[0].file_name().into_string().unwrap(), group)
}

fn group_lives(node: &(String, i32)) -> bool {
    test_kill_process_group(Pid::from_raw(node.1).unwrap()).is_ok()
}
