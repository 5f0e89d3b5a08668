//! wasm-pack and wasm-bindgen: those on the search path if they are the right ones, otherwise built from the
//! Rust registry into `target/tools`.

use std::fs;
use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::setup::{Tools, on_path};
use crate::shell::Shell;

/// The wasm-pack this tree is built with; another patch release does as well.
const WASM_PACK: &str = "0.15";

/// Finds or installs both.
pub(super) fn install(shell: &Shell) -> Result<Tools> {
    let lock_file = shell.tree.at("Cargo.lock");
    let lock = fs::read_to_string(&lock_file).map_err(Failure::file("read", &lock_file))?;
    let bindgen = locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| Failure::said("Cargo.lock does not name wasm-bindgen: the tree is not complete"))?;

    let wasm_pack =
        Wanted { program: "wasm-pack", version: WASM_PACK, request: &format!("^{WASM_PACK}"), locked: true };
    // Its own lock file may name a version that the registry lacks, so it is resolved afresh.
    let wasm_bindgen =
        Wanted { program: "wasm-bindgen", version: bindgen, request: &format!("={bindgen}"), locked: false };
    let tools = Tools { wasm_pack: wasm_pack.get(shell)?, wasm_bindgen: wasm_bindgen.get(shell)? };

    let leftovers = shell.tree.tools().join("build");
    if leftovers.exists() {
        fs::remove_dir_all(&leftovers).map_err(Failure::file("remove", &leftovers))?;
    }
    Ok(tools)
}

/// A program of the Rust registry.
struct Wanted<'a> {
    program: &'a str,
    /// What its own version must be, or begin with.
    version: &'a str,
    /// The version to ask the registry for.
    request: &'a str,
    locked: bool,
}

impl Wanted<'_> {
    fn get(&self, shell: &Shell) -> Result<PathBuf> {
        let own = shell.tree.tools().join("bin").join(self.program);
        let candidates = [Some(own.clone()), on_path(self.program)];
        if let Some(found) = candidates.into_iter().flatten().find(|file| self.is_right(shell, file)) {
            return Ok(found);
        }
        let package = if self.program == "wasm-bindgen" { "wasm-bindgen-cli" } else { self.program };
        let mut command = shell.command("cargo");
        command.args(["install", package, "--version", self.request, "--root"]).arg(shell.tree.tools());
        // One folder for both, since they share dependencies; removed when both are there.
        command.arg("--target-dir").arg(shell.tree.tools().join("build"));
        if self.locked {
            command.arg("--locked");
        }
        let title = format!("Installing {} {} into target/tools, once", self.program, self.version);
        shell.step(&title, self.program, &mut command)?;
        Ok(own)
    }

    fn is_right(&self, shell: &Shell, file: &PathBuf) -> bool {
        shell.version(file, &["--version"]).is_some_and(|text| is_version(&text, self.program, self.version))
    }
}

/// Whether `text`, as in `wasm-pack 0.15.1`, is `program` in `version` or a patch release of it.
fn is_version(text: &str, program: &str, version: &str) -> bool {
    let mut words = text.split_whitespace();
    let (name, found) = (words.next(), words.next().unwrap_or_default());
    let rest = found.strip_prefix(version);
    name == Some(program) && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The version that a lock file of cargo gives `package`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let mut lines = lock.lines();
    lines.find(|line| line.strip_prefix("name = ") == Some(&format!("\"{package}\"")))?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::{is_version, locked_version};

    #[test]
    fn a_patch_release_will_do_and_a_longer_number_will_not() {
        assert!(is_version("wasm-pack 0.15.1", "wasm-pack", "0.15"));
        assert!(is_version("wasm-bindgen 0.2.130", "wasm-bindgen", "0.2.130"));
        assert!(!is_version("wasm-bindgen 0.2.1301", "wasm-bindgen", "0.2.130"));
        assert!(!is_version("wasm-pack 0.14.0", "wasm-pack", "0.15"));
        assert!(!is_version("other 0.15.1", "wasm-pack", "0.15"));
        assert!(!is_version("", "wasm-pack", "0.15"));
    }

    #[test]
    fn the_lock_file_says_which_wasm_bindgen_the_client_is_built_with() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "absent"), None);
    }
}
