//! `sliderule-ps serve` as a child: started, found by its ready line, stopped in order.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::closing_lines;
use crate::demo::cluster::{CONFIGURATION, DATA};
use crate::failure::{Failure, Result};
use crate::shell::{Shell, read_lossy};

const READY: &str = "sliderule-ps is listening on ";
/// How long starting may take, on a machine with other work.
const START: Duration = Duration::from_secs(60);
/// How long an orderly stop may take: it drains the nodes, whose tail is five seconds.
const STOP: Duration = Duration::from_secs(30);
const SHOWN_LINES: usize = 100;

/// A running server, to be stopped with [`Self::stop`].
pub(super) struct Server {
    child: Child,
    ended: Option<ExitStatus>,
    log: PathBuf,
    address: String,
}

impl Server {
    /// Starts it on a free port of loopback and waits until it listens.
    pub(super) fn start(shell: &Shell, home: &Path) -> Result<Self> {
        let log = home.join("serve.log");
        let file = File::create(&log).map_err(Failure::file("write", &log))?;
        let copy = file.try_clone().map_err(Failure::file("write", &log))?;
        let mut command = shell.command(shell.tree.program("sliderule-ps"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--domain", "localhost", "--config"])
            .arg(home.join(CONFIGURATION))
            .arg("--data")
            .arg(home.join(DATA))
            .stdout(file)
            .stderr(copy)
            // Ctrl-C on the terminal reaches this program alone, which then stops the server, once.
            .process_group(0);
        shell.timed("Starting the provisioning system", || {
            let mut server =
                Self { child: shell.spawn(&mut command)?, ended: None, log, address: String::new() };
            match server.wait_until_ready(shell) {
                Ok(()) => Ok(server),
                Err(failure) => {
                    server.stop(shell)?;
                    Err(failure)
                }
            }
        })
    }

    /// Where it listens, such as `http://127.0.0.1:41234`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    fn wait_until_ready(&mut self, shell: &Shell) -> Result<()> {
        let deadline = Instant::now() + START;
        loop {
            if let Some(address) = ready_address(&read_lossy(&self.log)?) {
                address.clone_into(&mut self.address);
                return Ok(());
            }
            if self.has_ended(shell)? || Instant::now() >= deadline {
                let said = self.log_end();
                return Err(Failure::said(format!("sliderule-ps did not begin to listen; it said:\n{said}")));
            }
            shell.interrupt.check()?;
            shell.pause();
        }
    }

    /// Serves until somebody asks these commands to end.
    pub(super) fn wait(&mut self, shell: &Shell) -> Result<()> {
        while !shell.interrupt.raised() {
            if self.has_ended(shell)? {
                return Err(Failure::said("sliderule-ps ended by itself"));
            }
            shell.pause();
        }
        println!();
        Ok(())
    }

    /// Asks it to end, which drains and ends its nodes, and waits for it.
    pub(super) fn stop(&mut self, shell: &Shell) -> Result<()> {
        if self.has_ended(shell)? {
            return Ok(());
        }
        shell.timed("Stopping the provisioning system and its nodes", || {
            let status = shell.end(&mut self.child, STOP)?;
            self.ended = Some(status);
            if status.success() {
                return Ok(());
            }
            Err(Failure::said(format!("sliderule-ps ended with {status} when it was asked to stop")))
        })
    }

    fn has_ended(&mut self, shell: &Shell) -> Result<bool> {
        if self.ended.is_none() {
            self.ended = shell.ended(&mut self.child)?;
        }
        Ok(self.ended.is_some())
    }

    /// The last lines it said; the log itself goes with the demo's folder.
    pub(super) fn log_end(&self) -> String {
        closing_lines::last(&read_lossy(&self.log).unwrap_or_default(), SHOWN_LINES)
    }
}

impl Drop for Server {
    /// Where [`Self::stop`] was never reached, because the terminal went away in the middle of a sentence.
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

/// The address in the ready line, once the line is complete.
fn ready_address(log: &str) -> Option<&str> {
    let (_, rest) = log.split_once(READY)?;
    let (address, _) = rest.split_once('\n')?;
    Some(address.trim().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::ready_address;

    #[test]
    fn the_address_is_read_only_from_a_complete_ready_line() {
        assert_eq!(ready_address("starting\nsliderule-ps is listening on http://127.0.0.1:41"), None);
        let log = "starting\nsliderule-ps is listening on http://127.0.0.1:41234/\nmore\n";
        assert_eq!(ready_address(log), Some("http://127.0.0.1:41234"));
    }
}
