//! The log of a server: one line for each request, found by its id, and nothing secret at any level.

use std::io::Write;
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::ps::{PASSWORD, Ps, acme, client, log_with};

#[tokio::test]
async fn each_request_is_one_line_with_the_id_of_its_answer() {
    let dir = acme("1");
    let log = dir.path().join("log");
    let ps = Ps::serve_logging(dir.path(), &["--log-format", "json"], &[], &log);
    let http = client();
    let status = http.get(format!("{}/api/v1/organizations/acme/status?secret=hunter2", ps.url));
    let answer = status.header("x-request-id", "trace_01-a").send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "trace_01-a");
    let refused = http
        .get(format!("{}/api/hunter2", ps.url))
        .header("x-request-id", "no good id")
        .send()
        .await
        .unwrap();
    let own = refused.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(own.len(), 36);

    let text = log_with(&log, &own).await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |id: &str| {
        let lines: Vec<_> = lines.iter().filter(|line| line["span"]["id"] == id).collect();
        assert_eq!(lines.len(), 1, "{text}");
        lines[0].clone()
    };
    let line = of("trace_01-a");
    assert_eq!(line["route"], "/api/v1/organizations/{organization}/status");
    assert_eq!(
        (&line["method"], &line["status"], &line["level"]),
        (&json!("GET"), &json!(401), &json!("INFO"))
    );
    assert_eq!((&line["organization"], &line["client"]), (&json!("acme"), &json!("127.0.0.1")));
    assert!(line["milliseconds"].as_f64().unwrap() > 0.0, "{line}");
    assert_eq!((&of(&own)["route"], &of(&own)["status"]), (&json!("/api/{unknown}"), &json!(404)));
    assert!(!text.contains("hunter2"), "{text}");
    assert!(ps.end(Signal::TERM).success());
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_a_line_too() {
    let dir = acme("1");
    let log = dir.path().join("log");
    let ps = Ps::serve_logging(dir.path(), &[], &[], &log);
    let mut client = TcpStream::connect(ps.url.strip_prefix("http://").unwrap()).unwrap();
    let head =
        "POST /api/org_token/ HTTP/1.1\r\nhost: x\r\nx-request-id: gone\r\ncontent-length: 100\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    // Asked for the rest of the body, the server would wait; the client goes instead.
    client.write_all(b"{").unwrap();
    drop(client);
    let text = log_with(&log, "gone").await;
    assert!(ps.end(Signal::TERM).success());
    assert_eq!(text.lines().filter(|line| line.contains("gone")).count(), 1, "{text}");
}

/// Whatever is switched on: an operator who looks for a fault must not gather credentials.
#[tokio::test]
async fn no_password_and_no_token_is_in_the_log_even_at_its_finest() {
    let dir = acme("1");
    let log = dir.path().join("log");
    let variables = [("RUST_LOG", "trace"), ("SLIDERULE_PS_METRICS_TOKEN", "a-token-for-metrics")];
    let tls = |end: &str| format!("{}/tests/tls/loopback.{end}", env!("CARGO_MANIFEST_DIR"));
    let flags = ["--tls-cert", &tls("pem"), "--tls-key", &tls("key")];
    let ps = Ps::serve_logging(dir.path(), &flags, &variables, &log);
    let http = client();
    let post = async |path: &str, body: Value| {
        let answer = http.post(format!("{}{path}", ps.url)).json(&body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let wrong = "wrong horse battery staple";
    post("/api/org_token/", json!({ "username": "ada", "password": wrong, "org_name": "acme" })).await;
    let pair =
        post("/api/org_token/", json!({ "username": "ada", "password": PASSWORD, "org_name": "acme" })).await;
    let next = post("/api/org_token/refresh/", json!({ "refresh": pair["refresh"] })).await;
    post("/api/org_token_github/", json!({ "org_name": "acme", "access_token": "gho_secret" })).await;
    let status = http.get(format!("{}/api/v1/organizations/acme/status", ps.url));
    let status =
        status.bearer_auth(next["access"].as_str().unwrap()).header("x-request-id", "last").send().await;
    assert_eq!(status.unwrap().status(), 200);
    http.get(format!("{}/metrics", ps.url)).bearer_auth("a-token-for-metrics").send().await.unwrap();
    let asked = http.get(format!("{}/clusters/acme/source/version", ps.url));
    asked.bearer_auth(next["access"].as_str().unwrap()).send().await.unwrap();
    log_with(&log, "last").await;
    assert!(ps.end(Signal::TERM).success());

    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("TRACE"), "the log is at its finest");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("sliderule.db"));
    let db = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM users").fetch_one(&db).await.unwrap();
    db.close().await;
    let tokens = [&pair["access"], &pair["refresh"], &next["access"], &next["refresh"]];
    let tokens = tokens.iter().flat_map(|token| token.as_str().unwrap().split('.').skip(1));
    for secret in tokens.chain([PASSWORD, wrong, "gho_secret", "a-token-for-metrics", hash.as_str()]) {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}
