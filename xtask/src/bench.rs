//! `cargo xtask bench control | session | streams | startup [--json FILE]`: how long things take, in a release build.
//!
//! The measurements are `crates/server/benches/control/` and `tests/bench/*.mjs`; each prints a table and fails if
//! a goal is missed.

mod session;
mod startup;
mod streams;

use std::path::Path;

use crate::failure::{Failure, Result};
use crate::shell::Shell;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Decisions, wakes and balances.
    Control,
    /// What a client asks for, and how soon it hears.
    Session,
    /// The decoding of record streams.
    Streams,
    /// From the import to the first request.
    Startup,
}

impl Subject {
    /// The subject of that name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        match name {
            "control" => Ok(Self::Control),
            "session" => Ok(Self::Session),
            "streams" => Ok(Self::Streams),
            "startup" => Ok(Self::Startup),
            other => Err(Failure::Usage(format!("there is nothing to measure called `{other}`"))),
        }
    }
}

/// The benchmark of the control plane, as cargo names it.
const CONTROL: [&str; 4] = ["--package", "sliderule-server", "--bench", "control"];

/// Builds what is measured, and measures; `json` is where the figures go besides.
pub(crate) fn bench(shell: &Shell, subject: Subject, json: Option<&Path>) -> Result<()> {
    match subject {
        Subject::Control => control(shell, json),
        Subject::Session => session::bench(shell, json),
        Subject::Streams => streams::bench(shell, json),
        Subject::Startup => startup::bench(shell, json),
    }
}

fn control(shell: &Shell, json: Option<&Path>) -> Result<()> {
    let mut node = shell.command("cargo");
    node.args(["build", "--release", "--package", "sliderule-node", "--bins"]);
    shell.step("Building the node", "bench-node", &mut node)?;
    let mut build = shell.command("cargo");
    build.arg("bench").args(CONTROL).arg("--no-run");
    shell.step("Building the measurement", "bench-build", &mut build)?;

    let folder = shell.temporary_folder("sliderule-bench-")?;
    let mut run = shell.command("cargo");
    run.args(["bench", "--quiet"]).args(CONTROL).arg("--").env("TMPDIR", folder.path());
    if let Some(file) = json {
        // Measurements run in their package's folder.
        let file = std::path::absolute(file).map_err(Failure::file("find", file))?;
        run.arg("--json").arg(file);
    }
    let status = shell.attached(&mut run)?;
    if status.success() {
        return Ok(());
    }
    shell.interrupt.check()?;
    Err(Failure::said("a goal is missed, or the measurement failed"))
}
