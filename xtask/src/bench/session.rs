//! `bench session`: what a session asks for, and how soon it hears of its nodes, against real servers in a release build.

use std::path::Path;

use crate::build;
use crate::failure::{Failure, Result};
use crate::setup;
use crate::shell::Shell;

/// Builds the package and the servers, and measures; `json` is where the figures go besides.
pub(super) fn bench(shell: &Shell, json: Option<&Path>) -> Result<()> {
    let tools = setup::prepare(shell)?;
    build::package(shell, &tools)?;
    let mut servers = shell.command("cargo");
    servers.args([
        "build",
        "--release",
        "--package",
        "sliderule-server",
        "--package",
        "sliderule-node",
        "--bins",
    ]);
    shell.step("Building the servers", "bench-servers", &mut servers)?;
    let folder = shell.temporary_folder("sliderule-bench-")?;
    let mut run = shell.command("node");
    run.arg("tests/bench/session.mjs").env("TMPDIR", folder.path());
    run.env("SLIDERULE_PS", shell.tree.at("target/release/sliderule-ps"));
    match setup::chromium(shell)? {
        Some(chromium) => run.arg("page").env("CHROME", chromium),
        None => run.arg("-"),
    };
    match json {
        Some(file) => run.arg(std::path::absolute(file).map_err(Failure::file("find", file))?),
        None => run.arg("-"),
    };
    if shell.attached(&mut run)?.success() {
        return Ok(());
    }
    shell.interrupt.check()?;
    Err(Failure::said("a goal is missed, or the measurement failed"))
}
