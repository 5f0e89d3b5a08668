//! Scaling with our own provisioning system: told as soon as it is true, and never left guessing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sliderule_api::ErrorCode;
use sliderule_session::call::View;
use sliderule_session::{Answer, Call, CallId, Effect, Event, Input, Outcome, Response};
use support::{Shell, authorization, json, order, source, tokens};

const GRANT: &str = r#"{"request":{"id":"r-1","user":"ada","nodes":2,"expires_at":"2026-11-24T10:00:00Z"},"clamped":false,"cost_micro_usd":1}"#;
const VERSION: &str = r#"{"server":{"version":"v4.20.0"},"icesat2":{"version":"v3.1.0"}}"#;

fn status(ready: u32, more: &str) -> String {
    format!(
        r#"{{"organization":"acme","state":"waking","blocked":null,"message":"two nodes boot","nodes":{{"booting":2,"ready":{ready},"draining":0,"stopping":0}},"target_nodes":2,"min_nodes":0,"max_nodes":3,"version":"v4.20.0","is_public":false,"requests":[{{"id":"r-1","user":"ada","nodes":2,"expires_at":"2026-11-24T10:00:00Z"}}],"balance_micro_usd":1{more}}}"#
    )
}

fn blocked(block: &str) -> String {
    status(0, "").replace("\"blocked\":null", &format!("\"blocked\":\"{block}\""))
}

fn told(status: &str) -> Answer {
    Answer::Piece(format!(": ping\n\nevent: status\ndata: {status}\n\n").into_bytes())
}

/// A session whose `scaleout` was granted two nodes and listens.
fn listening(min_ready: Option<u32>) -> (Shell, CallId, sliderule_session::PortId) {
    let mut shell = Shell::signed_in("acme");
    shell.has_events = true;
    let call = shell.call(Call::Scaleout { order: order(), min_ready, timeout_ms: 900_000 });
    shell.answer("/requests", json(201, GRANT));
    let port = shell.under_way("/events")[0];
    let request = shell.answer("/events", event_stream());
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-1"));
    (shell, call, port)
}

fn event_stream() -> Answer {
    Answer::Response(Response {
        status: 200,
        content_type: "text/event-stream".into(),
        retry_after_seconds: None,
        date: None,
        body: String::new(),
    })
}

