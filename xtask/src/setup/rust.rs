//! What of Rust must be installed: the linter and the formatter, the WebAssembly target; and a C compiler,
//! which SQLite is compiled with.

use crate::failure::{Failure, Result};
use crate::setup::on_path;
use crate::shell::Shell;

const WASM: &str = "wasm32-unknown-unknown";

/// Checks for a C compiler.
pub(super) fn c_compiler(shell: &Shell) -> Result<()> {
    let named =
        std::env::var_os("CC").is_some_and(|compiler| shell.version(compiler, &["--version"]).is_some());
    if named || ["cc", "gcc", "clang"].iter().any(|name| on_path(name).is_some()) {
        return Ok(());
    }
    Err(Failure::said(
        "a C compiler is missing: install gcc or clang (on Debian: apt-get install build-essential)",
    ))
}

/// Makes sure that rustfmt and clippy are there; rustup's minimal profile leaves them out.
pub(super) fn components(shell: &Shell) -> Result<()> {
    for (component, command) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if shell.version("cargo", &[command, "--version"]).is_none() {
            rustup(shell, &["component", "add", component], component)?;
        }
    }
    Ok(())
}

/// Makes sure that Rust can compile to WebAssembly. Rust may have been installed without rustup, so it is the
/// compiler that is asked where its libraries are.
pub(super) fn wasm_target(shell: &Shell) -> Result<()> {
    let libraries = shell.version("rustc", &["--print", "target-libdir", "--target", WASM]);
    if libraries.is_some_and(|folder| std::path::Path::new(&folder).is_dir()) {
        return Ok(());
    }
    rustup(shell, &["target", "add", WASM], WASM)
}

/// Makes sure that the source of Rust's own library is there, which is compiled with the WebAssembly module.
pub(super) fn library_source(shell: &Shell) -> Result<()> {
    let sysroot = shell.version("rustc", &["--print", "sysroot"]).unwrap_or_default();
    if std::path::Path::new(&sysroot).join("lib/rustlib/src/rust/library/std").is_dir() {
        return Ok(());
    }
    rustup(shell, &["component", "add", "rust-src"], "rust-src")
}

fn rustup(shell: &Shell, arguments: &[&str], what: &str) -> Result<()> {
    if on_path("rustup").is_none() {
        return Err(Failure::said(format!(
            "Rust lacks {what}, and rustup is not there to add it: install Rust from https://rustup.rs, or {what} with your system's packages"
        )));
    }
    let mut command = shell.command("rustup");
    command.args(arguments);
    shell.step(&format!("Adding {what} to Rust"), "rustup", &mut command).map(drop)
}
