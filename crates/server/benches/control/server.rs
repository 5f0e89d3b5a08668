//! The provisioning system as a process.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sliderule-ps");
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The program, serving.
pub(crate) struct Program {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
}

impl Program {
    /// Serves from that folder, configured as that TOML says; the log goes there, too.
    pub(crate) fn serve(data: &Path, configuration: &str) -> Self {
        assert!(
            Path::new(PROGRAM).with_file_name("sliderule-node").exists(),
            "there is no sliderule-node beside {PROGRAM}: run `cargo build --release -p sliderule-node`"
        );
        let log = File::create(data.join("server.log")).unwrap();
        let file = data.join("sliderule-ps.toml");
        std::fs::write(&file, configuration).unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--domain", "localhost", "--data"])
            .arg(data)
            .arg("--config")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("sliderule-ps is listening on ").expect("the agreed line");
        Self { child, url: url.to_owned() }
    }

    /// Names the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops it in order: no node is left.
    pub(crate) fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already, unless the measurement failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server on a directory of its own, with an organization that ada owns.
pub(crate) struct Server {
    program: Program,
    _dir: TempDir,
    http: reqwest::Client,
    token: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        command(dir.path(), &add_user());
        command(dir.path(), &["org", "add", "acme", "--owner", "ada", "--credit", "100", "--max-nodes", "4"]);
        let program = Program::serve(dir.path(), "");
        let http = client();
        let body = json!({ "username": "ada", "password": PASSWORD, "org_name": "acme" });
        let answer = http.post(format!("{}/api/org_token/", program.url)).json(&body).send().await.unwrap();
        let answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
        let token = answer["access"].as_str().unwrap().to_owned();
        Self { program, _dir: dir, http, token }
    }

    /// Orders one node; returns the request's id.
    pub(crate) async fn order(&self, key: &str) -> String {
        let body = json!({ "nodes": 1, "time_to_live_seconds": 900 });
        let request = self.http.post(self.api("requests")).header("Idempotency-Key", key).json(&body);
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let grant: Value = answer.error_for_status().unwrap().json().await.unwrap();
        grant["request"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn release(&self, id: &str) {
        let request = self.http.delete(self.api(&format!("requests/{id}"))).bearer_auth(&self.token);
        request.send().await.unwrap().error_for_status().unwrap();
    }

    /// Whether the cluster answers, and its answer has begun.
    pub(crate) async fn answers(&self) -> bool {
        let url = format!("{}/clusters/acme/source/version", self.program.url);
        let mut answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        answer.status().is_success() && answer.chunk().await.unwrap().is_some()
    }

    pub(crate) async fn is_asleep(&self) -> bool {
        let status = self.http.get(self.api("status")).bearer_auth(&self.token).send().await.unwrap();
        let status: Value = status.error_for_status().unwrap().json().await.unwrap();
        status["state"] == "asleep"
    }

    /// Stops it in order: no node is left.
    pub(crate) fn stop(self) {
        self.program.stop();
    }

    fn api(&self, path: &str) -> String {
        format!("{}/api/v1/organizations/acme/{path}", self.program.url)
    }
}

pub(crate) fn client() -> reqwest::Client {
    // An error means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = include_bytes!("../../tests/tls/loopback.pem");
    let root = reqwest::Certificate::from_pem(pem).unwrap();
    reqwest::Client::builder().tls_certs_only([root]).build().unwrap()
}

/// The command that adds ada.
pub(crate) fn add_user() -> [&'static str; 6] {
    ["user", "add", "ada", "--email", "ada@example.org", "--password-stdin"]
}

/// Runs a command on the data directory, with the password on its standard input.
pub(crate) fn command(data: &Path, arguments: &[&str]) {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("--data").arg(data).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    // A command that wants no input may have closed it before.
    let _ = child.stdin.take().unwrap().write_all(PASSWORD.as_bytes());
    assert!(child.wait().unwrap().success(), "{arguments:?}");
}
