//! What passes between client and node, and what does not.

use std::sync::Arc;

use sliderule_gateway::Gateway;

use crate::house::{gateway, organization};
use crate::wire::{END, Front, PLAIN, STREAM, StandIn};

/// A cluster `acme` of one node, and its front.
async fn one_node() -> (Arc<Gateway>, StandIn, Front) {
    let gateway = gateway();
    let node = StandIn::listen().await;
    gateway.admit(&organization("acme"), &node.address());
    let front = Front::of(&gateway, "acme").await;
    (gateway, node, front)
}

#[tokio::test]
async fn each_chunk_reaches_the_client_before_the_node_sends_the_next() {
    let (gateway, node, front) = one_node().await;
    let mut client = front.post("/source/atl06p").await;
    let mut call = node.accept().await;
    call.write(STREAM).await;
    let head = client.read_until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for chunk in ["first", "other", "third"] {
        call.write(&format!("5\r\n{chunk}\r\n")).await;
        client.read_until(chunk).await;
        assert_eq!(gateway.in_flight(&organization("acme"), &node.address()), 1);
    }
    call.write(END).await;
    assert!(client.read_to_end().await.ends_with(END), "a complete answer ends completely");
    crate::wire::until("the request is over", || {
        gateway.in_flight(&organization("acme"), &node.address()) == 0
    })
    .await;
}

#[tokio::test]
async fn a_node_sees_neither_the_token_nor_anything_else_that_is_not_its_business() {
    let (_gateway, node, front) = one_node().await;
    let _client = front
        .send(
            "POST /source/version HTTP/1.1\r\nHost: acme.example.org\r\nAuthorization: Bearer good\r\n\
             Cookie: token=secret\r\nProxy-Authorization: secret\r\nX-Api-Key: secret\r\nTE: trailers\r\n\
             Keep-Alive: timeout=5\r\nReferer: https://example.org/?token=secret\r\nUser-Agent: a browser\r\n\
             Origin: https://example.org\r\nX-Forwarded-For: 192.0.2.1\r\nAccept: */*\r\n\
             Content-Type: application/json\r\nX-SlideRule-Streaming: 0\r\nX-SlideRule-Client: wasm-0.1.0\r\n\
             Content-Length: 2\r\n\r\n{}",
        )
        .await;
    let seen = node.accept().await.text();
    assert!(seen.starts_with("POST /source/version HTTP/1.1\r\n"), "{seen}");
    let mut names: Vec<&str> =
        seen.lines().skip(1).filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
    names.sort_unstable();
    let expected = [
        "accept",
        "connection",
        "content-length",
        "content-type",
        "host",
        "x-sliderule-client",
        "x-sliderule-streaming",
    ];
    assert_eq!(names, expected, "{seen}");
    assert!(seen.contains("connection: close\r\n") && seen.ends_with("\r\n\r\n{}"), "{seen}");
    assert!(seen.contains(&format!("host: {}\r\n", &node.address()["http://".len()..])), "{seen}");
}

#[tokio::test]
async fn a_get_keeps_its_body_and_a_chunked_body_gets_a_length() {
    let (_gateway, node, front) = one_node().await;
    let head = "Host: acme\r\nAuthorization: Bearer good\r\n";
    let mut client = front
        .send(&format!(
            "GET /source/definition HTTP/1.1\r\n{head}Content-Length: 13\r\n\r\n{{\"rectype\":1}}"
        ))
        .await;
    let mut call = node.accept().await;
    let seen = call.text();
    assert!(seen.starts_with("GET /source/definition HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("content-length: 13\r\n") && seen.ends_with("{\"rectype\":1}"), "{seen}");
    call.write(PLAIN).await;
    let answer = client.read_until("fine").await;
    assert!(answer.contains("content-length: 4\r\n") && answer.contains("server: sliderule/"), "{answer}");

    let chunked = "Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n";
    let _client = front.send(&format!("POST /source/atl06p HTTP/1.1\r\n{head}{chunked}")).await;
    let seen = node.accept().await.text();
    assert!(seen.contains("content-length: 5\r\n") && seen.ends_with("[1,2]"), "{seen}");
    assert!(!seen.contains("transfer-encoding"), "{seen}");
}

#[tokio::test]
async fn a_node_cannot_act_on_the_origin_it_is_shown_under() {
    let (_gateway, node, front) = one_node().await;
    let mut client = front.post("/source/version").await;
    node.accept()
        .await
        .write(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=1\r\nClear-Site-Data: \"*\"\r\n\
             Service-Worker-Allowed: /\r\nAccess-Control-Allow-Origin: https://evil.example\r\n\
             Access-Control-Allow-Credentials: true\r\nContent-Security-Policy: default-src *\r\n\
             X-Request-Id: 7\r\nContent-Length: 4\r\n\r\nfine",
        )
        .await;
    let answer = client.read_to_end().await.to_lowercase();
    for gone in ["set-cookie", "clear-site-data", "service-worker", "evil", "credentials", "src *"] {
        assert!(!answer.contains(gone), "{gone}: {answer}");
    }
    assert!(answer.contains("content-security-policy: sandbox; default-src 'none'\r\n"), "{answer}");
    assert!(answer.contains("x-request-id: 7\r\n") && answer.ends_with("\r\n\r\nfine"), "{answer}");
}

#[tokio::test]
async fn the_bare_404_of_an_old_node_passes() {
    let (_gateway, node, front) = one_node().await;
    let mut client = front.post("/source/nothing").await;
    node.accept().await.write("HTTP/1.1 404 Not Found\r\n\r\n").await;
    let answer = client.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_never_reaches_a_node() {
    let (_gateway, _node, front) = one_node().await;
    let mut client = front
        .send("POST /source/atl06p HTTP/1.1\r\nHost: acme\r\nAuthorization: Bearer good\r\nContent-Length: 1048577\r\n\r\n")
        .await;
    let answer = client.read_until("}").await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("invalid_argument"), "{answer}");
}
