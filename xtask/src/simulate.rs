//! `cargo xtask simulate [--first-seed S] --seeds N --days D [--json FILE]`: the control plane from seeds, in a
//! build of its own profile.
//!
//! The simulation itself is `crates/simulator`; it reads the rest of the command line, prints what it found, and fails
//! if something is wrong.

use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::shell::Shell;

/// Builds the simulator and runs it with these words.
pub(crate) fn simulate(shell: &Shell, words: &[String]) -> Result<()> {
    let mut build = shell.command("cargo");
    build.args(["build", "--profile", "simulate", "--package", "sliderule-simulator", "--bins"]);
    shell.step("Building the simulator", "simulate-build", &mut build)?;
    let mut run = shell.command(program(shell));
    // Files are named from where this command is called; it runs in the repository's root.
    let mut names_a_file = false;
    for word in words {
        if names_a_file {
            let file = PathBuf::from(word);
            run.arg(std::path::absolute(&file).map_err(Failure::file("find", &file))?);
        } else {
            run.arg(word);
        }
        names_a_file = word == "--json" || word == "--journal";
    }
    let status = shell.attached(&mut run)?;
    if status.success() {
        return Ok(());
    }
    shell.interrupt.check()?;
    Err(Failure::said("the simulation found something wrong, or a planted bug was missed"))
}

fn program(shell: &Shell) -> PathBuf {
    shell.tree.cargo_target.join("simulate").join("sliderule-simulate")
}
