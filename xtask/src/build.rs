//! `cargo xtask build`: everything that `demo` and the tests run.
//!
//! In this order, since each needs the one before: the WebAssembly module in `pkg/`, the package in `dist/`, the page
//! in `www/dist`, the servers in `target/debug`, and the package packed and installed into `target/consumer` as a user
//! would.

mod consumer;
mod package;
mod page;
mod servers;
mod wasm;

use std::fs::{self, File};
use std::path::PathBuf;

pub(crate) use consumer::installed_package;
pub(crate) use servers::build as servers;

use crate::failure::{Failure, Result};
use crate::setup::Tools;
use crate::shell::Shell;

/// Builds whatever is older than what it is made from.
pub(crate) fn build(shell: &Shell, tools: &Tools) -> Result<()> {
    let _alone = alone(shell)?;
    wasm::build(shell, tools)?;
    package::build(shell)?;
    page::build(shell)?;
    servers::build(shell)?;
    consumer::install(shell)
}

/// Builds the WebAssembly module and the package alone.
pub(crate) fn package(shell: &Shell, tools: &Tools) -> Result<()> {
    let _alone = alone(shell)?;
    wasm::build(shell, tools)?;
    package::build(shell)
}

/// One build at a time in this tree: two would write the same files. The lock goes with the process.
fn alone(shell: &Shell) -> Result<File> {
    let path = shell.tree.logs().join("build.lock");
    let lock = File::create(&path).map_err(Failure::file("write", &path))?;
    if lock.try_lock().is_err() {
        println!("Waiting for another `cargo xtask` that builds in this tree");
        while lock.try_lock().is_err() {
            shell.interrupt.check()?;
            shell.pause();
        }
    }
    Ok(lock)
}

/// Makes `folder` new and empty.
pub(crate) fn empty(folder: &PathBuf) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::file("remove", folder))?;
    }
    fs::create_dir_all(folder).map_err(Failure::file("make the folder", folder))
}
