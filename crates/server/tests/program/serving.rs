//! The server as a process: its address, its lock, its port, TLS, and its end.

use std::net::TcpListener;
use std::path::Path;

use http::Version;
use rustix::process::Signal;
use serde_json::Value;

use crate::ps::{PASSWORD, Ps, acme, client, run};

#[tokio::test]
async fn commands_change_the_database_while_the_server_runs() {
    let dir = acme("1");
    let ps = Ps::serve(dir.path(), &[]);
    let http = client();
    let token = ps.sign_in(&http).await;
    let user = ["user", "add", "bob", "--email", "bob@example.org", "--password-stdin"];
    assert_eq!(run(&user, dir.path(), PASSWORD).code, Some(0));
    assert_eq!(run(&["member", "add", "acme", "bob"], dir.path(), "").code, Some(0));
    let body = serde_json::json!({ "username": "bob", "password": PASSWORD, "org_name": "acme" });
    let answer = http.post(format!("{}/api/org_token/", ps.url)).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let status = http.get(format!("{}/api/v1/organizations/acme/status", ps.url)).bearer_auth(token);
    let status: Value = status.send().await.unwrap().json().await.unwrap();
    assert_eq!(status["state"], "asleep");
    let credit = run(&["org", "credit", "acme", "4"], dir.path(), "");
    assert_eq!(credit.stdout, "acme has $5.00 now\n", "{credit:?}");
    let token = ps.sign_in(&http).await;
    let status = http.get(format!("{}/api/v1/organizations/acme/status", ps.url)).bearer_auth(token);
    let status: Value = status.send().await.unwrap().json().await.unwrap();
    assert_eq!(status["free_micro_usd"], 5_000_000, "{status}");
    assert!(ps.end(Signal::TERM).success());
}

#[test]
fn ctrl_c_is_an_orderly_stop_and_frees_the_directory() {
    let dir = acme("1");
    assert!(Ps::serve(dir.path(), &[]).end(Signal::INT).success());
    assert!(Ps::serve(dir.path(), &[]).end(Signal::TERM).success());
}

#[test]
fn the_internal_port_is_kept_over_restarts() {
    let dir = acme("1");
    let address = || std::fs::read_to_string(dir.path().join("internal.address")).unwrap();
    let first = Ps::serve(dir.path(), &[]);
    let before = address();
    first.end(Signal::KILL);
    let second = Ps::serve(dir.path(), &[]);
    assert_eq!(address(), before);
    second.end(Signal::TERM);
}

#[test]
fn a_second_server_on_a_directory_is_refused_by_the_name_of_the_lock() {
    let dir = acme("1");
    let _first = Ps::serve(dir.path(), &[]);
    let second = run(&["serve", "--listen", "127.0.0.1:0"], dir.path(), "");
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("server.lock") && second.stdout.is_empty(), "{second:?}");
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let dir = acme("1");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let refused = run(&["serve", "--listen", &address.to_string()], dir.path(), "");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains(&format!("port {} is in use", address.port())), "{refused:?}");
    assert!(refused.stderr.contains("--listen"), "{refused:?}");
}

#[test]
fn a_configuration_that_is_none_is_refused_with_its_name() {
    let dir = acme("1");
    let file = dir.path().join("ps.toml");
    std::fs::write(&file, "lease_second = 5").unwrap();
    let refused = run(&["serve", "--config", file.to_str().unwrap()], dir.path(), "");
    assert!(refused.code == Some(2) && refused.stderr.contains("ps.toml"), "{refused:?}");
    let lonely = run(&["serve", "--tls-cert", "x"], dir.path(), "");
    assert!(lonely.code == Some(2) && lonely.stderr.contains("--tls-key"), "{lonely:?}");
}

#[tokio::test]
async fn with_a_certificate_it_speaks_https_and_http_2() {
    let dir = acme("1");
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
    let (cert, key) = (file("loopback.pem"), file("loopback.key"));
    let flags = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let ps = Ps::serve(dir.path(), &flags);
    assert!(ps.url.starts_with("https://127.0.0.1:"), "{}", ps.url);
    let answer = client().get(format!("{}/ping/", ps.url)).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    assert!(answer.headers().contains_key("strict-transport-security"));
    ps.end(Signal::TERM);
    let wrong = run(&["serve", "--tls-cert", "/nowhere", "--tls-key", "/nowhere"], dir.path(), "");
    assert!(wrong.code == Some(2) && wrong.stderr.contains("/nowhere"), "{wrong:?}");
}
