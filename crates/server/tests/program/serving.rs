//! The server as a process: its address, its lock, its port, TLS, and its end.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::ps::{PASSWORD, Ps, acme, client, run, run_with};

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

#[tokio::test]
async fn told_twice_to_end_it_ends_at_once_and_hangups_end_nothing() {
    let dir = acme("1");
    let ps = Ps::serve(dir.path(), &[]);
    ps.signal(Signal::HUP);
    // A request that never ends keeps the orderly stop waiting for two seconds.
    let mut slow = TcpStream::connect(ps.url.strip_prefix("http://").unwrap()).unwrap();
    slow.write_all(b"POST /api/org_token/ HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").unwrap();
    assert!(client().get(format!("{}/ping/", ps.url)).send().await.unwrap().status().is_success());
    ps.signal(Signal::TERM);
    while TcpStream::connect(ps.url.strip_prefix("http://").unwrap()).is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(ps.end(Signal::TERM).code(), Some(1), "an orderly stop would be a success");
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

#[test]
fn the_environment_configures_it_and_what_is_misspelt_there_is_refused_with_the_nearest_name() {
    let dir = acme("1");
    let refused = run_with(&["serve"], dir.path(), "", &[("SLIDERULE_PS_LISTN", "127.0.0.1:0")]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("nearest is SLIDERULE_PS_LISTEN"), "{refused:?}");
    let refused = run_with(&["serve"], dir.path(), "", &[("SLIDERULE_PS_TOKENS_ACCESS_SECONDS", "0")]);
    assert!(refused.code == Some(2) && refused.stderr.contains("access_seconds"), "{refused:?}");
    // A flag goes before a variable: this port would be refused.
    let ps = Ps::serve_with(dir.path(), &[], &[("SLIDERULE_PS_LISTEN", "192.0.2.1:1")]);
    assert!(ps.url.starts_with("http://127.0.0.1:"), "{}", ps.url);
    assert!(ps.end(Signal::TERM).success());
}
