//! What is logged, everything on, holds no secret.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use http::Method;
use serde_json::json;
use tracing::level_filters::LevelFilter;

use crate::github_stand_in::GitHubStandIn;
use crate::log_files;
use crate::secrets::Secrets;
use crate::test_app::{Answer, PASSWORD, TestApp};

/// Logs everything that happens in this process, the libraries' part too, to one file.
pub(crate) fn begin() -> &'static Path {
    static LOG: OnceLock<PathBuf> = OnceLock::new();
    LOG.get_or_init(|| {
        let folder = log_files::folder().unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
        let path = folder.join("api.log");
        let log = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
        log.with_writer(Mutex::new(File::create(&path).unwrap())).init();
        path
    })
}

/// All ways to send a secret, right and wrong. The log is also that of the tests beside this one.
#[tokio::test]
async fn whatever_secret_is_sent_none_is_in_the_log() {
    let log = begin();
    let github = GitHubStandIn::start().await;
    github.account(1, "ada-gh");
    github.token("ghp_good", 1, "nobody");
    github.token("gho_theirs", 1, "Iv1.somebody-else");
    let app = TestApp::start_with(|config| github.configure(config)).await.with_acme().await;

    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    let (access, refresh) = (pair.text("access"), pair.text("refresh"));
    app.sign_in("ada", "hunter2", "acme").await;
    app.post("/api/v1/session", json!({ "username": "hunter2", "password": PASSWORD })).await;
    let broken = app.http.post(format!("{}/api/v1/session", app.url));
    Answer::of(broken.body(r#"{"password": "hunter2", "username": }"#)).await;
    for token in ["ghp_good", "gho_theirs", "ghp_unknown"] {
        let body = json!({ "org_name": "acme", "access_token": token });
        app.post("/api/org_token_github/", body).await;
    }
    let flow = app.post("/api/v1/github/flows", json!({ "purpose": "sign_in" })).await;
    let query = github.agree(&flow.text("authorize_url"), 1).await;
    // The browser comes back to the page with both in its address.
    let back = format!("/?code={}&state={}", query["code"], query["state"]);
    app.send(Method::GET, &back, None, None).await;
    let body = json!({ "flow": flow.text("flow"), "code": query["code"], "state": query["state"] });
    assert_eq!(app.post("/api/v1/github/session", body.clone()).await.status, 200);
    app.post("/api/v1/github/session", body).await;
    for token in [access.as_str(), refresh.as_str(), "eyJforged"] {
        app.get("/api/v1/organizations/acme/status", token).await;
        app.get("/clusters/acme/source/version", token).await;
    }
    app.post("/api/org_token/refresh/", json!({ "refresh": refresh })).await;
    app.post("/api/token/blacklist/", json!({ "refresh": refresh })).await;

    let text = std::fs::read_to_string(log).unwrap();
    for seen in
        ["route=\"/api/org_token/refresh\"", "route=\"/api/v1/github/session\"", "TRACE", "INSERT INTO users"]
    {
        assert!(text.contains(seen), "the log has everything: {seen}");
    }
    let secrets = Secrets::read(include_str!("../secrets.txt"));
    let found: Vec<_> = text.lines().filter_map(|line| secrets.find(line)).collect();
    assert_eq!(found, [""; 0]);
}
