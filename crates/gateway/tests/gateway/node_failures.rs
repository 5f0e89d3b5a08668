//! Nodes that are gone, die, fall silent or are withdrawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sliderule_gateway::Settings;
use tokio::task::JoinSet;

use crate::house::{gateway, gateway_with, organization};
use crate::wire::{END, Front, Gone, PLAIN, STREAM, StandIn, until};

#[tokio::test]
async fn a_node_that_dies_mid_stream_never_looks_like_a_complete_answer() {
    let gateway = gateway();
    let node = StandIn::listen().await;
    gateway.admit(&organization("acme"), &node.address());
    let front = Front::of(&gateway, "acme").await;
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    for (head, part) in [(STREAM, "5\r\nfirst\r\n"), (length, "first")] {
        let mut client = front.post("/source/atl06p").await;
        let mut call = node.accept().await;
        call.write(&format!("{head}{part}")).await;
        client.read_until("first").await;
        drop(call);
        let answer = client.read_to_end().await;
        assert!(answer.trim_end().ends_with("first"), "nothing is made up: {answer}");
        assert!(!answer.ends_with(END), "{answer}");
    }
}

#[tokio::test]
async fn a_node_that_is_gone_is_passed_over_and_left_out() {
    let gateway = gateway();
    let acme = organization("acme");
    let node = StandIn::listen().await;
    gateway.admit(&acme, &node.address());
    let front = Front::of(&gateway, "acme").await;
    // The node that is there is busy, so the other one is chosen first.
    let _busy = front.post("/source/atl06p").await;
    let _call = node.accept().await;
    let gone = Gone::node();
    gateway.admit(&acme, &gone.address());
    assert_eq!(gateway.ready(&acme), 2);
    let mut client = front.post("/source/version").await;
    node.accept().await.write(PLAIN).await;
    assert!(client.read_to_end().await.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(gateway.ready(&acme), 1, "it may come back by registering");
}

#[tokio::test]
async fn a_cluster_whose_nodes_are_all_gone_is_unreachable_and_then_off() {
    let gateway = gateway();
    let front = Front::of(&gateway, "acme").await;
    let gone = [Gone::node(), Gone::node(), Gone::node()];
    gone.iter().for_each(|node| gateway.admit(&organization("acme"), &node.address()));
    let answer = front.post("/source/version").await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("\"unreachable\""), "{answer}");
    let answer = front.post("/source/version").await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"cluster_asleep\""), "{answer}");
}

#[tokio::test]
async fn a_request_that_makes_nodes_close_is_tried_on_one_more_only() {
    let gateway = gateway();
    let slammed = Arc::new(AtomicUsize::new(0));
    let mut doors = JoinSet::new();
    for _ in 0..3 {
        let node = StandIn::listen().await;
        gateway.admit(&organization("acme"), &node.address());
        let slammed = Arc::clone(&slammed);
        doors.spawn(async move {
            loop {
                let call = node.next().await;
                slammed.fetch_add(1, Ordering::SeqCst);
                drop(call);
            }
        });
    }
    let front = Front::of(&gateway, "acme").await;
    let answer = front.post("/source/poison").await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("\"unreachable\""), "{answer}");
    assert_eq!(slammed.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_node_that_ends_while_it_takes_a_request_is_replaced_by_another() {
    let gateway = gateway();
    let acme = organization("acme");
    let ending = StandIn::listen().await;
    gateway.admit(&acme, &ending.address());
    let front = Front::of(&gateway, "acme").await;
    let mut client = front.post("/source/version").await;
    let call = ending.accept().await;
    let other = StandIn::listen().await;
    gateway.admit(&acme, &other.address());
    drop(call);
    other.accept().await.write(PLAIN).await;
    assert!(client.read_to_end().await.ends_with("fine"));
}

#[tokio::test]
async fn a_node_that_is_silent_for_too_long_is_given_up() {
    let gateway = gateway_with(Settings { node_silence: Duration::from_millis(300), ..Settings::default() });
    let node = StandIn::listen().await;
    gateway.admit(&organization("acme"), &node.address());
    let front = Front::of(&gateway, "acme").await;

    let mut client = front.post("/source/atl06p").await;
    let _call = node.accept().await;
    let answer = client.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("\"timed_out\""), "{answer}");

    let mut client = front.post("/source/atl06p").await;
    let mut call = node.accept().await;
    call.write(&format!("{STREAM}5\r\nfirst\r\n")).await;
    let answer = client.read_to_end().await;
    assert!(answer.contains("first") && !answer.ends_with(END), "{answer}");
}

#[tokio::test]
async fn what_is_not_http_is_a_bad_response() {
    let gateway = gateway();
    let node = StandIn::listen().await;
    gateway.admit(&organization("acme"), &node.address());
    let front = Front::of(&gateway, "acme").await;
    let mut client = front.post("/source/version").await;
    node.accept().await.write("220 mail.example.org\r\n\r\n").await;
    let answer = client.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("\"bad_response\""), "{answer}");
}

#[tokio::test]
async fn a_withdrawn_node_finishes_what_it_has_and_gets_nothing_new() {
    let gateway = gateway();
    let acme = organization("acme");
    let node = StandIn::listen().await;
    gateway.admit(&acme, &node.address());
    let front = Front::of(&gateway, "acme").await;
    let mut client = front.post("/source/atl06p").await;
    let mut call = node.accept().await;
    call.write(&format!("{STREAM}5\r\nfirst\r\n")).await;
    client.read_until("first").await;

    gateway.withdraw(&acme, &node.address());
    let answer = front.post("/source/version").await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!((gateway.ready(&acme), gateway.in_flight(&acme, &node.address())), (0, 1));

    call.write(&format!("4\r\nlast\r\n{END}")).await;
    let answer = client.read_to_end().await;
    assert!(answer.contains("last") && answer.ends_with(END), "{answer}");
    until("the stream is over", || gateway.in_flight(&acme, &node.address()) == 0).await;
}
