//! Whatever happens in whatever order: no panic, one refresh at a time, no token at a foreign address, no secret
//! shown, every call ends once, and the same inputs give the same effects.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use proptest::prelude::*;
use sliderule_session::call::View;
use sliderule_session::{Answer, Call, CallId, Effect, Input, Request, Response};
use support::{ORIGIN, Shell, authorization, credentials, json, order, source, tokens};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Act {
    Call(u8),
    Cancel(u8),
    /// Which request under way, and what it is answered.
    Answer(u8, u8),
    Pass(u32),
    /// What is listened to goes on, with so many nodes ready, or ends.
    Say(u8, u8),
    /// The clock here is set.
    Jump(u64),
    Heard(String),
    /// Another tab has news, asks, or signs out.
    Sibling(u8),
    /// Other tabs take their time to answer from now on; or their time is up.
    Ask(bool),
    Duplicate(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..14_u8).prop_map(Act::Call),
        1 => any::<u8>().prop_map(Act::Cancel),
        8 => (any::<u8>(), 0..16_u8).prop_map(|(which, what)| Act::Answer(which, what)),
        3 => prop_oneof![0..2_000_u32, 0..4_000_000_u32].prop_map(Act::Pass),
        2 => (any::<u8>(), 0..4_u8).prop_map(|(which, ready)| Act::Say(which, ready)),
        1 => prop_oneof![0..4_000_000_u64, Just(u64::MAX), Just(0)].prop_map(Act::Jump),
        1 => ".{0,60}".prop_map(Act::Heard),
        2 => (0..4_u8).prop_map(Act::Sibling),
        1 => any::<bool>().prop_map(Act::Ask),
        1 => any::<u8>().prop_map(Act::Duplicate),
    ]
}

fn call(which: u8) -> Call {
    match which {
        0 => Call::Init {
            credentials: credentials(),
            order: Some(order()),
            plugins: vec![],
            timeout_ms: 60_000,
        },
        1 => Call::Init { credentials: None, order: None, plugins: vec![], timeout_ms: 60_000 },
        2 => Call::Authenticate { organization: Some("acme".into()), credentials: credentials() },
        3 => Call::Authenticate { organization: Some("other".into()), credentials: credentials() },
        4 => Call::UpdateAvailableServers { order: Some(order()) },
        5 => Call::Scaleout { order: order(), min_ready: None, timeout_ms: 60_000 },
        6 => source("version"),
        7 => {
            Call::Service { api: "atl06p".into(), parameters: "{}".into(), streams: true, timeout_ms: 60_000 }
        }
        8 => Call::View(View::Status),
        9 => Call::View(View::Costs),
        10 => Call::Release { request_id: None },
        11 => Call::Extend { request_id: None, time_to_live: 15 },
        12 => Call::View(View::Estimate(order())),
        _ => Call::SignOut {},
    }
}

/// What our own API says of a cluster with so many ready nodes.
fn status(organization: &str, ready: u8) -> String {
    format!(
        r#"{{"organization":"{organization}","state":"running","blocked":null,"message":"m","nodes":{{"booting":0,"ready":{ready},"draining":0,"stopping":0}},"target_nodes":2,"min_nodes":0,"max_nodes":3,"version":"v4.20.0","is_public":false,"requests":[{{"id":"r-1","user":"ada","nodes":2,"expires_at":"2026-11-24T10:00:00Z"}}],"balance_micro_usd":1}}"#
    )
}

