//! Proves that a tool the machine lacks is one clear line that says what to install, before anything is built.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

/// A folder that is the whole search path of a run.
struct Machine(tempfile::TempDir);

impl Machine {
    /// A machine with these programs, each a script of the shell.
    fn with(programs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in programs {
            let file = folder.path().join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }

    /// What `cargo xtask build` complains about on this machine.
    fn complaint(&self) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("build")
            .env("PATH", self.0.path())
            .env("CARGO_TARGET_DIR", self.0.path().join("target"))
            .env_remove("CC")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn each_missing_tool_is_named_with_what_to_install() {
    let (cc, npm) = (("cc", ""), ("npm", "echo 11.0.0"));
    let cases = [
        (vec![], "a C compiler is missing: install gcc or clang"),
        (vec![cc], "Node is missing: install Node 20.19 or newer"),
        (vec![cc, ("node", "echo v18.20.0")], "Node 18.20.0 is too old: install Node 20.19 or newer"),
        (vec![cc, ("node", "echo nonsense")], "`node --version` says `nonsense`"),
        (vec![cc, ("node", "echo v20.19.0")], "npm is missing"),
        (vec![cc, ("node", "echo v22.0.0"), npm], "Rust lacks rustfmt, and rustup is not there to add it"),
    ];
    for (programs, expected) in cases {
        let complaint = Machine::with(&programs).complaint();
        assert!(complaint.contains(expected), "{expected}: {complaint}");
        assert_eq!(complaint.trim().lines().count(), 1, "{complaint}");
    }
}

#[test]
fn an_unknown_command_prints_what_exists() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("fly").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.starts_with("there is no command `fly`") && said.contains("demo [--once]"), "{said}");
}
