//! A session in place of one whose instance of the module failed: what the shell tells it, and what it finds kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sliderule_api::ErrorCode;
use sliderule_session::call::Credentials;
use sliderule_session::{Call, Event, Outcome, Settings};
use support::{Shell, json, order, settings};

const GRANT: &str = r#"{"request":{"id":"r-1","user":"ada","nodes":2,"expires_at":"2026-11-24T10:00:00Z"},"clamped":false,"cost_micro_usd":1}"#;
/// Of `{"user_name":"ada"}`.
const CLAIMS: &str = "eyJ1c2VyX25hbWUiOiJhZGEifQ";

/// A shell in place of another, over the same token store.
fn after(shell: &Shell, settings: Settings) -> Shell {
    let mut next = Shell::with(settings);
    next.store.clone_from(&shell.store);
    next
}

fn by_name(shell: &mut Shell, name: &str) -> Result<Outcome, ErrorCode> {
    let credentials = Some(Credentials { username: Some(name.into()), ..Credentials::default() });
    let call = shell.call(Call::Authenticate { organization: None, credentials });
    shell.done.remove(&call).unwrap().map_err(|failure| failure.code)
}

#[test]
fn a_user_name_finds_what_is_kept_of_that_user_however_they_signed_in_and_of_nobody_else() {
    let mut shell = Shell::new(Some("acme"));
    let github = Credentials { github_token: Some("SECRET-github".into()), ..Credentials::default() };
    shell.call(Call::Authenticate { organization: None, credentials: Some(github) });
    let answer = format!(
        r#"{{"exp":"","access_lifetime":"3600.0","refresh_lifetime":"86400.0","refresh":"r","access":"e30.{CLAIMS}.x"}}"#
    );
    shell.answer("/api/org_token_github/", json(200, &answer));

    let mut next = after(&shell, settings(Some("acme")));
    assert_eq!(by_name(&mut next, "bob"), Err(ErrorCode::CredentialsMissing));
    let Ok(Outcome::Authentication(who)) = by_name(&mut next, "ada") else { panic!("ada is not found") };
    assert_eq!(who.user.as_deref(), Some("ada"));
    assert!(next.fetches.is_empty(), "nothing was asked of the server");
}

#[test]
fn requests_are_told_when_they_change_and_are_the_next_sessions_to_release() {
    let mut shell = Shell::signed_in("acme");
    shell.call(Call::UpdateAvailableServers { order: Some(order()) });
    shell.answer("/requests", json(201, GRANT));
    let requests = told(&shell);
    assert_eq!(requests.len(), 1);

    let mut next = after(&shell, Settings { requests, ..settings(Some("acme")) });
    by_name(&mut next, "ada").unwrap();
    next.call(Call::Release { request_id: None });
    let request = next.answer("/requests/r-1", json(200, r#"{"id":"r-1","target_nodes":0}"#));
    assert!(request.url.ends_with("/requests/r-1"));
    assert!(told(&next).is_empty());
}

/// What was said last of the session's requests.
fn told(shell: &Shell) -> Vec<(sliderule_api::OrganizationName, sliderule_api::RequestId)> {
    let mut events = shell.events.iter().rev();
    events
        .find_map(
            |event| if let Event::Requests { requests } = event { Some(requests.clone()) } else { None },
        )
        .unwrap()
}
