//! What notebooks are run with: Pyodide and Observable's notebook kit from npm, JupyterLite and what its kernel
//! loads from PyPI.
//!
//! All of it goes into one folder, which is kept between runs and made again when anything about it changes. The npm
//! packages are many, and nobody else's business: they have a lock of their own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::setup::python::{INSTALL, Place, suitable};
use crate::shell::Shell;

/// Where it is written down what to install.
const LISTS: [&str; 4] = ["package.json", "package-lock.json", "requirements.txt", "wheels.txt"];
/// The Python that Pyodide is.
const PYODIDE_PYTHON: [&str; 8] =
    ["--python-version", "3.14", "--platform", "any", "--implementation", "py", "--abi", "none"];

/// Finds what notebooks are run with, or installs it, on Debian as root with Python itself.
pub(crate) fn notebooks(shell: &Shell) -> Result<Place> {
    let version = match suitable(shell)? {
        Ok(version) => version,
        Err(missing) => return Ok(Place::Missing(missing)),
    };
    let lists = shell.tree.at("tests/notebooks/tools");
    let mut wanted = format!("Python {version}\n");
    for name in LISTS {
        let file = lists.join(name);
        wanted += &fs::read_to_string(&file).map_err(Failure::file("read", &file))?;
    }
    let place = shell.tree.notebooks();
    let made_from = place.join("made-from.txt");
    if fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == wanted) {
        return Ok(Place::Installed(place));
    }
    if place.exists() {
        fs::remove_dir_all(&place).map_err(Failure::file("remove", &place))?;
    }
    npm_packages(shell, &lists, &place.join("npm"))?;
    python_packages(shell, &lists, &place)?;
    // Last, so that what is half made is made again.
    fs::write(&made_from, wanted).map_err(Failure::file("write", &made_from))?;
    Ok(Place::Installed(place))
}

fn npm_packages(shell: &Shell, lists: &Path, folder: &PathBuf) -> Result<()> {
    fs::create_dir_all(folder).map_err(Failure::file("make the folder", folder))?;
    let root = shell.tree.at(".npmrc");
    for file in [lists.join("package.json"), lists.join("package-lock.json"), root] {
        let copy = folder.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &copy).map_err(Failure::file("copy", &file))?;
    }
    let mut install = shell.command("npm");
    install.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
    shell.step("Installing Pyodide and Observable's notebook kit", "npm-notebooks", &mut install).map(drop)
}

fn python_packages(shell: &Shell, lists: &Path, place: &Path) -> Result<()> {
    let environment = place.join("environment");
    let mut make = shell.command("python3");
    make.args(["-m", "venv"]).arg(&environment);
    shell.step("Making a Python environment", "python-venv", &mut make)?;
    let python = environment.join("bin/python");
    let mut install = shell.command(&python);
    install.args(INSTALL).arg("--requirement").arg(lists.join("requirements.txt"));
    shell.step("Installing JupyterLite", "pip-jupyterlite", &mut install)?;
    let mut fetch = shell.command(&python);
    fetch.args(["-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    fetch.args(PYODIDE_PYTHON).arg("--dest").arg(place.join("wheels"));
    fetch.arg("--requirement").arg(lists.join("wheels.txt"));
    shell.step("Fetching what JupyterLite's Python kernel loads", "pip-wheels", &mut fetch).map(drop)
}
