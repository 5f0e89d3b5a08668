//! `bench streams`: the decoding of record streams beside other ways to do it, in Node.
//!
//! One of them is the npm client `@sliderule/sliderule`, installed into a temporary folder; where that cannot be had
//! the comparison is left out, and said so.

use std::path::{Path, PathBuf};

use crate::build;
use crate::failure::{Failure, Result};
use crate::setup;
use crate::shell::Shell;

const NPM_CLIENT: &str = "@sliderule/sliderule";
const RELEASE: &str = "5.6.0";

/// Builds the module and measures; `json` is where the figures go besides.
pub(super) fn bench(shell: &Shell, json: Option<&Path>) -> Result<()> {
    let tools = setup::prepare(shell)?;
    build::package(shell, &tools)?;
    let folder = shell.temporary_folder("sliderule-bench-")?;
    let npm = npm_client(shell, folder.path())?;
    let mut run = shell.command("node");
    run.args(["--expose-gc", "tests/bench/streams.mjs"]).arg(shell.tree.at("pkg"));
    run.arg(npm.as_deref().unwrap_or(Path::new("-")));
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

/// The npm client's folder, if it can be installed.
fn npm_client(shell: &Shell, folder: &Path) -> Result<Option<PathBuf>> {
    let mut install = shell.command("npm");
    install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--prefix"]);
    install.arg(folder).arg(format!("{NPM_CLIENT}@{RELEASE}"));
    match shell.step("Installing the npm client to compare with", "bench-npm", &mut install) {
        Ok(_) => Ok(Some(folder.join("node_modules").join(NPM_CLIENT))),
        Err(Failure::Said(why)) => {
            println!("left out: {why}");
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
