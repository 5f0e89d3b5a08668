//! `bench startup`: from the import to the first request, in Node.

use std::path::Path;

use crate::build;
use crate::failure::{Failure, Result};
use crate::setup;
use crate::shell::Shell;

/// Builds the package and measures; `json` is where the figures go besides.
pub(super) fn bench(shell: &Shell, json: Option<&Path>) -> Result<()> {
    let tools = setup::prepare(shell)?;
    build::package(shell, &tools)?;
    let mut run = shell.command("node");
    run.arg("tests/bench/startup.mjs");
    if let Some(file) = json {
        run.arg(std::path::absolute(file).map_err(Failure::file("find", file))?);
    }
    if shell.attached(&mut run)?.success() {
        return Ok(());
    }
    shell.interrupt.check()?;
    Err(Failure::said("a goal is missed, or the measurement failed"))
}
