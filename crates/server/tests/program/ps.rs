//! Running `sliderule-ps`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::logs;

/// The password of every user.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_sliderule-ps"))
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end, with `input` on its standard input.
pub(crate) fn run(arguments: &[&str], data: &Path, input: &str) -> Outcome {
    run_with(arguments, data, input, &[])
}

/// The same, with these variables.
pub(crate) fn run_with(arguments: &[&str], data: &Path, input: &str, variables: &[(&str, &str)]) -> Outcome {
    let mut command = Command::new(program());
    command.args(arguments).arg("--data").arg(data).envs(variables.iter().copied());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that wants no input may have closed it before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A data directory with ada, who owns acme.
pub(crate) fn acme(credit: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let user = ["user", "add", "ada", "--email", "ada@example.org", "--password-stdin"];
    assert_eq!(run(&user, dir.path(), PASSWORD).code, Some(0));
    let org = ["org", "add", "acme", "--owner", "ada", "--credit", credit, "--max-nodes", "2"];
    assert_eq!(run(&org, dir.path(), "").code, Some(0));
    dir
}

/// Trusts the certificate of these tests and no other.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = include_bytes!("../tls/loopback.pem");
    let root = reqwest::Certificate::from_pem(pem).unwrap();
    reqwest::Client::builder().tls_certs_only([root]).build().unwrap()
}

/// A running server.
pub(crate) struct Ps {
    child: Child,
    data: PathBuf,
    log: Option<PathBuf>,
    pub(crate) url: String,
}

impl Ps {
    /// Starts a server and waits until it says that it is ready.
    pub(crate) fn serve(data: &Path, more: &[&str]) -> Self {
        Self::serve_with(data, more, &[])
    }

    /// The same, with these variables.
    pub(crate) fn serve_with(data: &Path, more: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start(data, more, variables, None)
    }

    /// The same, with its log in a file.
    pub(crate) fn serve_logging(data: &Path, more: &[&str], variables: &[(&str, &str)], log: &Path) -> Self {
        Self::start(data, more, variables, Some(log))
    }

    fn start(data: &Path, more: &[&str], variables: &[(&str, &str)], log: Option<&Path>) -> Self {
        let mut command = Command::new(program());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--domain", "localhost", "--data"])
            .arg(data)
            .args(more)
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied());
        match log {
            Some(log) => drop(command.stderr(File::create(log).unwrap())),
            None => logs::log_everything(&mut command),
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let mut reader = BufReader::new(stdout);
            reader.read_line(&mut line).unwrap();
            send.send(line).unwrap();
            let mut rest = String::new();
            reader.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "", "standard output has one line");
        });
        let line = lines.recv_timeout(Duration::from_secs(20)).expect("the server says that it is ready");
        let url =
            line.strip_prefix("sliderule-ps is listening on ").expect("the agreed line").trim().to_owned();
        Self { child, data: data.to_owned(), log: log.map(Path::to_owned), url }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) async fn sign_in(&self, http: &reqwest::Client) -> String {
        let body = json!({ "username": "ada", "password": PASSWORD, "org_name": "acme" });
        let answer = http.post(format!("{}/api/org_token/", self.url)).json(&body).send().await.unwrap();
        let answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
        answer["access"].as_str().unwrap().to_owned()
    }
}

/// The text of a log, once it contains that.
pub(crate) async fn log_with(log: &Path, wanted: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        if text.contains(wanted) {
            return text;
        }
        assert!(Instant::now() < deadline, "no {wanted:?} in:\n{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Drop for Ps {
    /// A test that failed leaves no server.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        logs::keep_those_of_nodes(&self.data);
        if let Some(log) = &self.log {
            logs::keep(log);
        }
    }
}
