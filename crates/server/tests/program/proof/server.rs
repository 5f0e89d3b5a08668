//! One server process, whose death is an outcome and no failure.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::logs;
use crate::ps::program;

/// How long a server may take until it says that it is ready.
const START: Duration = Duration::from_secs(30);

/// How often to look at a server.
pub(crate) const GLANCE: Duration = Duration::from_millis(20);

/// A server that was started.
pub(crate) struct Server {
    child: Child,
    said: PathBuf,
    data: PathBuf,
    /// Where it listens.
    pub(crate) url: String,
    /// When it was started.
    pub(crate) started: Instant,
}

impl Server {
    /// Starts a server on `data` with the configuration file in it, which kills itself after so many commits and
    /// effects; `None` if it did so before it listened.
    pub(crate) async fn start(data: &Path, crash_after: Option<u64>) -> Option<Self> {
        let said = data.join("said");
        let mut command = Command::new(program());
        let log = data.join("server.log");
        logs::log_everything_through(&log, &mut command);
        let log = File::options().create(true).append(true).open(log).unwrap();
        command.args(["serve", "--listen", "127.0.0.1:0", "--domain", "localhost", "--data"]).arg(data);
        command.arg("--config").arg(data.join("ps.toml"));
        if let Some(count) = crash_after {
            command.env("SLIDERULE_CRASH_AFTER", count.to_string());
        }
        command.stdin(Stdio::null()).stdout(File::create(&said).unwrap()).stderr(log);
        let child = command.spawn().unwrap();
        let mut server =
            Self { child, said, data: data.to_owned(), url: String::new(), started: Instant::now() };
        loop {
            let said = std::fs::read_to_string(&server.said).unwrap();
            if let Some(line) = said.strip_suffix('\n') {
                let url = line.strip_prefix("sliderule-ps is listening on ").expect("the agreed line");
                url.clone_into(&mut server.url);
                return Some(server);
            }
            if server.is_gone() {
                assert!(crash_after.is_some(), "the server did not start: {}", log_end(data));
                return None;
            }
            assert!(server.started.elapsed() < START, "the server does not start: {}", log_end(data));
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Whether the process has ended.
    pub(crate) fn is_gone(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills it, and waits until nothing of it is left.
    pub(crate) fn kill(mut self) {
        // Dead already is as good.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// An orderly stop.
    pub(crate) async fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let asked = Instant::now();
        while !self.is_gone() {
            assert!(asked.elapsed() < START, "the server does not stop");
            tokio::time::sleep(GLANCE).await;
        }
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        logs::keep_those_of_nodes(&self.data);
    }
}

/// Runs a command that kills itself after so many commits and effects. Whether it did.
pub(crate) fn killed_after(count: u64, arguments: &[&str], data: &Path) -> bool {
    let mut command = Command::new(program());
    command.args(arguments).arg("--data").arg(data).env("SLIDERULE_CRASH_AFTER", count.to_string());
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success() || status.signal() == Some(Signal::KILL.as_raw()), "{status}");
    !status.success()
}

/// The last lines that the servers on `data` logged.
pub(crate) fn log_end(data: &Path) -> String {
    let log = std::fs::read(data.join("server.log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