/// What a server may say to a request: what fits, what does not, and nothing.
fn answer(what: u8, request: &Request, serial: u32) -> Answer {
    let organization = if request.url.contains("other")
        || request.body.as_deref().is_some_and(|body| body.contains("other"))
    {
        "other"
    } else {
        "acme"
    };
    let plain = |status, content_type: &str, body: &str| {
        Answer::Response(Response {
            status,
            content_type: content_type.into(),
            retry_after_seconds: Some(3),
            date: None,
            body: body.into(),
        })
    };
    match what {
        0..=7 if request.url.contains("org_token") => tokens(organization, serial),
        0..=7 if request.url.ends_with("/requests") => json(
            201,
            r#"{"request":{"id":"r-1","user":"ada","nodes":2,"expires_at":"2026-11-24T10:00:00Z"},"clamped":false,"cost_micro_usd":1}"#,
        ),
        0..=7 if request.url.ends_with("/source/version") => json(200, r#"{"server":{"version":"v4.20.0"}}"#),
        0..=7 if request.stream => plain(200, "application/octet-stream", ""),
        0..=7 if request.url.ends_with("/events") => plain(200, "text/event-stream", ""),
        0..=7 if request.url.ends_with("/status") => json(200, &status(organization, what % 3)),
        // A server that repeats what it was sent.
        8 | 9 => json(
            401,
            &format!(r#"{{"detail":{:?}}}"#, format!("{:?} {:?}", request.body, authorization(request))),
        ),
        10 => plain(503, "text/html", "<h1>No server is available</h1>"),
        11 => plain(403, "text/html", "JWT has expired"),
        12 => plain(0, "", ""),
        13 => json(200, "null"),
        14 => json(402, r#"{"status":"FAILED","code":"insufficient_funds","error_msg":"no","detail":"no"}"#),
        _ => Answer::NoResponse("connection refused".into()),
    }
}

/// What another tab says: that it has newer tokens of ada's, or older ones; that it wants some; that it signed out.
fn word(what: u8, serial: u32, now: u64) -> String {
    let place = format!("sliderule {ORIGIN} acme");
    let issued_at = if what == 0 { now.saturating_add(1) } else { 1 };
    match what {
        0 | 1 => format!(
            r#"{{"news":{{"key":"{place} user:ada","tokens":{{"access":"SECRET-access-acme-{serial}","refresh":"SECRET-refresh-acme-{serial}","user":"ada","principal":"user:ada","issued_at":{issued_at},"renew_at":{},"expires_at":{},"ours":true}}}}}}"#,
            now.saturating_add(1_800_000),
            now.saturating_add(3_600_000),
        ),
        2 => format!(r#"{{"ask":{{"place":"{place}","principal":null,"after":0}}}}"#),
        _ => format!(r#"{{"signed_out":{{"key":"{place} user:ada"}}}}"#),
    }
}

/// Plays the acts, and checks after each what always holds.
fn play(acts: &[Act]) -> Shell {
    let mut shell = Shell::new(Some("acme"));
    shell.has_events = true;
    let mut cancelled: Vec<CallId> = Vec::new();
    let mut begun = 0_u32;
    let mut serial = 1;
    for act in acts {
        match act {
            Act::Call(which) => {
                shell.call(call(*which));
                begun += 1;
            }
            Act::Cancel(which) => {
                let id = CallId(1 + u32::from(*which) % begun.max(1));
                if begun > 0 && !shell.done.contains_key(&id) {
                    cancelled.push(id);
                }
                shell.step(Input::Cancel(id));
            }
            Act::Answer(which, what) => {
                let ports: Vec<_> = shell.fetches.keys().copied().collect();
                let Some(port) = ports.get(usize::from(*which) % ports.len().max(1)).copied() else {
                    continue;
                };
                let request = shell.fetches.remove(&port).unwrap();
                serial += 1;
                shell.step(Input::Answered { port, answer: answer(*what, &request, serial) });
            }
            Act::Pass(milliseconds) => shell.pass(*milliseconds),
            Act::Say(which, 3) => shell.say(*which, Answer::Done),
            Act::Say(which, ready) => {
                let event = format!("event: status\ndata: {}\n\n", status("acme", *ready));
                shell.say(*which, Answer::Piece(event.into_bytes()));
            }
            Act::Jump(now) => shell.now = *now,
            Act::Heard(message) => shell.step(Input::Heard(message.clone())),
            Act::Sibling(what) => {
                serial += 1;
                shell.step(Input::Heard(word(*what, serial, shell.now)));
            }
            Act::Ask(hold) => {
                shell.hold_asks = *hold;
                shell.end_asks();
            }
            Act::Duplicate(port) => {
                let port = sliderule_session::PortId(u32::from(*port));
                if !shell.fetches.contains_key(&port) && !shell.sleeps.contains_key(&port) {
                    shell.step(Input::Answered { port, answer: Answer::Done });
                }
            }
        }
        check(&shell, &cancelled);
    }
    shell
}

fn check(shell: &Shell, cancelled: &[CallId]) {
    for organization in ["acme", "other"] {
        let refreshes = shell.under_way("/refresh/").into_iter().filter(|port| {
            shell.fetches[port]
                .body
                .as_deref()
                .is_some_and(|body| body.contains(&format!("refresh-{organization}-")))
        });
        assert!(refreshes.count() <= 1, "one refresh at a time");
        for request in shell.fetches.values() {
            assert!(request.url.starts_with(ORIGIN), "{}", request.url);
            if let Some(token) = authorization(request) {
                let theirs = token.contains(&format!("-{organization}-"));
                assert!(!theirs || request.url.contains(organization), "{} got another's token", request.url);
            }
        }
    }
    assert!(
        cancelled.iter().all(|call| !shell.done.contains_key(call)),
        "a cancelled call is not heard of again"
    );
}

fn shown(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Fetch { request, .. } => Some(request.url.clone()),
        Effect::Emit { event, .. } => Some(event.to_json()),
        Effect::Done { result: Err(failure), .. } => Some(failure.to_json()),
        Effect::Done { result: Ok(outcome), .. } => Some(outcome.to_json()),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_breaks_a_promise(acts in prop::collection::vec(act(), 1..80)) {
        let shell = play(&acts);
        for effect in &shell.log {
            prop_assert!(!format!("{effect:?}").contains("SECRET"), "{effect:?}");
            if let Some(shown) = shown(effect) {
                prop_assert!(!shown.contains("SECRET"), "{shown}");
            }
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_effects(acts in prop::collection::vec(act(), 1..40)) {
        prop_assert_eq!(play(&acts).log, play(&acts).log);
    }

    #[test]
    fn disposing_ends_every_call_and_leaves_only_what_cannot_be_taken_back(acts in prop::collection::vec(act(), 1..40)) {
        let mut shell = play(&acts);
        shell.step(Input::Dispose);
        for request in shell.fetches.values() {
            let last = ["/refresh/", "/requests", "/blacklist/"];
            prop_assert!(last.iter().any(|end| request.url.ends_with(end)), "{request:?}");
        }
        // Three tries of a minute at most, each after half a minute, and all that once more with a new token.
        shell.hold_asks = false;
        for _ in 0..20 {
            shell.end_asks();
            shell.pass(60_000);
        }
        prop_assert!(shell.fetches.is_empty(), "{:?}", shell.fetches);
        prop_assert!(shell.sleeps.is_empty());
        prop_assert!(shell.locks.values().all(Vec::is_empty));
    }
}
