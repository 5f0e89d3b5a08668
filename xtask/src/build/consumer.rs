//! The package as a user has it: packed into a tarball and installed from there, with no network.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::build::empty;
use crate::failure::{Failure, Result};
use crate::fresh;
use crate::shell::Shell;

/// What the tarball is made from.
const INPUTS: [&str; 6] = ["dist", "examples", "package.json", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];
const MANIFEST: &str = "{ \"name\": \"consumer\", \"private\": true, \"type\": \"module\" }\n";

/// Where the package is installed.
pub(crate) fn installed_package(shell: &Shell) -> PathBuf {
    shell.tree.consumer().join("node_modules/sliderule-wasm")
}

/// Packs and installs the package if anything in it changed.
pub(super) fn install(shell: &Shell) -> Result<()> {
    // npm writes it when the installation is complete.
    let product = shell.tree.consumer().join("node_modules/.package-lock.json");
    let installed = installed_package(shell).join("package.json").exists();
    if installed && fresh::up_to_date(&product, &INPUTS.map(|path| shell.tree.at(path))) {
        println!("The installed package is up to date");
        return Ok(());
    }
    let began = SystemTime::now();
    let packed = shell.tree.at("target/npm");
    empty(&packed)?;
    let mut pack = shell.command("npm");
    pack.args(["pack", "--pack-destination"]).arg(&packed);
    shell.step("Packing the package", "npm-pack", &mut pack)?;

    let consumer = shell.tree.consumer();
    empty(&consumer)?;
    let manifest = consumer.join("package.json");
    fs::write(&manifest, MANIFEST).map_err(Failure::file("write", &manifest))?;
    let mut install = shell.command("npm");
    install.args(["install", "--offline", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"]);
    install.arg(tarball(&packed)?).current_dir(&consumer);
    shell.step("Installing it as a user would", "npm-install", &mut install)?;
    fresh::made_from(&product, began)
}

fn tarball(folder: &PathBuf) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).map_err(Failure::file("read", folder))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|file| file.extension().is_some_and(|extension| extension == "tgz"))
        .ok_or_else(|| Failure::said(format!("npm pack left no tarball in {}", folder.display())))
}
