//! The groups of tests, in the order in which they run: the quick ones that fail most often come first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build;
use crate::closing_lines::{self, Tally};
use crate::demo;
use crate::failure::{Failure, Result};
use crate::fuzz;
use crate::setup::{self, CHROMIUM_MISSING, Place};
use crate::shell::Shell;
use crate::size;

/// A group of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Format,
    Biome,
    Deny,
    Types,
    Clippy,
    Rust,
    Fuzz,
    Contract,
    Wasm,
    Node,
    Packaging,
    Python,
    Browser,
    Docs,
    Notebooks,
    Demo,
}

impl Group {
    pub(crate) const ALL: [Self; 16] = [
        Self::Format,
        Self::Biome,
        Self::Deny,
        Self::Types,
        Self::Clippy,
        Self::Rust,
        Self::Fuzz,
        Self::Contract,
        Self::Wasm,
        Self::Node,
        Self::Packaging,
        Self::Python,
        Self::Browser,
        Self::Docs,
        Self::Notebooks,
        Self::Demo,
    ];

    /// The groups of these names, or all, in their own order.
    pub(crate) fn named(names: &[&str]) -> Result<Vec<Self>> {
        if let Some(unknown) = names.iter().find(|name| !Self::ALL.iter().any(|group| group.name() == **name))
        {
            return Err(Failure::Usage(format!("there is no group of tests `{unknown}`")));
        }
        let wanted = |group: &Self| names.is_empty() || names.contains(&group.name());
        Ok(Self::ALL.into_iter().filter(wanted).collect())
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Biome => "biome",
            Self::Deny => "deny",
            Self::Types => "types",
            Self::Clippy => "clippy",
            Self::Rust => "rust",
            Self::Fuzz => "fuzz",
            Self::Contract => "contract",
            Self::Wasm => "wasm",
            Self::Node => "node",
            Self::Packaging => "packaging",
            Self::Python => "python",
            Self::Browser => "browser",
            Self::Docs => "docs",
            Self::Notebooks => "notebooks",
            Self::Demo => "demo",
        }
    }

    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Format => "Rust is formatted",
            Self::Biome => "JavaScript is formatted and linted",
            Self::Deny => "bans, licences and sources of the crates, where cargo-deny is installed",
            Self::Types => "JavaScript keeps the types of its comments",
            Self::Clippy => "Rust is linted, for this machine and for WebAssembly",
            Self::Rust => "every Rust test",
            Self::Fuzz => "the decoder of records against a slow one, over what libFuzzer thinks of",
            Self::Contract => "Rust, JavaScript and the tree say the same",
            Self::Wasm => "the WebAssembly boundary, whatever comes in from outside",
            Self::Node => "the package in Node",
            Self::Packaging => {
                "the package as npm packs and installs it, in every environment that it is for"
            }
            Self::Python => "the Python clients of the organization-token generation, as they were published",
            Self::Browser => "the package and the page in Chromium",
            Self::Docs => "every example, link, figure and hash of the documents",
            Self::Notebooks => "the notebooks of docs/notebooks, and the package in Pyodide",
            Self::Demo => "the demo, once",
        }
    }

    /// Whether it looks at what `build` makes. Compiling the server does: it embeds the page.
    pub(crate) fn needs_build(self) -> bool {
        !matches!(self, Self::Format | Self::Biome | Self::Deny | Self::Fuzz | Self::Contract)
    }

    pub(crate) fn run(self, shell: &Shell) -> Result<Tally> {
        match self {
            Self::Format => format(shell),
            Self::Biome => check(shell, "biome", npm_program(shell, "biome", &["ci", "--colors=off"])),
            Self::Types => check(shell, "tsc", npm_program(shell, "tsc", &["--project", "tsconfig.json"])),
            Self::Deny => deny(shell),
            Self::Clippy => clippy(shell),
            Self::Rust => rust(shell),
            Self::Fuzz => fuzz::test(shell),
            Self::Contract => node_tests(shell, "tests/contract"),
            Self::Wasm => node_tests(shell, "tests/wasm"),
            Self::Node => node_tests(shell, "tests/node"),
            Self::Packaging => packaging(shell),
            Self::Python => python(shell),
            Self::Browser => browser(shell),
            Self::Docs => docs(shell),
            Self::Notebooks => notebooks(shell),
            Self::Demo => demo::play(shell, true).map(|()| Tally::default()),
        }
    }
}

fn cargo(shell: &Shell, arguments: &[&str]) -> Command {
    let mut command = shell.command("cargo");
    command.args(arguments);
    command
}

fn npm_program(shell: &Shell, name: &str, arguments: &[&str]) -> Command {
    let mut command = shell.command(shell.tree.at("node_modules/.bin").join(name));
    command.args(arguments);
    command
}

/// Runs a program that finds something or does not.
fn check(shell: &Shell, title: &str, mut command: Command) -> Result<Tally> {
    shell.step(title, &title.replace([' ', '/'], "-"), &mut command)?;
    Ok(Tally::default())
}

/// Runs a test runner and repeats its closing lines.
fn tests(shell: &Shell, title: &str, mut command: Command) -> Result<Tally> {
    let output = shell.step(title, &title.replace([' ', '/'], "-"), &mut command)?;
    for line in closing_lines::of(&output) {
        println!("  {line}");
    }
    Ok(Tally::read(&output))
}

