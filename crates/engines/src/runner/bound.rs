//! The step between a runner and its program, which binds the program's life to the runner's.
//!
//! A runner that is killed can end nothing any more, and no server may be there to see it. On Linux the runner
//! therefore starts its own executable once more, as [`SUBCOMMAND`]; that asks the kernel to be killed when its
//! parent dies, and becomes the program. The kernel means the *thread* that started it, so a runner must start
//! its program on its main thread. What the program itself starts is not bound: as long as any of it lives the node
//! stays listed, without a runner, and is killed by the next server that looks. Other systems start the program
//! directly.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;

/// Subcommand of the runner's executable that calls [`exec`]: `bound-program RUNNER PROGRAM ARGUMENTS…`.
pub const SUBCOMMAND: &str = "bound-program";

/// What starts `program` so that it does not outlive this process.
#[cfg(target_os = "linux")]
pub(super) fn command(program: &str) -> tokio::process::Command {
    // Not the executable's path: that may name another release by now.
    let mut command = tokio::process::Command::new("/proc/self/exe");
    let runner = rustix::process::getpid().as_raw_nonzero().to_string();
    command.args([SUBCOMMAND, &runner, program]);
    command
}

/// What starts `program`; here it may outlive this process.
#[cfg(not(target_os = "linux"))]
pub(super) fn command(program: &str) -> tokio::process::Command {
    tokio::process::Command::new(program)
}

/// Becomes the program, which is killed when the runner with that process id dies. Returns only if that is not
/// possible.
#[must_use]
pub fn exec(runner: i32, program: &OsString, arguments: &[OsString]) -> io::Error {
    match bind(runner) {
        Ok(()) => {
            let why = std::process::Command::new(program).args(arguments).exec();
            io::Error::new(why.kind(), format!("{}: {why}", program.display()))
        }
        Err(why) => why,
    }
}

#[cfg(target_os = "linux")]
fn bind(runner: i32) -> io::Result<()> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL))?;
    // A runner that died before this was asked for sends no signal any more.
    if getppid() == Pid::from_raw(runner) {
        Ok(())
    } else {
        Err(io::Error::other("the runner is gone, so its program is not started"))
    }
}

#[cfg(not(target_os = "linux"))]
fn bind(_runner: i32) -> io::Result<()> {
    Ok(())
}
