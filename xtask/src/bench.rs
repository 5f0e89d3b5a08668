//! `cargo xtask bench control [--json FILE]`: how long the control plane takes, in a release build.
//!
//! The measurement itself is `crates/server/benches/control/`; it prints a table and fails if a goal is missed.

use std::path::Path;

use crate::failure::{Failure, Result};
use crate::shell::Shell;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Decisions, wakes and balances.
    Control,
}

impl Subject {
    /// The subject of that name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        match name {
            "control" => Ok(Self::Control),
            other => Err(Failure::Usage(format!("there is nothing to measure called `{other}`"))),
        }
    }

    fn arguments(self) -> [&'static str; 4] {
        match self {
            Self::Control => ["--package", "sliderule-server", "--bench", "control"],
        }
    }
}

/// Builds what is measured, and measures; `json` is where the figures go besides.
pub(crate) fn bench(shell: &Shell, subject: Subject, json: Option<&Path>) -> Result<()> {
    let mut node = shell.command("cargo");
    node.args(["build", "--release", "--package", "sliderule-node", "--bins"]);
    shell.step("Building the node", "bench-node", &mut node)?;
    let mut build = shell.command("cargo");
    build.arg("bench").args(subject.arguments()).arg("--no-run");
    shell.step("Building the measurement", "bench-build", &mut build)?;

    let folder = shell.temporary_folder("sliderule-bench-")?;
    let mut run = shell.command("cargo");
    run.args(["bench", "--quiet"]).args(subject.arguments()).arg("--").env("TMPDIR", folder.path());
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
