//! The client's WebAssembly module: wasm-pack, then wasm-opt, then the same bytes inlined into a module, and the
//! glue of wasm-bindgen as a function that makes it.
//!
//! The glue as it comes serves one instance for the life of a program. As a function it can be had again, for a fresh
//! instance after the one before has failed; and what it takes from the world is given to it (see `js/instance.js`).
//!
//! It is made in `target/wasm-pack` and moved into `pkg/` when it is complete, so that `pkg/` never holds half
//! of a build. wasm-opt is binaryen's from npm: wasm-pack's own download cannot be relied on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::build::empty;
use crate::failure::{Failure, Result};
use crate::fresh;
use crate::setup::Tools;
use crate::shell::Shell;

/// What the module is made from. This file is the recipe.
const INPUTS: [&str; 8] = [
    "src",
    "crates/api",
    "crates/records",
    "crates/session",
    "Cargo.toml",
    "Cargo.lock",
    "package-lock.json",
    "xtask/src/build/wasm.rs",
];
const MODULE: &str = "sliderule_wasm_bg.wasm";
const INLINED: &str = "inlined.js";
const GLUE: &str = "glue.js";
/// Around the glue, which esbuild makes one expression.
const GLUE_OPENS: &str = "export default function glue(world) {\n\
    const { WebAssembly, AbortController, setTimeout, clearTimeout } = world;";
const GLUE_CLOSES: &str = "return glueOfThis;\n}";

/// What the Rust compiler emits by itself for this target since 1.82, and the vector instructions that it is asked for;
/// every browser of the last three years has them.
const FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-mutable-globals",
];

/// Builds `pkg/` if anything it is made from changed.
pub(super) fn build(shell: &Shell, tools: &Tools) -> Result<()> {
    let pkg = shell.tree.at("pkg");
    let inputs: Vec<PathBuf> = INPUTS.iter().map(|path| shell.tree.at(path)).collect();
    if pkg.join(MODULE).exists() && fresh::up_to_date(&pkg.join(INLINED), &inputs) {
        println!("The WebAssembly module is up to date");
        return Ok(());
    }
    let began = SystemTime::now();
    let staged = shell.tree.at("target/wasm-pack");
    empty(&staged)?;
    compile(shell, tools, &staged)?;
    optimise(shell, &staged.join(MODULE))?;
    wrap(shell, &staged)?;
    let module = staged.join(MODULE);
    let bytes = fs::read(&module).map_err(Failure::file("read", &module))?;
    move_files(&staged, &pkg)?;

    // Last, since its time is what says that `pkg/` is complete.
    let inlined = pkg.join(INLINED);
    fs::write(&inlined, inlined_module(&bytes)).map_err(Failure::file("write", &inlined))?;
    fresh::made_from(&inlined, began)
}

fn compile(shell: &Shell, tools: &Tools, staged: &Path) -> Result<()> {
    let mut command = shell.command(&tools.wasm_pack);
    command
        .args(["build", "--target", "web", "--profile", "wasm-release", "--no-opt", "--no-pack"])
        .args(["--no-gitignore", "--mode", "no-install", "--out-dir"])
        .arg(staged);
    // With `no-install`, wasm-pack takes the wasm-bindgen that it finds first.
    let folders = tools.wasm_bindgen.parent().map(Path::to_path_buf).into_iter();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)))
        .map_err(|error| Failure::said(format!("a folder of PATH cannot be used: {error}")))?;
    command.env("PATH", path);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128");
    shell.step("Compiling the client to WebAssembly", "wasm-pack", &mut command).map(drop)
}

fn optimise(shell: &Shell, module: &Path) -> Result<()> {
    let mut command = shell.command(shell.tree.at("node_modules/.bin/wasm-opt"));
    command.arg("-Os").args(FEATURES).arg(module).arg("-o").arg(module);
    shell.step("Optimising it for size", "wasm-opt", &mut command).map(drop)
}

/// Makes a function of the glue, with esbuild, which finds out what is exported. The default address of the module
/// goes: it is always given.
fn wrap(shell: &Shell, staged: &Path) -> Result<()> {
    let mut command = shell.command(shell.tree.at("node_modules/.bin/esbuild"));
    command
        .arg(staged.join("sliderule_wasm.js"))
        .args(["--format=iife", "--global-name=glueOfThis", "--target=es2022", "--log-level=warning"])
        .arg("--define:import.meta.url=\"\"")
        .arg(format!("--banner:js={GLUE_OPENS}"))
        .arg(format!("--footer:js={GLUE_CLOSES}"))
        .arg(format!("--outfile={}", staged.join(GLUE).display()));
    shell.step("Making a function of its glue", "glue", &mut command)?;
    let types = staged.join("glue.d.ts");
    fs::write(&types, GLUE_TYPES).map_err(Failure::file("write", &types))
}

/// What `js/` knows of the function.
const GLUE_TYPES: &str = "\
export default function glue(world: {
  WebAssembly: object;
  AbortController: typeof AbortController;
  setTimeout: (act: () => void, milliseconds: number) => unknown;
  clearTimeout: (timer: unknown) => void;
}): typeof import(\"./sliderule_wasm.js\");
";

fn move_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).map_err(Failure::file("read", from))? {
        let file = entry.map_err(Failure::file("read", from))?.path();
        let Some(name) = file.file_name().filter(|_| file.is_file()) else { continue };
        fs::rename(&file, to.join(name)).map_err(Failure::file("move", &file))?;
    }
    Ok(())
}

/// The module as JavaScript, for where nothing serves a `.wasm` file.
fn inlined_module(bytes: &[u8]) -> String {
    format!("export default \"{}\";\n", STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::inlined_module;

    #[test]
    fn the_inlined_module_is_one_default_export_in_base64() {
        assert_eq!(inlined_module(b"\0asm"), "export default \"AGFzbQ==\";\n");
    }
}
