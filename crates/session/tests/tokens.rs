//! Tokens: renewed once however many ask, lost to nobody's race, and never sent elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sliderule_api::ErrorCode;
use sliderule_session::{Answer, Call, Effect, Input, PortId};
use support::{Shell, authorization, credentials, json, source, tokens};

const HALF_LIFE_MS: u32 = 1_800_000;
const VERSION: &str = r#"{"server":{"version":"v4.20.0"}}"#;
/// Where ada's record is kept, and the lock of that name.
const RECORD: &str = "sliderule https://slides.test acme user:ada";

#[test]
fn many_calls_at_half_life_share_one_refresh() {
    let mut shell = Shell::signed_in("acme");
    shell.pass(HALF_LIFE_MS);
    let calls = [(); 5].map(|()| shell.call(source("version")));
    assert_eq!(shell.fetches.len(), 1, "{:?}", shell.fetches);
    shell.answer("/api/org_token/refresh/", tokens("acme", 2));
    assert_eq!(shell.under_way("/source/version").len(), 5);
    for call in calls {
        let request = shell.answer("/source/version", json(200, VERSION));
        assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
        assert!(shell.done[&call].is_ok());
    }
}

#[test]
fn cancelling_the_call_that_began_a_refresh_does_not_lose_the_new_tokens() {
    let mut shell = Shell::signed_in("acme");
    shell.pass(HALF_LIFE_MS);
    let call = shell.call(source("version"));
    shell.step(Input::Cancel(call));
    shell.answer("/api/org_token/refresh/", tokens("acme", 2));
    shell.call(source("version"));
    let request = shell.answer("/source/version", json(200, VERSION));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
    assert!(!shell.done.contains_key(&call), "a cancelled call is not heard of again");
}

#[test]
fn a_failed_early_refresh_signs_nobody_out_and_is_not_repeated_for_a_minute() {
    let mut shell = Shell::signed_in("acme");
    shell.pass(HALF_LIFE_MS);
    let call = shell.call(source("version"));
    shell.answer("/api/org_token/refresh/", json(500, "{}"));
    let request = shell.answer("/source/version", json(200, VERSION));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-1"));
    assert!(shell.done[&call].is_ok());
    shell.call(source("version"));
    assert!(shell.under_way("refresh").is_empty());
    shell.pass(60_000);
    shell.call(source("version"));
    assert_eq!(shell.under_way("refresh").len(), 1);
}