#[test]
fn readiness_arrives_as_an_event_and_nothing_is_asked_meanwhile() {
    let (mut shell, call, port) = listening(None);
    shell.step(Input::Answered { port, answer: told(&status(0, r#","ready_in_seconds":7"#)) });
    shell.step(Input::Answered { port, answer: told(&status(1, "")) });
    assert!(shell.done.is_empty() && shell.fetches.is_empty());
    shell.step(Input::Answered {
        port,
        answer: told(&status(2, "").replace("two nodes boot", "all are ready")),
    });
    assert!(
        matches!(&shell.done[&call], Ok(Outcome::Capacity(capacity)) if capacity.ready && capacity.available_nodes == 2)
    );
    assert!(
        shell.log.contains(&Effect::Abandon { port }),
        "events are read only while something waits for them"
    );
    assert!(shell.sleeps.is_empty());
    let last = shell.events.iter().rev().find_map(|event| match event {
        Event::Progress { message, .. } => message.as_deref(),
        _ => None,
    });
    assert_eq!(last, Some("all are ready"));
    let expected = shell.events.iter().filter_map(|event| match event {
        Event::Progress { nodes, expected_ms, .. } => Some((*nodes, *expected_ms)),
        _ => None,
    });
    assert_eq!(expected.collect::<Vec<_>>(), [(0, None), (0, Some(7_000)), (1, None), (2, None)]);
}

#[test]
fn fewer_nodes_may_be_enough_but_never_more_than_were_granted() {
    for (min_ready, enough) in [(Some(1), 1), (Some(9), 2), (Some(0), 0)] {
        let (mut shell, call, port) = listening(min_ready);
        if enough > 0 {
            shell.step(Input::Answered { port, answer: told(&status(enough - 1, "")) });
            assert!(shell.done.is_empty(), "{min_ready:?}");
        }
        shell.step(Input::Answered { port, answer: told(&status(enough, "")) });
        assert!(shell.done[&call].is_ok(), "{min_ready:?}");
    }
}

#[test]
fn events_that_a_proxy_keeps_back_are_made_up_for_by_asking() {
    let (mut shell, call, _) = listening(None);
    shell.pass(1_000);
    shell.answer("/status", json(200, &status(2, "")));
    assert!(shell.done[&call].is_ok());
}

#[test]
fn events_that_end_are_asked_for_again_with_tokens_that_serve() {
    let (mut shell, call, port) = listening(None);
    shell.step(Input::Answered { port, answer: told(&status(0, "")) });
    shell.step(Input::Answered { port, answer: Answer::Piece(b"event: end\ndata: {}\n\n".to_vec()) });
    shell.pass(500);
    shell.answer("/status", json(200, &status(1, "")));
    shell.answer("/events", json(401, "{}"));
    shell.answer("/api/org_token/refresh/", tokens("acme", 2));
    let port = shell.under_way("/events")[0];
    let request = shell.answer("/events", event_stream());
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
    shell.step(Input::Answered { port, answer: told(&status(2, "")) });
    assert!(shell.done[&call].is_ok());
}

#[test]
fn a_server_without_events_is_asked_several_times_a_second() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(Call::Scaleout { order: order(), min_ready: None, timeout_ms: 900_000 });
    shell.answer("/requests", json(201, GRANT));
    for _ in 0..5 {
        shell.answer("/status", json(200, &status(0, "")));
        shell.pass(500);
    }
    shell.answer("/status", json(200, &status(2, "")));
    assert!(shell.done[&call].is_ok() && shell.sleeps.is_empty());
}

#[test]
fn what_blocks_the_cluster_ends_the_wait_with_its_reason() {
    for (block, code) in [
        ("suspended", ErrorCode::ClusterSuspended),
        ("paused", ErrorCode::ClusterPaused),
        ("out_of_funds", ErrorCode::OutOfFunds),
        ("protected", ErrorCode::ClusterProtected),
    ] {
        let (mut shell, call, port) = listening(None);
        shell.step(Input::Answered { port, answer: told(&blocked(block)) });
        assert_eq!(shell.failure(call).code, code);
        assert!(shell.fetches.is_empty() && shell.sleeps.is_empty());
    }
}

#[test]
fn a_refusal_while_it_waits_ends_the_wait_at_once() {
    for status in [400, 403, 404, 429] {
        let mut shell = Shell::signed_in("acme");
        let call = shell.call(Call::Scaleout { order: order(), min_ready: None, timeout_ms: 900_000 });
        shell.answer("/requests", json(201, GRANT));
        shell.answer("/status", json(status, r#"{"error_msg":"no"}"#));
        assert_eq!(shell.failure(call).status, Some(status));
    }
}

#[test]
fn cancelling_while_events_are_opened_or_heard_leaves_nothing_behind() {
    for opened in [false, true] {
        let mut shell = Shell::signed_in("acme");
        shell.has_events = true;
        let call = shell.call(Call::Scaleout { order: order(), min_ready: None, timeout_ms: 900_000 });
        shell.answer("/requests", json(201, GRANT));
        let port = shell.under_way("/events")[0];
        if opened {
            shell.answer("/events", event_stream());
        }
        shell.step(Input::Cancel(call));
        assert!(shell.log.contains(&Effect::Abandon { port }));
        assert!(shell.fetches.is_empty() && shell.sleeps.is_empty());
        shell.step(Input::Answered { port, answer: told(&status(2, "")) });
        assert!(shell.done.is_empty());
    }
}

#[test]
fn a_cluster_that_gives_no_answer_is_told_apart_by_what_keeps_it_off() {
    let off = |state: &str, block: &str| {
        let status = status(0, "").replace("waking", state);
        if block.is_empty() { status } else { status.replace("null", &format!("\"{block}\"")) }
    };
    for (status, code) in [
        (off("asleep", ""), ErrorCode::ClusterAsleep),
        (off("waking", ""), ErrorCode::ClusterWaking),
        (off("asleep", "suspended"), ErrorCode::ClusterSuspended),
        (off("asleep", "paused"), ErrorCode::ClusterPaused),
        (off("asleep", "out_of_funds"), ErrorCode::OutOfFunds),
        (off("failed", "protected"), ErrorCode::ClusterProtected),
    ] {
        let mut shell = Shell::signed_in("acme");
        let call = shell.call(source("version"));
        for _ in 0..3 {
            shell.answer("/source/version", Answer::NoResponse("refused".into()));
            shell.pass(2_000);
        }
        shell.answer("/status", json(200, &status));
        let failure = shell.failure(call);
        assert_eq!(failure.code, code);
        let names_the_call = failure.message.contains("scaleout({ desiredNodes: 1 })");
        assert_eq!(names_the_call, code == ErrorCode::ClusterAsleep, "{}", failure.message);
    }
}

#[test]
fn a_gateway_that_says_that_the_cluster_is_asleep_is_told_with_the_call_that_starts_it() {
    let words = "The cluster is asleep; ask for nodes to wake it.";
    let body =
        format!(r#"{{"status":"FAILED","code":"cluster_asleep","error_msg":"{words}","detail":"{words}"}}"#);
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(source("version"));
    shell.answer("/source/version", json(503, &body));
    let failure = shell.failure(call);
    assert_eq!(failure.code, ErrorCode::ClusterAsleep);
    assert_eq!(
        failure.message,
        "The cluster is asleep; ask for nodes to wake it; start it with scaleout({ desiredNodes: 1 }), or with init \
         and desiredNodes"
    );
    assert!(shell.fetches.is_empty(), "nothing else is asked");
}

#[test]
fn a_request_is_extended_and_one_that_lives_longer_is_left_as_it_is() {
    let mut shell = Shell::signed_in("acme");
    let none = shell.call(Call::Extend { request_id: None, time_to_live: 30 });
    assert_eq!(shell.failure(none).code, ErrorCode::InvalidArgument);
    shell.call(Call::UpdateAvailableServers { order: Some(order()) });
    shell.answer("/requests", json(201, GRANT));
    shell.answer("/status", json(200, &status(0, "")));

    let extend = |shell: &mut Shell, answer: Answer| {
        let call = shell.call(Call::Extend { request_id: None, time_to_live: 30 });
        let request = shell.answer("/requests/r-1", answer);
        assert_eq!(request.body.as_deref(), Some(r#"{"time_to_live_seconds":1800}"#));
        call
    };
    let longer = GRANT.replace("10:00", "10:30");
    let call = extend(&mut shell, json(200, &longer));
    let ends = |shell: &Shell, call| match &shell.done[&call] {
        Ok(Outcome::Extended(extended)) => extended.expires_at.0.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ends(&shell, call), "2026-11-24T10:30:00Z");
    let call = extend(&mut shell, json(409, r#"{"code":"invalid_argument","error_msg":"ends later"}"#));
    shell.answer("/status", json(200, &status(0, "")));
    assert_eq!(ends(&shell, call), "2026-11-24T10:00:00Z");
}

#[test]
fn an_estimate_asks_for_nothing() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(Call::View(View::Estimate(order())));
    let estimate = r#"{"nodes":2,"clamped":false,"expires_at":"2026-11-24T10:00:00Z","cost_micro_usd":113000,"free_micro_usd":1,"target_nodes":2,"explanation":"","runway":null}"#;
    let request = shell.answer("/estimate?nodes=2&time_to_live_seconds=900", json(200, estimate));
    assert_eq!(request.body, None);
    assert_eq!(shell.done[&call], Ok(Outcome::Text(estimate.to_owned())), "as the server wrote it");

    let call = shell.call(Call::View(View::Estimate(order())));
    shell.answer("/estimate?", json(200, r#"{"nodes":"two"}"#));
    assert_eq!(shell.failure(call).code, ErrorCode::BadResponse);
}

#[test]
fn plugins_are_held_to_the_same_rule() {
    for (plugin, words) in [
        (
            "icesat2",
            "Client (version (4, 20, 0)) is incompatible with the icesat2 plugin (version (3, 1, 0))",
        ),
        ("gedi", "the server has no plugin `gedi`"),
    ] {
        let mut shell = Shell::signed_in("acme");
        let call = shell.call(Call::CheckVersion { plugins: vec![plugin.into()] });
        shell.answer("/source/version", json(200, VERSION));
        assert_eq!(shell.failure(call).message, words);
    }
}