/// The workspace, and the fuzz targets, which are one of their own.
fn format(shell: &Shell) -> Result<Tally> {
    check(shell, "cargo fmt", cargo(shell, &["fmt", "--all", "--check"]))?;
    let targets = ["fmt", "--manifest-path", "crates/records/fuzz/Cargo.toml", "--check"];
    check(shell, "cargo fmt of the fuzz targets", cargo(shell, &targets))
}

/// The licences and sources are held by `tests/contract` too, in every run.
fn deny(shell: &Shell) -> Result<Tally> {
    let Some(program) = setup::cargo_deny(shell)? else {
        println!("left out: cargo-deny is not installed (to have it: cargo install cargo-deny --locked)");
        return Ok(Tally::default());
    };
    let mut command = shell.command(program);
    command.args(["--offline", "--workspace", "check", "bans", "licenses", "sources"]);
    check(shell, "cargo deny", command)
}

/// With the points at which tests kill the server; the groups after this one run it without them.
fn rust(shell: &Shell) -> Result<Tally> {
    let arguments = ["test", "--workspace", "--features", "sliderule-server/crash-points"];
    let tally = tests(shell, "cargo test", cargo(shell, &arguments))?;
    build::servers(shell)?;
    Ok(tally)
}

fn clippy(shell: &Shell) -> Result<Tally> {
    let strict = ["--", "-D", "warnings"];
    let native = [&["clippy", "--workspace", "--all-targets"][..], &strict].concat();
    check(shell, "cargo clippy", cargo(shell, &native))?;
    let target = ["clippy", "--package", "sliderule-wasm", "--target", "wasm32-unknown-unknown"];
    check(shell, "cargo clippy for WebAssembly", cargo(shell, &[&target[..], &strict].concat()))
}

fn browser(shell: &Shell) -> Result<Tally> {
    match setup::chromium(shell)? {
        Some(chromium) => {
            println!("Chromium is {}", chromium.display());
            shell.set("CHROME", chromium);
            node_tests(shell, "tests/browser")
        }
        None => left_out(CHROMIUM_MISSING),
    }
}

fn notebooks(shell: &Shell) -> Result<Tally> {
    let Some(chromium) = setup::chromium(shell)? else {
        return left_out(CHROMIUM_MISSING);
    };
    shell.set("CHROME", chromium);
    match setup::notebooks(shell)? {
        Place::Installed(place) => {
            shell.set("SLIDERULE_NOTEBOOKS", place);
            node_tests(shell, "tests/notebooks")
        }
        Place::Missing(reason) => left_out(&reason),
    }
}

/// The tests leave out by themselves what needs Chromium, where there is none. The size is looked at here and judged
/// by `cargo xtask size`.
fn packaging(shell: &Shell) -> Result<Tally> {
    size::show(shell)?;
    shell.set("SLIDERULE_PACKAGING_TOOLS", setup::packaging_tools(shell)?);
    chromium_if_there(shell)?;
    node_tests(shell, "tests/packaging")
}

/// The tests leave out by themselves what needs Chromium, where there is none.
fn docs(shell: &Shell) -> Result<Tally> {
    chromium_if_there(shell)?;
    node_tests(shell, "tests/docs")
}

/// Tells the tests where Chromium is. Where it is missing, that is said, and where continuous integration runs a failure.
fn chromium_if_there(shell: &Shell) -> Result<()> {
    match setup::chromium(shell)? {
        Some(chromium) => shell.set("CHROME", chromium),
        None => {
            left_out(CHROMIUM_MISSING)?;
        }
    }
    Ok(())
}

fn python(shell: &Shell) -> Result<Tally> {
    match setup::python_clients(shell)? {
        Place::Installed(place) => {
            shell.set("SLIDERULE_PYTHON", place);
            node_tests(shell, "tests/python")
        }
        Place::Missing(reason) => left_out(&reason),
    }
}

/// What this machine cannot run is left out, and nothing is where continuous integration runs.
fn left_out(reason: &str) -> Result<Tally> {
    if std::env::var_os("CI").is_some() {
        return Err(Failure::said(reason));
    }
    println!("left out: {reason}");
    Ok(Tally::default())
}

/// Runs the files `*.test.mjs` under `folder`. They are named one by one, since what `node --test` makes of a
/// folder differs between the versions of Node.
fn node_tests(shell: &Shell, folder: &str) -> Result<Tally> {
    let mut files = test_files(&shell.tree.at(folder));
    files.sort();
    if files.is_empty() {
        return Err(Failure::said(format!("there is no test in {folder}")));
    }
    let mut command = shell.command("node");
    command.args(["--test", "--test-reporter=spec"]).args(files);
    tests(shell, &format!("node --test {folder}"), command)
}

fn test_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "node_modules" {
                return test_files(&path);
            }
            let is_test = entry.file_name().to_string_lossy().ends_with(".test.mjs");
            if is_test { vec![path] } else { Vec::new() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Group, test_files};

    #[test]
    fn no_name_means_every_group_and_an_unknown_one_is_refused() {
        assert_eq!(Group::named(&[]).unwrap(), Group::ALL);
        assert_eq!(Group::named(&["node", "format"]).unwrap(), [Group::Format, Group::Node]);
        assert!(Group::named(&["format", "everything"]).is_err());
    }

    #[test]
    fn tests_are_found_by_their_names_in_every_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("deep/node_modules")).unwrap();
        for name in ["a.test.mjs", "harness.mjs", "deep/b.test.mjs", "deep/node_modules/c.test.mjs"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let mut files = test_files(folder.path());
        files.sort();
        assert_eq!(files, [folder.path().join("a.test.mjs"), folder.path().join("deep/b.test.mjs")]);
    }
}
