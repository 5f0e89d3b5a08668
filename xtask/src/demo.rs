//! `cargo xtask demo`: a provisioning system on this machine with one private cluster, which is asleep, and
//! the shipped Node example against it. Then the page, until Ctrl-C; with `--once` it ends instead.
//!
//! Everything lives in one temporary folder. However the demo ends, the server is stopped in order, nothing it
//! started is left running, and the folder goes.

mod cluster;
mod server;

use std::path::Path;
use std::time::Duration;

use crate::build;
use crate::descendants;
use crate::failure::{Failure, Result};
use crate::setup;
use crate::shell::Shell;
use cluster::Cluster;
use server::Server;

/// How long nodes may take to be gone after the server ended: the tail of the demo's leases and some more.
const AFTERMATH: Duration = Duration::from_secs(10);

/// Sets up, builds, and plays the demo.
pub(crate) fn demo(shell: &Shell, once: bool) -> Result<()> {
    let tools = setup::prepare(shell)?;
    build::build(shell, &tools)?;
    play(shell, once)
}

/// The demo itself; everything is built.
pub(crate) fn play(shell: &Shell, once: bool) -> Result<()> {
    let folder = shell.temporary_folder("sliderule-demo-")?;
    let outcome = serve_and_use(shell, folder.path(), once);
    if outcome.is_err() {
        // Nothing may still write into the folder when it goes.
        descendants::end_all();
    }
    let place = folder.path().to_path_buf();
    let removed = folder.close().map_err(Failure::file("remove", &place));
    outcome.and(removed)
}

fn serve_and_use(shell: &Shell, home: &Path, once: bool) -> Result<()> {
    let cluster = Cluster::create(shell, home)?;
    let mut server = Server::start(shell, home)?;
    let used = use_it(shell, &cluster, &mut server, once);
    let stopped = server.stop(shell);
    let left = descendants::wait_until_gone(AFTERMATH);
    match (used, stopped) {
        // Ctrl-C is how the demo ends, once the main job is done.
        (Ok(()), Ok(())) if left.is_empty() => Ok(()),
        (Ok(()), Ok(())) => {
            let left: Vec<String> = left.iter().map(ToString::to_string).collect();
            Err(Failure::said(format!("the server ended and left running: {}", left.join(", "))))
        }
        (Err(Failure::Said(why)), _) => {
            println!("\nThe end of the server's log:\n{}", server.log_end());
            Err(Failure::said(why))
        }
        (used, stopped) => used.and(stopped),
    }
}

fn use_it(shell: &Shell, cluster: &Cluster, server: &mut Server, once: bool) -> Result<()> {
    let example = build::installed_package(shell).join("examples/private-cluster.mjs");
    println!("\n$ node examples/private-cluster.mjs");
    let mut command = shell.command("node");
    command.arg(example).current_dir(shell.tree.consumer());
    cluster.tell(&mut command, server.address());
    let status = shell.attached(&mut command)?;
    if !status.success() {
        shell.interrupt.check()?;
        return Err(Failure::said(format!("the example ended with {status}")));
    }
    if once {
        return Ok(());
    }
    println!("\nThe page       {}/", server.address());
    cluster.print_sign_in(server.address());
    println!("\nCtrl-C stops everything and leaves nothing behind.");
    server.wait(shell)
}
