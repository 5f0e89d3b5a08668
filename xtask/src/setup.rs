//! What must be there before anything can be built: looked for, and installed where that is possible
//! without asking, into the tree where it can be.
//!
//! Needed from the machine: Rust by rustup, Node with npm, a C compiler, git. Everything else is installed:
//! the WebAssembly target, wasm-pack and wasm-bindgen (into `target/tools`), the npm packages, and on Debian
//! as root Chromium, the C++ compiler of the fuzz targets and Python, whose clients go into `target/python`; bundlers and
//! runtimes for the packaging tests into `target/packaging-tools`, and what notebooks are run with into
//! `target/notebooks`.

mod chromium;
mod cpp;
mod debian;
mod node;
mod notebooks;
mod packaging;
mod python;
mod registry;
mod rust;

use std::path::PathBuf;
use std::time::Instant;

pub(crate) use chromium::{MISSING as CHROMIUM_MISSING, chromium};
pub(crate) use cpp::cpp_compiler;
pub(crate) use notebooks::notebooks;
pub(crate) use packaging::packaging_tools;
pub(crate) use python::{Place, python_clients};
pub(crate) use registry::cargo_deny;

use crate::failure::Result;
use crate::shell::Shell;

/// The programs that building uses beside cargo and node.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    pub(crate) wasm_pack: PathBuf,
    pub(crate) wasm_bindgen: PathBuf,
}

/// Makes sure that everything can be built.
pub(crate) fn prepare(shell: &Shell) -> Result<Tools> {
    let began = Instant::now();
    rust::c_compiler(shell)?;
    let node = node::node(shell)?;
    rust::components(shell)?;
    rust::wasm_target(shell)?;
    rust::library_source(shell)?;
    node::packages(shell)?;
    let tools = registry::install(shell)?;
    println!(
        "Set-up is complete: Node {node}, wasm-pack, wasm-bindgen, npm packages … {:.1} s",
        began.elapsed().as_secs_f64()
    );
    Ok(tools)
}

/// The program `name` on the search path.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
