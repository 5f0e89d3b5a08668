//! What npm publishes: `dist/`, bundled from `js/` and the WebAssembly module.

use std::time::SystemTime;

use crate::failure::Result;
use crate::fresh;
use crate::shell::Shell;

/// What the package is made from.
const INPUTS: [&str; 5] =
    ["js", "pkg/sliderule_wasm_bg.wasm", "pkg/sliderule_wasm.js", "package.json", "package-lock.json"];

/// Bundles the entries if anything they are made from changed.
pub(super) fn build(shell: &Shell) -> Result<()> {
    // Written last.
    let product = shell.tree.at("dist/index.d.ts");
    if fresh::up_to_date(&product, &INPUTS.map(|path| shell.tree.at(path))) {
        println!("The package is up to date");
        return Ok(());
    }
    let began = SystemTime::now();
    let mut command = shell.command("node");
    shell.step("Bundling the package", "package", command.arg("js/build.mjs"))?;
    fresh::made_from(&product, began)
}
