//! The client's WebAssembly module: wasm-pack, then wasm-opt.
//!
//! It is made in `target/wasm-pack` and moved into `pkg/` when it is complete, so that `pkg/` never holds half
//! of a build. wasm-opt is binaryen's from npm: wasm-pack's own download cannot be relied on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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

/// Rust's own library as it comes is made for speed, and for programs that print what they panic with: 7 of 94 KB of the
/// compressed module. It is compiled anew, for size; a panic is a trap, which `js/instance.js` hears of all the same.
const OWN_STD: [&str; 4] = ["-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"];

/// Finds loops and blocks anew, in code without any nesting: they are fewer than LLVM's. A second time finds a few more.
const LOOPS_ANEW: [&str; 3] = ["--flatten", "--rereloop", "-Oz"];

/// Builds `pkg/` if anything it is made from changed.
pub(super) fn build(shell: &Shell, tools: &Tools) -> Result<()> {
    let pkg = shell.tree.at("pkg");
    let inputs: Vec<PathBuf> = INPUTS.iter().map(|path| shell.tree.at(path)).collect();
    if fresh::up_to_date(&pkg.join(MODULE), &inputs) {
        println!("The WebAssembly module is up to date");
        return Ok(());
    }
    let began = SystemTime::now();
    let staged = shell.tree.at("target/wasm-pack");
    empty(&staged)?;
    compile(shell, tools, &staged)?;
    optimise(shell, &staged.join(MODULE))?;
    fresh::made_from(&staged.join(MODULE), began)?;
    move_files(&staged, &pkg)
}

fn compile(shell: &Shell, tools: &Tools, staged: &Path) -> Result<()> {
    let mut command = shell.command(&tools.wasm_pack);
    command
        .args(["build", ".", "--target", "web", "--profile", "wasm-release", "--no-opt", "--no-pack"])
        .args(["--no-gitignore", "--mode", "no-install", "--out-dir"])
        .arg(staged)
        .arg("--")
        .args(OWN_STD);
    // Cargo and rustc take what is not stable yet, such as the arguments above, from whoever says that they know.
    command.env("RUSTC_BOOTSTRAP", "1");
    // With `no-install`, wasm-pack takes the wasm-bindgen that it finds first.
    let folders = tools.wasm_bindgen.parent().map(Path::to_path_buf).into_iter();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)))
        .map_err(|error| Failure::said(format!("a folder of PATH cannot be used: {error}")))?;
    command.env("PATH", path);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags(shell));
    shell.step("Compiling the client to WebAssembly", "wasm-pack", &mut command).map(drop)
}

/// One hash in the life of a session need not be quick: without vectors and unrolled rounds its code is a third.
const SHORT_HASH: &str = r#"--cfg sha2_backend="soft" --cfg sha2_backend_soft="compact""#;

/// Where this machine keeps the files could make another module on each machine.
fn flags(shell: &Shell) -> String {
    let sysroot = shell.version("rustc", &["--print", "sysroot"]).unwrap_or_default();
    let about = shell.command("rustc").arg("-vV").output().map(|output| output.stdout).unwrap_or_default();
    let about = String::from_utf8_lossy(&about);
    let commit = about.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    let registries = fs::read_dir(cargo.join("registry/src")).into_iter().flatten().flatten();
    let crates = registries.map(|registry| (registry.path(), "crates"));
    let paths = crates.chain([
        (Path::new(&sysroot).join("lib/rustlib/src/rust"), "rust"),
        (Path::new("/rustc").join(commit), "rust"),
        (shell.tree.at(""), "."),
    ]);
    let remapped = paths.map(|(path, to)| format!(" --remap-path-prefix={}={to}", path.display()));
    format!(
        "-C target-feature=+simd128 -Z unstable-options -C panic=immediate-abort {SHORT_HASH}{}",
        remapped.collect::<String>()
    )
}

fn optimise(shell: &Shell, module: &Path) -> Result<()> {
    let mut command = shell.command(shell.tree.at("node_modules/.bin/wasm-opt"));
    // A function that is inlined into its only caller makes the file shorter, and what gzip makes of it longer. The lowest
    // addresses are the far end of the stack, where nothing is.
    command
        .args(["-Oz", "--one-caller-inline-max-function-size=0", "--low-memory-unused"])
        .args(LOOPS_ANEW)
        .args(LOOPS_ANEW)
        .args(["-Oz", "--strip-target-features"])
        .args(FEATURES)
        .arg(module)
        .arg("-o")
        .arg(module);
    shell.step("Optimising it for size", "wasm-opt", &mut command).map(drop)
}

/// The module last, since its time is what says that `pkg/` is complete.
fn move_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).map_err(Failure::file("read", from))? {
        let file = entry.map_err(Failure::file("read", from))?.path();
        let Some(name) = file.file_name().filter(|name| file.is_file() && *name != MODULE) else { continue };
        fs::rename(&file, to.join(name)).map_err(Failure::file("move", &file))?;
    }
    let module = from.join(MODULE);
    fs::rename(&module, to.join(MODULE)).map_err(Failure::file("move", &module))
}
