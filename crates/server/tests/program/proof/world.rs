//! One data directory, the servers that come and go on it, and its end.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sliderule_server::data::DataDir;
use sliderule_server::store::Database;
use tempfile::TempDir;

use super::processes;
use super::server::{GLANCE, Server, log_end};
use crate::ps::{PASSWORD, client, run};

/// Lease, tail and boot bound of a world, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) lease: u64,
    pub(crate) tail: u64,
    pub(crate) boot: u64,
}

impl Times {
    /// Long enough that a restart on a busy machine does not outlast a lease that was just half used.
    pub(crate) const USUAL: Self = Self { lease: 12, tail: 3, boot: 6 };
    /// As short as a boot on a busy machine allows.
    pub(crate) const SHORT: Self = Self { lease: 4, tail: 2, boot: 4 };

    /// The longest that a node outlives its server.
    pub(crate) fn aftermath(self) -> Duration {
        Duration::from_secs(self.lease + self.tail)
    }
}

/// A data directory with ada and bob in acme, which may have up to five nodes.
pub(crate) struct World {
    dir: TempDir,
    /// The server, while one runs.
    pub(crate) server: Option<Server>,
    /// The terms of its nodes.
    pub(crate) times: Times,
    pub(crate) http: reqwest::Client,
    password: String,
}

impl World {
    /// A new directory, without a server.
    pub(crate) fn new(times: Times) -> Self {
        Self::with(times, "")
    }

    /// A new directory whose configuration has `more` lines.
    pub(crate) fn with(times: Times, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (user, address) in [("ada", "ada@example.org"), ("bob", "bob@example.org")] {
            done(&["user", "add", user, "--email", address, "--password-stdin"], dir.path());
        }
        done(&["org", "add", "acme", "--owner", "ada", "--credit", "100", "--max-nodes", "5"], dir.path());
        done(&["member", "add", "acme", "bob"], dir.path());
        let Times { lease, tail, boot } = times;
        let configuration =
            format!("lease_seconds = {lease}\ntail_seconds = {tail}\nboot_seconds = {boot}\n{more}");
        std::fs::write(dir.path().join("ps.toml"), configuration).unwrap();
        Self { dir, server: None, times, http: client(), password: PASSWORD.to_owned() }
    }

    /// A copy of a directory on which no server ran yet.
    pub(crate) fn copy(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.data()).unwrap().map(Result::unwrap) {
            assert!(entry.file_type().unwrap().is_file(), "{entry:?}: a server ran here");
            std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
        }
        Self {
            dir,
            server: None,
            times: self.times,
            http: self.http.clone(),
            password: self.password.clone(),
        }
    }

    pub(crate) fn data(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn folder_of(&self, node: &str) -> PathBuf {
        self.data().join("nodes").join(node)
    }

    /// Starts a server that ends by itself only if it is told to stop.
    pub(crate) async fn start(&mut self) {
        assert!(self.server.is_none());
        self.server = Server::start(self.data(), None).await;
    }

    /// Starts a server that kills itself after so many commits and effects. Whether it came to listen.
    pub(crate) async fn start_to_crash(&mut self, after: u64) -> bool {
        assert!(self.server.is_none());
        self.server = Server::start(self.data(), Some(after)).await;
        self.server.is_some()
    }

    /// Whether a server was started and has not ended.
    pub(crate) fn is_served(&mut self) -> bool {
        self.server.as_mut().is_some_and(|server| !server.is_gone())
    }

    /// Waits for the end of a server that no longer answers: its connections end a moment before it does.
    pub(crate) async fn mourn(&mut self) {
        let began = Instant::now();
        while self.is_served() {
            assert!(began.elapsed() < Duration::from_secs(5), "the server does not answer, and lives");
            tokio::time::sleep(GLANCE).await;
        }
        self.server = None;
    }

    /// Kills the server, if it is not dead already.
    pub(crate) fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }

    /// Stops the server in order.
    pub(crate) async fn stop(&mut self) {
        self.server.take().expect("a server runs").stop().await;
    }

    pub(crate) fn url(&self) -> String {
        self.server.as_ref().expect("a server runs").url.clone()
    }

    /// An access token; tokens outlive the server that gave them.
    pub(crate) async fn token(&self, user: &str) -> Option<String> {
        let body = json!({ "username": user, "password": self.password, "org_name": "acme" });
        let answer =
            self.http.post(format!("{}/api/org_token/", self.url())).json(&body).send().await.ok()?;
        let answer: Value = answer.error_for_status().unwrap().json().await.ok()?;
        Some(answer["access"].as_str().unwrap().to_owned())
    }

    /// A connection of our own to the database, as a command has one.
    pub(crate) async fn database(&self) -> Database {
        DataDir::open(self.data()).unwrap().database().await.unwrap()
    }
}

/// Runs a command that must succeed, with the password on its standard input.
fn done(arguments: &[&str], data: &Path) {
    let outcome = run(arguments, data, PASSWORD);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

impl Drop for World {
    /// A test that failed leaves neither a server nor a node, and says what the servers logged.
    fn drop(&mut self) {
        self.kill();
        processes::end_all(self.data());
        if std::thread::panicking() {
            eprintln!("the last lines of the servers' log:\n{}", log_end(self.data()));
        }
    }
}
