//! The node program: its port, its process group, its end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use sliderule_api::lease::SECRET_VARIABLE;
use socket2::{Domain, Socket, Type};
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout_at};

use super::bound;
use crate::directory::{Lock, NodeDirectory, Running, Spec};

/// How often to look whether anything of the program is left.
const LOOK: Duration = Duration::from_millis(20);

/// A port of the loopback interface that nobody else is given as long as this lives.
///
/// The socket is bound and never listens, so a program that sets SO_REUSEADDR, as servers do, can listen there.
pub(super) struct ReservedPort {
    _bound: Socket,
    at: SocketAddr,
}

impl ReservedPort {
    pub(super) fn take() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let at =
            socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("the socket has no address"))?;
        Ok(Self { _bound: socket, at })
    }

    /// `http://ip:port`.
    pub(super) fn address(&self) -> String {
        format!("http://{}", self.at)
    }
}

/// A running program and its process group.
pub(super) struct Program {
    child: Child,
    group: Pid,
    /// Held while anything lives that the program started and that kept its standard input.
    lock: Lock,
}

impl Program {
    /// Starts the program with its lock as standard input, and records where it runs.
    pub(super) fn start(
        directory: &NodeDirectory,
        spec: &Spec,
        port: &ReservedPort,
        orchestrator: &str,
    ) -> io::Result<Self> {
        let command = expand(spec, port.at, orchestrator);
        let (program, arguments) =
            command.split_first().ok_or_else(|| io::Error::other("`node_command` names no program"))?;
        let log = directory.log()?;
        let child = bound::command(program)
            .args(arguments)
            .env_remove(SECRET_VARIABLE)
            .stdin(Stdio::from(directory.node_lock().take()?))
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .process_group(0)
            .spawn()
            .map_err(|why| io::Error::new(why.kind(), format!("{program}: {why}")))?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group =
            id.and_then(Pid::from_raw).ok_or_else(|| io::Error::other("the program has no process id"))?;
        let program = Self { child, group, lock: directory.node_lock() };
        let running = Running { address: port.address(), group: group.as_raw_nonzero().get() };
        if let Err(why) = directory.write_running(&running) {
            program.signal(Signal::KILL);
            return Err(why);
        }
        Ok(program)
    }

    /// Waits until the program exits; may be dropped and called again.
    pub(super) async fn exited(&mut self) {
        match self.child.wait().await {
            Ok(status) => tracing::info!(%status, "the node program exited"),
            Err(error) => tracing::error!(%error, "could not wait for the node program"),
        }
    }

    /// Asks the program to finish and gives all of its group the tail; then nothing of it is left alive.
    pub(super) async fn end(mut self, tail: Duration) {
        let deadline = Instant::now() + tail;
        self.signal(Signal::TERM);
        if timeout_at(deadline, self.finished()).await.is_err() {
            tracing::warn!("the node program did not finish within its tail and is killed");
        }
        self.signal(Signal::KILL);
        self.exited().await;
    }

    /// Waits until the program and everything it started have exited.
    async fn finished(&mut self) {
        self.exited().await;
        // A lock that cannot be read is no reason to cut short what may be running.
        while self.lock.is_held().unwrap_or(true) {
            sleep(LOOK).await;
        }
    }

    fn signal(&self, signal: Signal) {
        match kill_process_group(self.group, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => tracing::error!(%error, "could not signal the node program"),
        }
    }
}

/// The node command with its placeholders filled in.
fn expand(spec: &Spec, at: SocketAddr, orchestrator: &str) -> Vec<String> {
    let (address, port, version) = (at.to_string(), at.port().to_string(), spec.version.to_string());
    let values = [
        ("{address}", address.as_str()),
        ("{port}", port.as_str()),
        ("{version}", version.as_str()),
        ("{organization}", spec.organization.as_str()),
        ("{orchestrator}", orchestrator),
    ];
    let fill =
        |word: &String| values.iter().fold(word.clone(), |word, (name, value)| word.replace(name, value));
    spec.command.iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_reserved_port_can_be_listened_on_by_a_server_and_is_given_to_nobody_else() {
        let reserved = ReservedPort::take().unwrap();
        let other = ReservedPort::take().unwrap();
        assert_ne!(reserved.at, other.at);
        let _server = TcpListener::bind(reserved.at).unwrap();
    }

    #[test]
    fn placeholders_are_filled_in_wherever_they_stand() {
        let spec = Spec {
            organization: "acme".parse().unwrap(),
            version: "v4.0.4".parse().unwrap(),
            command: ["node", "--listen={address}", "{version}", "{orchestrator}", "{other}"]
                .map(String::from)
                .into(),
            tail_ms: 0,
            boot_ms: 0,
        };
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 9081));
        let expanded = expand(&spec, at, "http://127.0.0.1:1/clusters/acme");
        assert_eq!(
            expanded,
            ["node", "--listen=127.0.0.1:9081", "v4.0.4", "http://127.0.0.1:1/clusters/acme", "{other}"]
        );
    }
}
