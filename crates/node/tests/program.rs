//! The program ends in order: on SIGTERM it finishes what it streams and exits with 0; a port in use is said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::net::TcpListener;
use std::process::Stdio;

use http::Method;
use http_body_util::BodyExt;
use serde_json::json;
use sliderule_records::Frames;
use support::{DEADLINE, open};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The program, and the address it says it serves at.
async fn start() -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sliderule-node"))
        .args(["--listen", "127.0.0.1:0", "--announce", "v4.20.0"])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next_line().await.unwrap().expect("the program says where it serves");
        if let Some((_, rest)) = line.split_once("http://") {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || ".:".contains(c))).unwrap_or(rest.len());
            break format!("http://{}", &rest[..end]);
        }
    };
    // Read on, so that the program is never held up by its log.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, address)
}

#[tokio::test]
async fn on_sigterm_or_sigint_a_running_stream_is_finished_and_the_program_exits_with_0() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, address) = start().await;
        let names: Vec<String> =
            (1..=20).map(|cycle| format!("ATL03_20200304065203_1047{cycle:02}07_003_01.h5")).collect();
        let request = json!({"resources": names}).to_string();
        let url = format!("{address}/source/atl06p");
        let mut stream = open(Method::POST, &url, &[], &request).await.into_body();
        let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();

        let pid = child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());

        let rest =
            tokio::time::timeout(DEADLINE, stream.collect()).await.expect("an end").expect("a whole stream");
        let whole = [first, rest.to_bytes()].concat();
        let (mut frames, mut chunk, mut done) = (Frames::new(), whole.as_slice(), 0);
        while let Some(record) = frames.pull(&mut chunk).unwrap() {
            done += usize::from(String::from_utf8_lossy(record.data).contains("Successfully completed"));
        }
        frames.finish().unwrap();
        assert_eq!(done, 20);
        let status = tokio::time::timeout(DEADLINE, child.wait()).await.expect("the program ends").unwrap();
        assert_eq!(status.code(), Some(0));
    }
}

#[tokio::test]
async fn a_port_in_use_is_said_in_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_sliderule-node"))
        .args(["--listen", &address])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("cannot listen on {address}")) && said.contains("--listen"), "{said}");
}
