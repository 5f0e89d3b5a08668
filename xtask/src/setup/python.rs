//! The Python clients of the organization-token generation, as they were published, and what they import.
//!
//! One environment holds what they share; each client lies in a folder beside it, since all have the same name. They are kept
//! between runs, and made again when anything about them changes. What they need beside that is Linux: the tests
//! give them a network of their own, with `unshare`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::setup::{debian, on_path};
use crate::shell::Shell;

/// The clients' versions; `tests/python/clients.test.mjs` says what each is owed.
const CLIENTS: [&str; 3] = ["4.0.4", "4.10.1", "4.20.0"];
/// The versions 3.x of Python for which everything that is required comes ready-made.
const MINORS: std::ops::RangeInclusive<u32> = 10..=13;
const REQUIREMENTS: &str = "tests/python/requirements.txt";
/// Only what is named, and nothing that would have to be compiled.
pub(super) const INSTALL: [&str; 6] =
    ["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"];

/// Where something is that tests need, or why it cannot be had on this machine.
pub(crate) enum Place {
    /// The folder it was installed into.
    Installed(PathBuf),
    /// What is missing, and what to do.
    Missing(String),
}

/// Finds the clients, or installs them, on Debian as root with Python itself.
pub(crate) fn python_clients(shell: &Shell) -> Result<Place> {
    if !has_namespaces(shell) {
        return Ok(Place::Missing(
            "this machine gives no network namespace: it must be Linux with `unshare` and `nsenter`, and allow unprivileged user namespaces"
                .to_owned(),
        ));
    }
    match suitable(shell)? {
        Ok(version) => install(shell, &version).map(Place::Installed),
        Err(missing) => Ok(Place::Missing(missing)),
    }
}

/// The version of a Python that can make environments and for which what is required comes ready-made, or what is
/// missing.
pub(super) fn suitable(shell: &Shell) -> Result<std::result::Result<String, String>> {
    let Some(version) = python(shell)? else {
        return Ok(Err(
            "no Python that can make virtual environments: install it (on Debian: apt-get install python3-venv)"
                .to_owned(),
        ));
    };
    if minor(&version).is_some_and(|minor| MINORS.contains(&minor)) {
        return Ok(Ok(version));
    }
    let (first, last) = (MINORS.start(), MINORS.end());
    Ok(Err(format!("Python is {version}, and what is tested here is tested with 3.{first} to 3.{last}")))
}

/// Whether a process here may have a network and files of its own.
fn has_namespaces(shell: &Shell) -> bool {
    let mount = ["--map-root-user", "--net", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"];
    on_path("nsenter").is_some() && shell.version("unshare", &mount).is_some()
}

/// The version of a Python that can make environments.
fn python(shell: &Shell) -> Result<Option<String>> {
    let ask = "import ensurepip, platform, venv; print(platform.python_version())";
    let find = || shell.version("python3", &["-c", ask]);
    if let Some(version) = find() {
        return Ok(Some(version));
    }
    let installed =
        debian::install(shell, "python3-venv", "Installing Python for the tests of what uses it")?;
    Ok(if installed { find() } else { None })
}

fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("3.")?.split('.').next()?.parse().ok()
}

/// Installs the clients, unless what is there was made from the same.
fn install(shell: &Shell, version: &str) -> Result<PathBuf> {
    let place = shell.tree.python_clients();
    let file = shell.tree.at(REQUIREMENTS);
    let requirements = fs::read_to_string(&file).map_err(Failure::file("read", &file))?;
    let wanted = format!("Python {version}, clients {}\n{requirements}", CLIENTS.join(" "));
    let made_from = place.join("made-from.txt");
    if fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == wanted) {
        return Ok(place);
    }
    if place.exists() {
        fs::remove_dir_all(&place).map_err(Failure::file("remove", &place))?;
    }
    let environment = place.join("environment");
    let mut make = shell.command("python3");
    make.args(["-m", "venv"]).arg(&environment);
    shell.step("Making a Python environment", "python-venv", &mut make)?;
    let python = environment.join("bin/python");
    let mut shared = shell.command(&python);
    shared.args(INSTALL).arg("--requirement").arg(&file);
    shell.step("Installing what the Python clients import", "pip-requirements", &mut shared)?;
    for client in CLIENTS {
        install_client(shell, &python, &place, client)?;
    }
    // Last, so that what is half made is made again.
    fs::write(&made_from, wanted).map_err(Failure::file("write", &made_from))?;
    Ok(place)
}

fn install_client(shell: &Shell, python: &Path, place: &Path, version: &str) -> Result<()> {
    let mut command = shell.command(python);
    command.args(INSTALL).arg(format!("sliderule=={version}"));
    command.arg("--target").arg(place.join(format!("sliderule-{version}")));
    shell.step(&format!("Installing the Python client {version}"), "pip-client", &mut command).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{MINORS, minor};

    #[test]
    fn versions_of_python_are_read() {
        assert_eq!(minor("3.11.7"), Some(11));
        assert_eq!(minor("3.13.0rc1"), Some(13));
        assert_eq!(minor("2.7.18"), None);
        assert!(!MINORS.contains(&minor("3.9.2").unwrap()));
    }
}
