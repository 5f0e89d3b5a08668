//! The bundlers and runtimes that the packaging suite puts the package into, from npm, apart from what the tree itself needs.
//!
//! They are kept between runs, and installed again when the lock file changes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::empty;
use crate::failure::{Failure, Result};
use crate::shell::Shell;

const SOURCE: &str = "tests/packaging/tools";
const LOCK: &str = "package-lock.json";

/// Installs them, unless what is there was made from the same lock file; returns the folder.
pub(crate) fn packaging_tools(shell: &Shell) -> Result<PathBuf> {
    let place = shell.tree.packaging_tools();
    let source = shell.tree.at(SOURCE);
    let file = source.join(LOCK);
    let lock = fs::read_to_string(&file).map_err(Failure::file("read", &file))?;
    let made_from = place.join("made-from.json");
    if fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == lock) {
        return Ok(place);
    }
    empty(&place)?;
    for name in ["package.json", LOCK] {
        let file = source.join(name);
        fs::copy(&file, place.join(name)).map_err(Failure::file("copy", &file))?;
    }
    let mut install = shell.command("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&place);
    shell.step(
        "Installing bundlers and runtimes for the packaging tests",
        "npm-ci-packaging",
        &mut install,
    )?;
    link_bun(shell, &place)?;
    // Last, so that what is half made is made again.
    fs::write(&made_from, lock).map_err(Failure::file("write", &made_from))?;
    Ok(place)
}

/// The one script of these packages that is needed: it puts Bun's program for this machine, which is in a package of its own,
/// where the command `bun` looks for it. There is none for some machines.
fn link_bun(shell: &Shell, place: &Path) -> Result<()> {
    if !place.join("node_modules/@oven").exists() {
        return Ok(());
    }
    let mut link = shell.command("node");
    link.arg("install.js").current_dir(place.join("node_modules/bun"));
    shell.step("Linking Bun", "link-bun", &mut link).map(drop)
}
