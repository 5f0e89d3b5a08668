//! `cargo xtask test [group …]`: builds everything and runs every test, or the named groups.
//!
//! It stops at the first group that fails. All tests share one private temporary folder; at the end no process
//! may be left running and no file in that folder, and either is a failure; so is a secret in a log.

mod groups;
mod leaks;
mod secrets;

pub(crate) use groups::Group;

use std::path::Path;
use std::time::Instant;

use crate::build;
use crate::closing_lines::Tally;
use crate::descendants;
use crate::failure::{Failure, Result};
use crate::setup;
use crate::shell::Shell;

/// Runs `groups` and the check for leftovers.
pub(crate) fn test(shell: &Shell, groups: &[Group]) -> Result<()> {
    let began = Instant::now();
    let tools = setup::prepare(shell)?;
    if groups.iter().any(|group| group.needs_build()) {
        build::build(shell, &tools)?;
    }
    let temporary = shell.temporary_folder("sliderule-test-")?;
    shell.set_temporary(temporary.path().to_path_buf());
    // Node would keep compiled JavaScript in the temporary folder.
    shell.set("NODE_DISABLE_COMPILE_CACHE", "1");
    // A snapshot that differs is a failure, not a new file.
    shell.set("INSTA_UPDATE", "no");

    // What the suites log is searched when all have run.
    let logs = shell.tree.test_logs();
    secrets::prepare(&logs)?;
    shell.set(secrets::FOLDER_VARIABLE, &logs);

    let outcome = run_groups(shell, groups, temporary.path());
    if outcome.is_err() {
        // Nothing may still write into the folder when it goes.
        descendants::end_all();
    }
    let place = temporary.path().to_path_buf();
    temporary.close().map_err(Failure::file("remove", &place))?;
    let (total, seconds) = (outcome?, began.elapsed().as_secs_f64());
    println!("\nPassed in {seconds:.0} s, {} of {} groups: {total}", groups.len(), Group::ALL.len());
    Ok(())
}

fn run_groups(shell: &Shell, groups: &[Group], temporary: &Path) -> Result<Tally> {
    let mut total = Tally::default();
    for group in groups {
        println!("\n== {}: {}", group.name(), group.what());
        total += group.run(shell).map_err(|failure| in_group(*group, failure))?;
    }
    println!("\n== leftovers: no process and no temporary file");
    leaks::check(temporary)?;
    println!("none");
    println!("\n== logs: no secret in any line");
    println!("none in {} lines", secrets::check(&shell.tree.test_logs())?);
    Ok(total)
}

fn in_group(group: Group, failure: Failure) -> Failure {
    match failure {
        Failure::Said(why) => Failure::said(format!(
            "{why}\ngroup `{0}` failed; to run it alone: cargo xtask test {0}",
            group.name()
        )),
        other => other,
    }
}
