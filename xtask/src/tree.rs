//! Where things are: the repository, what cargo builds, what these commands keep.

use std::path::{Path, PathBuf};

/// The folders these commands work in.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds: `CARGO_TARGET_DIR`, or `target` in the repository.
    pub(crate) cargo_target: PathBuf,
}

impl Tree {
    /// The tree this program was compiled in.
    pub(crate) fn find() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf();
        let cargo_target = std::env::var_os("CARGO_TARGET_DIR")
            .and_then(|folder| std::path::absolute(folder).ok())
            .unwrap_or_else(|| root.join("target"));
        Self { root, cargo_target }
    }

    /// A path in the repository.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A program of ours, in the profile that tests and `demo` use.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.cargo_target.join("debug").join(name)
    }

    /// Programs installed for this tree alone.
    pub(crate) fn tools(&self) -> PathBuf {
        self.at("target/tools")
    }

    /// The Python clients, and what they import.
    pub(crate) fn python_clients(&self) -> PathBuf {
        self.at("target/python")
    }

    /// What notebooks are run with.
    pub(crate) fn notebooks(&self) -> PathBuf {
        self.at("target/notebooks")
    }

    /// The bundlers and runtimes of the packaging tests.
    pub(crate) fn packaging_tools(&self) -> PathBuf {
        self.at("target/packaging-tools")
    }

    /// What programs said while these commands ran them.
    pub(crate) fn logs(&self) -> PathBuf {
        self.at("target/xtask")
    }

    /// What the servers and programs of the suites logged.
    pub(crate) fn test_logs(&self) -> PathBuf {
        self.at("target/test-logs")
    }

    /// A folder in which the package is installed as a user would.
    pub(crate) fn consumer(&self) -> PathBuf {
        self.at("target/consumer")
    }
}
