//! How long the client waits, how often it asks, and what it asks again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sliderule_api::ErrorCode;
use sliderule_session::{Answer, Call, Effect, Input, Outcome, Response};
use support::{Shell, credentials, json, order, source};

const VERSION: &str = r#"{"server":{"version":"v4.20.0"}}"#;
const OLDER_TOKENS: &str =
    r#"{"exp":"","access_lifetime":"3600.0","refresh_lifetime":"86400.0","refresh":"r-1","access":"a-1"}"#;

/// A session signed in to an older provisioning system.
fn older() -> Shell {
    let mut shell = Shell::new(Some("acme"));
    shell.call(Call::Authenticate { organization: None, credentials: credentials() });
    shell.answer("/api/org_token/", json(200, OLDER_TOKENS));
    shell.done.clear();
    shell
}

/// The one pause that the session takes now, beside the time limits of requests.
fn pause(shell: &Shell, limit: u32) -> u32 {
    let pauses: Vec<u32> = shell.sleeps.values().copied().filter(|sleep| *sleep < limit).collect();
    assert_eq!(pauses.len(), 1, "{:?}", shell.sleeps);
    pauses[0]
}

#[test]
fn a_request_that_nothing_answers_is_sent_three_times_with_growing_pauses() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(source("version"));
    for tried in 1..=2_u32 {
        shell.answer("/source/version", Answer::NoResponse("refused".into()));
        let pause = pause(&shell, 60_000);
        assert!(pause < 500 << tried, "{pause}");
        shell.pass(pause);
    }
    shell.answer("/source/version", Answer::NoResponse("refused".into()));
    // The provisioning system is asked whether the cluster is simply off; it does not answer either.
    for _ in 0..3 {
        shell.answer("/status", Answer::NoResponse("refused".into()));
        shell.pass(2_000);
    }
    let failure = shell.failure(call);
    assert_eq!((failure.code, failure.retryable), (ErrorCode::Unreachable, true));
}

#[test]
fn retry_after_is_honoured_up_to_half_a_minute() {
    for (asked, least) in [(3, 3_000), (86_400, 30_000)] {
        let mut shell = Shell::signed_in("acme");
        shell.call(source("version"));
        let busy = Response {
            status: 503,
            content_type: "text/plain".into(),
            retry_after_seconds: Some(asked),
            date: None,
            body: "Memory exceeded".into(),
        };
        shell.answer("/source/version", Answer::Response(busy));
        let pause = pause(&shell, 60_000);
        assert!((least..least + 1_000).contains(&pause), "{pause}");
    }
}

#[test]
fn a_request_without_an_answer_is_given_up_after_a_minute_and_not_sent_again() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(Call::CheckVersion { plugins: vec![] });
    shell.pass(60_000);
    shell.answer("/status", json(500, "{}"));
    assert_eq!(shell.failure(call).code, ErrorCode::TimedOut);
    assert!(shell.fetches.is_empty() && shell.sleeps.is_empty());
}

#[test]
fn a_service_may_think_for_as_long_as_the_caller_allows_and_is_asked_once() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(Call::Service {
        api: "slow".into(),
        parameters: "{}".into(),
        streams: false,
        timeout_ms: 600_000,
    });
    shell.answer("/source/version", json(200, VERSION));
    shell.pass(599_999);
    assert_eq!(shell.under_way("/source/slow").len(), 1);
    shell.pass(1);
    assert_eq!(shell.failure(call).code, ErrorCode::TimedOut);
    assert!(shell.fetches.is_empty() && shell.sleeps.is_empty());
    let sent =
        |effect: &&Effect| matches!(effect, Effect::Fetch { request, .. } if request.url.ends_with("slow"));
    assert_eq!(shell.log.iter().filter(sent).count(), 1);
}

#[test]
fn an_order_that_is_sent_again_is_the_same_order() {
    let mut shell = Shell::signed_in("acme");
    shell.call(Call::UpdateAvailableServers { order: Some(order()) });
    let first = shell.answer("/requests", Answer::NoResponse("reset".into()));
    shell.pass(1_000);
    let second = shell.answer("/requests", Answer::NoResponse("reset".into()));
    let key = |request: &sliderule_session::Request| {
        request.headers.iter().find(|(name, _)| *name == "Idempotency-Key").unwrap().1.clone()
    };
    assert_eq!(key(&first), key(&second));
    assert_eq!(key(&first).len(), 32);
}

#[test]
fn an_older_cluster_is_asked_ever_more_rarely_but_at_least_every_ten_seconds() {
    let mut shell = older();
    shell.call(Call::Scaleout { order: order(), min_ready: None, timeout_ms: 600_000 });
    shell.answer(
        "/api/org_num_nodes/acme/",
        json(200, r#"{"status":"SUCCESS","min_nodes":0,"current_nodes":0,"max_nodes":9,"version":null,"is_public":false}"#),
    );
    shell.answer(
        "/api/desired_org_num_nodes_ttl/acme/2/15/",
        json(200, r#"{"status":"QUEUED","msg":"","error_msg":""}"#),
    );
    let mut pauses = Vec::new();
    for _ in 0..6 {
        shell.answer("/discovery/status", json(200, r#"{"nodes":0}"#));
        pauses.push(pause(&shell, 60_000));
        shell.pass(*pauses.last().unwrap());
    }
    for (pause, about) in pauses.iter().zip([2_000_u32, 3_000, 4_500, 6_750, 10_000, 10_000]) {
        assert!(pause.abs_diff(about) <= about / 10, "{pauses:?}");
    }
    let idle = |effect: &&Effect| matches!(effect, Effect::Sleep { idly: true, .. });
    assert_eq!(shell.log.iter().filter(idle).count(), 6, "a hidden tab may ask more rarely still");
    shell.answer("/discovery/status", json(200, r#"{"nodes":2}"#));
    assert!(
        matches!(shell.done.values().next(), Some(Ok(Outcome::Capacity(capacity))) if capacity.available_nodes == 2)
    );
    assert!(shell.sleeps.is_empty(), "nothing is left behind: {:?}", shell.sleeps);
}

#[test]
fn a_stream_that_is_none_is_given_back() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(Call::Service {
        api: "atl06p".into(),
        parameters: "{}".into(),
        streams: true,
        timeout_ms: 60_000,
    });
    shell.answer("/source/version", json(200, VERSION));
    let port = shell.under_way("/source/atl06p")[0];
    shell.answer("/source/atl06p", json(200, ""));
    assert_eq!(shell.failure(call).code, ErrorCode::BadResponse);
    assert!(shell.log.contains(&Effect::Abandon { port }), "its body would otherwise be held for ever");
}

const GRANT: &str = r#"{"request":{"id":"r-1","user":"ada","nodes":2,"expires_at":"2026-11-24T10:00:00Z"},"clamped":false,"cost_micro_usd":1}"#;

#[test]
fn an_order_is_known_however_the_call_that_placed_it_ended() {
    for cancelled in [true, false] {
        let mut shell = Shell::signed_in("acme");
        let call = shell.call(Call::Scaleout { order: order(), min_ready: None, timeout_ms: 1_000 });
        if cancelled {
            shell.step(Input::Cancel(call));
        } else {
            shell.pass(1_000);
            assert_eq!(shell.failure(call).code, ErrorCode::ScaleTimeout);
        }
        shell.call(Call::Release { request_id: None });
        assert!(shell.under_way("/requests/r-1").is_empty(), "the order is not answered yet");
        shell.answer("/requests", json(201, GRANT));
        assert_eq!(shell.under_way("/requests/r-1").len(), 1);
    }
}