#[test]
fn a_refused_token_is_renewed_and_the_request_sent_once_more() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(source("version"));
    shell.answer("/source/version", json(401, r#"{"detail":"no","code":"token_not_valid"}"#));
    shell.answer("/api/org_token/refresh/", tokens("acme", 2));
    let request = shell.answer("/source/version", json(401, "{}"));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
    assert_eq!(shell.failure(call).code, ErrorCode::ReauthenticationRequired);
    assert!(shell.fetches.is_empty());
}

#[test]
fn a_tab_that_loses_the_race_takes_the_winners_tokens() {
    let mut winner = Shell::signed_in("acme");
    let mut loser = Shell::signed_in("acme");
    for shell in [&mut winner, &mut loser] {
        shell.pass(2 * HALF_LIFE_MS);
        shell.call(source("version"));
    }
    winner.answer("/api/org_token/refresh/", tokens("acme", 2));
    loser.answer("/api/org_token/refresh/", json(401, r#"{"detail":"Token is blacklisted"}"#));
    assert!(loser.done.is_empty(), "it waits a moment for news before it believes that it is signed out");
    loser.step(Input::Heard(winner.broadcasts.pop().unwrap()));
    loser.pass(500);
    let request = loser.answer("/source/version", json(200, VERSION));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
}

/// Tokens that another tab renewed, as it tells of them.
fn news() -> String {
    let mut other = Shell::signed_in("acme");
    other.pass(HALF_LIFE_MS);
    other.call(source("version"));
    other.answer("/api/org_token/refresh/", tokens("acme", 2));
    other.broadcasts.pop().unwrap()
}

#[test]
fn a_duplicated_tab_that_waited_for_the_lock_takes_what_it_was_told_meanwhile() {
    for told_in_time in [true, false] {
        let mut shell = Shell::signed_in("acme");
        shell.locks.insert(RECORD.into(), vec![PortId(u32::MAX)]);
        shell.pass(HALF_LIFE_MS);
        shell.call(source("version"));
        shell.pass(300);
        if told_in_time {
            shell.step(Input::Heard(news()));
        }
        shell.hold_asks = true;
        let port = shell.locks[RECORD][1];
        shell.locks.get_mut(RECORD).unwrap().remove(0);
        shell.step(Input::Answered { port, answer: Answer::Done });
        if !told_in_time {
            assert_eq!(shell.asked.len(), 2, "before it waited, and after");
            shell.step(Input::Heard(news()));
        }
        let request = shell.answer("/source/version", json(200, VERSION));
        assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
        assert!(shell.store[RECORD].contains("SECRET-refresh-acme-2"));
        assert!(shell.fetches.is_empty() && shell.locks.values().all(Vec::is_empty));
    }
}

#[test]
fn a_duplicated_tab_keeps_what_it_is_told_for_its_next_page() {
    let mut shell = Shell::signed_in("acme");
    shell.step(Input::Heard(news()));
    assert!(shell.store[RECORD].contains("SECRET-refresh-acme-2"));
    assert!(shell.locks.values().all(Vec::is_empty));

    // A shared store may have newer ones already.
    let mut shell = Shell::signed_in("acme");
    let newer = shell.store[RECORD].replace("acme-1", "acme-3").replace("1000000", "99000000");
    shell.store.insert(RECORD.into(), newer.clone());
    shell.step(Input::Heard(news()));
    assert_eq!(shell.store[RECORD], newer);
}

#[test]
fn tokens_that_another_session_put_into_the_store_are_used_instead_of_a_refresh() {
    let mut shell = Shell::signed_in("acme");
    let mut other = Shell::signed_in("acme");
    other.pass(HALF_LIFE_MS);
    other.call(source("version"));
    other.answer("/api/org_token/refresh/", tokens("acme", 2));
    shell.store = other.store;
    shell.pass(HALF_LIFE_MS);
    shell.call(source("version"));
    let request = shell.answer("/source/version", json(200, VERSION));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
}

#[test]
fn news_about_another_deployment_organization_or_user_change_nothing() {
    let mut other = Shell::signed_in("acme");
    other.pass(2 * HALF_LIFE_MS);
    other.call(source("version"));
    other.answer("/api/org_token/refresh/", tokens("acme", 2));
    let news = other.broadcasts.pop().unwrap();
    let mut shell = Shell::signed_in("acme");
    for wrong in [
        news.replace("slides.test", "evil.test"),
        news.replace(" acme ", " other "),
        news.replace("ada", "bob"),
        news.replace("SECRET-access-acme-2", "a\\nb"),
        "{".into(),
    ] {
        shell.step(Input::Heard(wrong));
    }
    shell.call(source("version"));
    let request = shell.answer("/source/version", json(200, VERSION));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-1"));
}

#[test]
fn each_organization_has_tokens_of_its_own() {
    let mut shell = Shell::signed_in("acme");
    let early = shell.call(source("version"));
    shell.call(Call::Authenticate { organization: Some("other".into()), credentials: credentials() });
    shell.answer("/api/org_token/", tokens("other", 9));
    shell.call(source("version"));
    let sent: Vec<_> = shell
        .fetches
        .values()
        .map(|request| (request.url.clone(), authorization(request).unwrap().to_owned()))
        .collect();
    assert_eq!(
        sent,
        [
            ("https://slides.test/clusters/acme/source/version".into(), "Bearer SECRET-access-acme-1".into()),
            (
                "https://slides.test/clusters/other/source/version".into(),
                "Bearer SECRET-access-other-9".into()
            ),
        ]
    );
    assert!(!shell.done.contains_key(&early));
}

#[test]
fn a_password_is_never_stored_and_a_record_is_kept_by_user() {
    let shell = Shell::signed_in("acme");
    let record = &shell.store["sliderule https://slides.test acme user:ada"];
    assert!(record.contains("SECRET-refresh-acme-1") && !record.contains(support::PASSWORD));
}

#[test]
fn cancelling_stops_what_the_call_has_under_way() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(source("version"));
    let port = shell.under_way("/source/version")[0];
    shell.step(Input::Cancel(call));
    assert!(shell.log.contains(&Effect::Abandon { port }));
    assert!(shell.fetches.is_empty() && shell.sleeps.is_empty());
    shell.step(Input::Answered { port, answer: Answer::NoResponse("late".into()) });
    assert!(shell.done.is_empty());
}

#[test]
fn disposing_during_a_refresh_saves_the_new_tokens_and_gives_the_lock_back() {
    let mut shell = Shell::signed_in("acme");
    shell.pass(HALF_LIFE_MS);
    let call = shell.call(source("version"));
    shell.step(Input::Dispose);
    assert_eq!(shell.failure(call).code, ErrorCode::InvalidArgument);
    shell.answer("/api/org_token/refresh/", tokens("acme", 2));
    assert!(shell.store["sliderule https://slides.test acme user:ada"].contains("SECRET-refresh-acme-2"));
    assert!(shell.locks.values().all(Vec::is_empty) && shell.sleeps.is_empty());
}

#[test]
fn signing_out_forgets_what_another_session_left_in_the_store() {
    let mut shell = Shell::new(Some("acme"));
    shell.store = Shell::signed_in("acme").store;
    let call = shell.call(Call::SignOut {});
    shell.answer("/api/token/blacklist/", json(200, "{}"));
    assert!(shell.done[&call].is_ok());
    assert!(shell.store.is_empty(), "{:?}", shell.store.keys());
}

#[test]
fn an_authenticate_wins_over_the_sign_in_of_an_init_under_way() {
    let mut shell = Shell::new(Some("acme"));
    let init = shell.call(Call::Init {
        credentials: credentials(),
        order: None,
        plugins: vec![],
        timeout_ms: 60_000,
    });
    shell.call(Call::Authenticate { organization: None, credentials: credentials() });
    let late = shell.under_way("/api/org_token/")[0];
    let early = shell.under_way("/api/org_token/")[1];
    for (port, serial) in [(early, 2), (late, 1)] {
        shell.fetches.remove(&port);
        shell.step(Input::Answered { port, answer: tokens("acme", serial) });
    }
    let request = shell.answer("/source/version", json(200, VERSION));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
    assert!(shell.done[&init].is_ok());
    assert!(shell.store["sliderule https://slides.test acme user:ada"].contains("SECRET-refresh-acme-2"));
}

#[test]
fn a_cached_sign_in_that_has_ended_is_renewed_or_rejected() {
    for renewed in [true, false] {
        let mut shell = Shell::new(Some("acme"));
        shell.store = Shell::signed_in("acme").store;
        shell.pass(2 * HALF_LIFE_MS);
        let call = shell.call(Call::Authenticate { organization: None, credentials: None });
        if renewed {
            shell.answer("/api/org_token/refresh/", tokens("acme", 2));
            assert!(shell.done[&call].is_ok());
        } else {
            shell.answer("/api/org_token/refresh/", json(401, r#"{"detail":"Token is blacklisted"}"#));
            shell.pass(500);
            assert_eq!(shell.failure(call).code, ErrorCode::ReauthenticationRequired);
            let init = shell.call(Call::Init {
                credentials: None,
                order: None,
                plugins: vec![],
                timeout_ms: 60_000,
            });
            assert!(shell.done[&init].is_ok(), "it begins as if nobody had been signed in");
        }
    }
}

/// A token answer of an odd lifetime.
fn lifetime(text: &str, serial: u32) -> Answer {
    json(
        200,
        &format!(
            r#"{{"exp":"","access_lifetime":"{text}","refresh_lifetime":"NaN","refresh":"SECRET-refresh-acme-{serial}","access":"SECRET-access-acme-{serial}"}}"#
        ),
    )
}

#[test]
fn half_of_a_lifetime_is_counted_to_the_millisecond() {
    for (text, half) in [("0.2", 100), ("1.5", 750), ("2", 1_000), ("0.0509", 25)] {
        let mut shell = Shell::new(Some("acme"));
        shell.call(Call::Authenticate { organization: None, credentials: credentials() });
        shell.answer("/api/org_token/", lifetime(text, 1));
        for (passes, refreshes) in [(half - 1, 0), (1, 1)] {
            shell.pass(passes);
            shell.call(source("version"));
            assert_eq!(shell.under_way("/refresh/").len(), refreshes, "{text}");
        }
    }
}

#[test]
fn odd_lifetimes_neither_break_a_sign_in_nor_make_a_storm() {
    for odd in ["0", "-1", "NaN", "inf", "1e300", "soon"] {
        let mut shell = Shell::new(Some("acme"));
        let call = shell.call(Call::Authenticate { organization: None, credentials: credentials() });
        shell.answer("/api/org_token/", lifetime(odd, 1));
        assert!(shell.done[&call].is_ok(), "{odd}");
        for _ in 0..3 {
            shell.call(source("version"));
            let request = shell.answer("/source/version", json(200, VERSION));
            assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-1"), "{odd}");
        }
    }
}

#[test]
fn a_clock_that_is_set_moves_no_end_of_a_token_once_the_server_says_what_time_it_is() {
    for wrong in [0, 10_000_000_000] {
        let mut shell = Shell::signed_in("acme");
        let right = shell.now;
        shell.now = wrong;
        shell.call(source("version"));
        let dated = sliderule_session::Response {
            status: 200,
            content_type: "application/json".into(),
            retry_after_seconds: None,
            date: Some(right),
            body: VERSION.into(),
        };
        if wrong > right {
            // Taken for ended, and renewed for nothing; the answer says what time it is.
            shell.answer("/api/org_token/refresh/", Answer::Response(dated.clone()));
        }
        for _ in shell.under_way("/source/version") {
            shell.answer("/source/version", Answer::Response(dated.clone()));
        }
        shell.call(source("version"));
        assert!(shell.under_way("refresh").is_empty(), "half of its life has not passed");
        shell.pass(HALF_LIFE_MS);
        shell.call(source("version"));
        assert_eq!(shell.under_way("refresh").len(), 1, "{wrong}");
    }
}

#[test]
fn what_a_browser_shows_of_a_refusal_without_cors_is_met_with_one_refresh_past_half_life() {
    let mut shell = Shell::signed_in("acme");
    shell.pass(HALF_LIFE_MS);
    let call = shell.call(source("version"));
    shell.answer("/api/org_token/refresh/", json(500, "{}"));
    for _ in 0..3 {
        shell.answer("/source/version", Answer::NoResponse("Failed to fetch".into()));
        shell.pass(2_000);
    }
    shell.answer("/api/org_token/refresh/", tokens("acme", 2));
    let request = shell.answer("/source/version", json(200, VERSION));
    assert_eq!(authorization(&request), Some("Bearer SECRET-access-acme-2"));
    assert!(shell.done[&call].is_ok());
}

#[test]
fn a_refresh_that_fails_after_the_end_is_not_asked_for_by_every_caller_again() {
    let mut shell = Shell::signed_in("acme");
    shell.pass(2 * HALF_LIFE_MS);
    let first = shell.call(source("version"));
    shell.answer("/api/org_token/refresh/", json(500, "{}"));
    assert_eq!(shell.failure(first).code, ErrorCode::BadResponse);
    let second = shell.call(source("version"));
    assert_eq!(shell.failure(second).code, ErrorCode::BadResponse);
    shell.pass(5_000);
    shell.call(source("version"));
    assert_eq!(shell.under_way("refresh").len(), 1);
}

#[test]
fn a_new_tab_takes_the_tokens_of_another_one_and_none_of_another_user() {
    let mut first = Shell::signed_in("acme");
    let asked = |shell: &mut Shell, username: Option<&str>| {
        let username = username.map(str::to_owned);
        let credentials = username.map(|username| sliderule_session::call::Credentials {
            username: Some(username),
            ..Default::default()
        });
        shell.call(Call::Authenticate { organization: None, credentials })
    };
    let mut shell = Shell::new(Some("acme"));
    shell.hold_asks = true;
    let call = asked(&mut shell, None);
    first.step(Input::Heard(shell.asked.pop().unwrap()));
    let news = first.broadcasts.pop().unwrap();
    shell.step(Input::Heard(news.clone()));
    assert!(shell.done[&call].is_ok(), "what was told is not waited for any longer");
    assert!(shell.store["sliderule https://slides.test acme user:ada"].contains("SECRET-refresh-acme-1"));

    let mut bob = Shell::new(Some("acme"));
    bob.hold_asks = true;
    let call = asked(&mut bob, Some("bob"));
    first.step(Input::Heard(bob.asked.pop().unwrap()));
    assert!(first.broadcasts.is_empty(), "nobody asked for ada's");
    bob.step(Input::Heard(news.clone()));
    bob.end_asks();
    assert_eq!(bob.failure(call).code, ErrorCode::CredentialsMissing);

    let mut idle = Shell::new(Some("acme"));
    idle.step(Input::Heard(news));
    idle.call(source("version"));
    assert_eq!(
        authorization(&idle.answer("/source/version", json(200, VERSION))),
        None,
        "it asked for nothing"
    );
}

#[test]
fn who_asked_and_was_cancelled_takes_nothing_up_and_another_call_that_asks_does() {
    let kept = Shell::signed_in("acme").store[RECORD].clone();
    let news = format!(r#"{{"news":{{"key":"{RECORD}","tokens":{kept}}}}}"#);
    let ask = || Call::Authenticate { organization: None, credentials: None };

    let mut shell = Shell::new(Some("acme"));
    shell.hold_asks = true;
    let call = shell.call(ask());
    shell.step(Input::Cancel(call));
    shell.step(Input::Heard(news.clone()));
    shell.end_asks();
    assert!(shell.store.is_empty());
    shell.call(source("version"));
    assert_eq!(authorization(&shell.answer("/source/version", json(200, VERSION))), None);

    let mut shell = Shell::new(Some("acme"));
    shell.hold_asks = true;
    let (cancelled, other) = (shell.call(ask()), shell.call(ask()));
    shell.step(Input::Cancel(cancelled));
    shell.step(Input::Heard(news));
    assert!(shell.done[&other].is_ok());
}

#[test]
fn a_sign_out_that_was_begun_is_finished_whoever_waits_for_it() {
    let mut shell = Shell::signed_in("acme");
    let last = shell.store["sliderule https://slides.test acme"].clone();
    assert_eq!(last, "user:ada");
    // Somebody else signed in over the same store since.
    let bobs = shell.store[RECORD].replace("ada", "bob").replace("acme-1", "acme-2");
    shell.store.insert(RECORD.replace("ada", "bob"), bobs);
    shell.store.insert("sliderule https://slides.test acme".into(), "user:bob".into());
    let call = shell.call(Call::SignOut {});
    shell.step(Input::Cancel(call));
    assert!(shell.store.is_empty(), "before the server is asked");
    shell.answer("/api/token/blacklist/", json(200, "{}"));
    shell.answer("/api/token/blacklist/", json(200, "{}"));
    assert!(shell.fetches.is_empty() && shell.done.is_empty());
}

#[test]
fn signing_out_revokes_the_tokens_and_ends_the_other_tabs_too() {
    let mut shell = Shell::signed_in("acme");
    let mut other = Shell::signed_in("acme");
    let call = shell.call(Call::SignOut {});
    let request = shell.answer("/api/token/blacklist/", json(200, "{}"));
    assert_eq!(request.body.as_deref(), Some(r#"{"refresh":"SECRET-refresh-acme-1"}"#));
    assert!(request.outlives_page, "whoever signs out may close the page at once");
    assert!(shell.done[&call].is_ok() && shell.store.is_empty());
    other.step(Input::Heard(shell.broadcasts.pop().unwrap()));
    assert!(!other.store.contains_key("sliderule https://slides.test acme user:ada"));
    other.call(source("version"));
    assert_eq!(authorization(&other.answer("/source/version", json(200, VERSION))), None);
}

#[test]
fn a_sign_out_does_not_wait_for_a_server_that_is_gone() {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(Call::SignOut {});
    assert!(shell.store.keys().all(|key| !key.contains("user:")), "forgotten first");
    shell.pass(5_000);
    assert!(shell.done[&call].is_ok());
}

#[test]
fn a_github_token_finds_its_own_tokens_again_and_no_others() {
    let github = |token: &str| {
        Some(sliderule_session::call::Credentials { github_token: Some(token.into()), ..Default::default() })
    };
    let mut shell = Shell::new(Some("acme"));
    shell.call(Call::Authenticate { organization: None, credentials: github("SECRET-ghp") });
    shell.answer("/api/org_token_github/", tokens("acme", 1));
    let mut again = Shell::new(Some("acme"));
    again.store = shell.store.clone();
    let call = again.call(Call::Authenticate { organization: None, credentials: github("SECRET-ghp") });
    assert!(again.done[&call].is_ok() && again.fetches.is_empty());
    again.call(Call::Authenticate { organization: None, credentials: github("SECRET-other") });
    assert_eq!(again.under_way("/api/org_token_github/").len(), 1);
    assert!(again.store.keys().all(|key| !key.contains("SECRET")));
}
