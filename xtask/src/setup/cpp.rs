//! A C++ compiler, which libFuzzer is compiled with.

use crate::failure::{Failure, Result};
use crate::setup::{debian, on_path};
use crate::shell::Shell;

/// Finds a C++ compiler, or on Debian as root installs one.
pub(crate) fn cpp_compiler(shell: &Shell) -> Result<()> {
    let named =
        std::env::var_os("CXX").is_some_and(|compiler| shell.version(compiler, &["--version"]).is_some());
    let there = || on_path("c++").is_some();
    if named || there() || (debian::install(shell, "g++", "Installing g++ for the fuzz targets")? && there())
    {
        return Ok(());
    }
    Err(Failure::said("a C++ compiler is missing: install g++ or clang (on Debian: apt-get install g++)"))
}
