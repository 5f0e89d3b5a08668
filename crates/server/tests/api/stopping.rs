//! An orderly stop, seen by those who are connected.

use std::time::Duration;

use http::Method;
use sliderule_api::status::ClusterState;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::test_app::{PASSWORD, TestApp, eventually};

#[tokio::test]
async fn a_request_that_is_being_sent_is_answered() {
    let app = TestApp::start().await.with_acme().await;
    let address = app.url.strip_prefix("http://").unwrap().to_owned();
    let body = format!(r#"{{"username":"ada","password":"{PASSWORD}","org_name":"acme"}}"#);
    let (half, rest) = body.split_at(20);
    let mut client = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /api/org_token/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(format!("{head}{half}").as_bytes()).await.unwrap();
    // The server has the connection once it has answered on a later one.
    app.send(Method::GET, "/ping/", None, None).await;

    let stopping = tokio::spawn(app.stop());
    eventually("nobody is let in any more", async || TcpStream::connect(&address).await.err()).await;
    client.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"access\":"), "{answer}");
    drop(stopping.await.unwrap());
}

#[tokio::test]
async fn a_stream_that_does_not_end_is_cut_off_and_never_looks_complete() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 1, 15).await;
    app.until(&token, ClusterState::Running, 1).await;
    let url = format!("{}/clusters/acme/source/endless", app.url);
    let mut stream = app.http.get(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "begun");

    let stopping = tokio::spawn(app.stop());
    let end = tokio::time::timeout(Duration::from_secs(20), stream.chunk())
        .await
        .expect("the stop waits for nobody");
    assert!(end.is_err(), "{end:?}");
    drop(stopping.await.unwrap());
}
