//! What a caller reads when a server refuses: what to do, what the server said, and no secret.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sliderule_api::ErrorCode;
use sliderule_session::call::Credentials;
use sliderule_session::{Answer, Call, Failure, Response, Session};
use support::{Shell, json, order, settings, tokens};

/// The failure of a sign-in with this password that is answered so.
fn refused_sign_in(password: &str, answer: Answer) -> Failure {
    let mut shell = Shell::new(Some("acme"));
    let credentials =
        Credentials { username: Some("ada".into()), password: Some(password.into()), github_token: None };
    let call = shell.call(Call::Authenticate { organization: None, credentials: Some(credentials) });
    while !shell.done.contains_key(&call) {
        shell.answer("/api/org_token/", answer.clone());
        shell.pass(2_000);
    }
    shell.failure(call)
}

/// The failure of an order that is answered so.
fn refused_order(status: u16, body: &str) -> Failure {
    let mut shell = Shell::signed_in("acme");
    let call = shell.call(Call::UpdateAvailableServers { order: Some(order()) });
    shell.answer("/requests", json(status, body));
    shell.failure(call)
}

#[test]
fn a_refusal_of_ours_is_told_in_the_servers_own_words() {
    let words = "The balance of $0.10 does not cover 4 nodes; it covers 1 node";
    let problem = format!(
        r#"{{"status":"FAILED","code":"insufficient_funds","error_msg":"{words}","detail":"{words}"}}"#
    );
    let failure = refused_order(402, &problem);
    assert_eq!((failure.code, failure.status), (ErrorCode::InsufficientFunds, Some(402)));
    assert_eq!(failure.message, words);
}

#[test]
fn a_refusal_without_words_says_what_to_do() {
    let failure =
        refused_order(402, r#"{"status":"FAILED","code":"insufficient_funds","error_msg":"","detail":""}"#);
    assert_eq!(failure.code, ErrorCode::InsufficientFunds);
    assert!(failure.message.contains("ask for fewer nodes"), "{failure}");
}

#[test]
fn an_older_servers_refusal_says_what_to_do_and_then_what_the_server_said() {
    let older = Answer::Response(Response {
        status: 401,
        content_type: "application/json".into(),
        retry_after_seconds: None,
        date: None,
        body: r#"{"detail":"No active account found with the given credentials"}"#.into(),
    });
    let failure = refused_sign_in("hunter2hunter2", older);
    assert_eq!(failure.code, ErrorCode::WrongCredentials);
    assert!(
        failure.message.starts_with("user name and password, or the GitHub token, are not right"),
        "{failure}"
    );
    assert!(
        failure.message.ends_with("(the server said: No active account found with the given credentials)"),
        "{failure}"
    );
}

#[test]
fn a_password_is_not_shown_however_the_server_writes_it_down() {
    for password in ["hunter2hunter2", "hun\"ter2", "pässwörd", "two  words", "back\\slash"] {
        let quoted = serde_json::to_string(&format!("bad password {password}!")).unwrap();
        let ascii = quoted.replace('ä', "\\u00e4").replace('ö', "\\u00f6");
        let plain = Response {
            status: 400,
            content_type: "text/plain".into(),
            retry_after_seconds: None,
            date: None,
            body: ascii.clone(),
        };
        for answer in [
            json(401, &format!(r#"{{"detail":{quoted}}}"#)),
            json(401, &format!(r#"{{"detail":{ascii}}}"#)),
            Answer::Response(plain),
            Answer::NoResponse(format!("bad password {password}!")),
        ] {
            let failure = refused_sign_in(password, answer);
            assert!(failure.message.contains("bad password …!"), "{failure}");
        }
    }
}

#[test]
fn a_token_is_not_shown_though_the_server_says_it_in_a_success() {
    let mut shell = Shell::new(Some("acme"));
    shell.call(Call::Authenticate { organization: None, credentials: support::credentials() });
    shell.answer(
        "/api/org_token/",
        json(200, r#"{"exp":"","access_lifetime":"3600.0","refresh_lifetime":"86400.0","refresh":"r-1","access":"a-secret-1"}"#),
    );
    let call = shell.call(Call::UpdateAvailableServers { order: Some(order()) });
    shell.answer(
        "/api/org_num_nodes/acme/",
        json(200, r#"{"status":"SUCCESS","min_nodes":0,"current_nodes":0,"max_nodes":9,"version":null,"is_public":false}"#),
    );
    shell.answer(
        "/api/desired_org_num_nodes_ttl/acme/2/15/",
        json(200, r#"{"status":"ODD","msg":"got Bearer a-secret-1","error_msg":""}"#),
    );
    assert_eq!(shell.failure(call).message, "got Bearer …");
}

#[test]
fn the_cluster_address_of_one_organization_gets_no_token_of_another() {
    let mut with = settings(Some("acme"));
    with.cluster_url = Some("https://acme-cluster.test".into());
    let mut shell = Shell::new(Some("acme"));
    shell.session = Session::new(with).unwrap();
    let call = shell
        .call(Call::Authenticate { organization: Some("beta".into()), credentials: support::credentials() });
    assert_eq!(shell.failure(call).code, ErrorCode::InvalidArgument);
    assert!(shell.fetches.is_empty());
    let call = shell
        .call(Call::Authenticate { organization: Some("acme".into()), credentials: support::credentials() });
    shell.answer("/api/org_token/", tokens("acme", 1));
    assert!(shell.done[&call].is_ok());
}
