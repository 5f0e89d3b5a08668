//! The page of the provisioning system, bundled from `www/src` and the package into `www/dist`.

use std::time::SystemTime;

use crate::failure::Result;
use crate::fresh;
use crate::shell::Shell;

/// What the page is made from.
const INPUTS: [&str; 4] = ["www/src", "www/build.mjs", "dist/index.js", "package-lock.json"];

/// Bundles the page if anything it is made from changed.
pub(super) fn build(shell: &Shell) -> Result<()> {
    let product = shell.tree.at("www/dist/index.html");
    if fresh::up_to_date(&product, &INPUTS.map(|path| shell.tree.at(path))) {
        println!("The page is up to date");
        return Ok(());
    }
    let began = SystemTime::now();
    let mut command = shell.command("node");
    shell.step("Bundling the page", "page", command.arg("www/build.mjs"))?;
    fresh::made_from(&product, began)
}
