//! Programs of the Rust registry: those on the search path if they are the right ones, otherwise built into
//! `target/tools`.

use std::fs;
use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::setup::{Tools, on_path};
use crate::shell::Shell;

const WASM_PACK: Wanted =
    Wanted { program: "wasm-pack", package: "wasm-pack", version: "0.15", locked: true };
const CARGO_DENY: Wanted =
    Wanted { program: "cargo-deny", package: "cargo-deny", version: "0.20", locked: true };

/// Finds or installs what building needs.
pub(super) fn install(shell: &Shell) -> Result<Tools> {
    let lock_file = shell.tree.at("Cargo.lock");
    let lock = fs::read_to_string(&lock_file).map_err(Failure::file("read", &lock_file))?;
    let version = locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| Failure::said("Cargo.lock does not name wasm-bindgen: the tree is not complete"))?;
    // Its own lock file may name a version that the registry lacks, so it is resolved afresh.
    let wasm_bindgen =
        Wanted { program: "wasm-bindgen", package: "wasm-bindgen-cli", version, locked: false };
    let tools = Tools { wasm_pack: WASM_PACK.get(shell)?, wasm_bindgen: wasm_bindgen.get(shell)? };
    remove_leftovers(shell)?;
    Ok(tools)
}

/// Finds cargo-deny. It takes minutes to compile and finds something once a year, so it is installed only where
/// continuous integration runs (`CI` is set).
pub(crate) fn cargo_deny(shell: &Shell) -> Result<Option<PathBuf>> {
    let found = CARGO_DENY.find(shell);
    if found.is_some() || std::env::var_os("CI").is_none() {
        return Ok(found);
    }
    let installed = CARGO_DENY.get(shell)?;
    remove_leftovers(shell)?;
    Ok(Some(installed))
}

/// Removes what compiling the programs left; they share one folder for it, since they share dependencies.
fn remove_leftovers(shell: &Shell) -> Result<()> {
    let folder = build_folder(shell);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Failure::file("remove", &folder))?;
    }
    Ok(())
}

fn build_folder(shell: &Shell) -> PathBuf {
    shell.tree.tools().join("build")
}

/// A program of the Rust registry.
struct Wanted<'a> {
    program: &'a str,
    package: &'a str,
    /// Its version; a patch release of it does as well.
    version: &'a str,
    locked: bool,
}

impl Wanted<'_> {
    fn own(&self, shell: &Shell) -> PathBuf {
        shell.tree.tools().join("bin").join(self.program)
    }

    fn find(&self, shell: &Shell) -> Option<PathBuf> {
        let candidates = [Some(self.own(shell)), on_path(self.program)];
        candidates.into_iter().flatten().find(|file| self.is_right(shell, file))
    }

    fn get(&self, shell: &Shell) -> Result<PathBuf> {
        if let Some(found) = self.find(shell) {
            return Ok(found);
        }
        let mut command = shell.command("cargo");
        command.args(["install", self.package, "--version", &self.request(), "--root"]);
        command.arg(shell.tree.tools()).arg("--target-dir").arg(build_folder(shell));
        if self.locked {
            command.arg("--locked");
        }
        let title = format!("Installing {} {} into target/tools, once", self.program, self.version);
        shell.step(&title, self.program, &mut command)?;
        Ok(self.own(shell))
    }

    /// What to ask the registry for: the very version, or the newest patch of one of two numbers.
    fn request(&self) -> String {
        let exact = self.version.matches('.').count() == 2;
        format!("{}{}", if exact { "=" } else { "~" }, self.version)
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
