//! Node, npm, and the npm packages of the tree.

use std::fmt;

use crate::failure::{Failure, Result};
use crate::fresh;
use crate::shell::Shell;

/// The oldest Node that can `require` an ES module, which the package relies on.
const OLDEST: Version = Version(20, 19, 0);
const WANTED: &str = "install Node 20.19 or newer from https://nodejs.org or your system's packages";

/// A version of Node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32, u32);

impl Version {
    /// Reads `v20.19.1`, or a pre-release such as `v23.0.0-nightly`.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().strip_prefix('v')?.split(['.', '-']).map(|number| number.parse().ok());
        Some(Self(numbers.next()??, numbers.next()??, numbers.next()??))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Checks that Node and npm are there and new enough.
pub(super) fn node(shell: &Shell) -> Result<Version> {
    let found = shell.version("node", &["--version"]);
    let found = found.ok_or_else(|| Failure::said(format!("Node is missing: {WANTED}")))?;
    let version = Version::parse(&found).ok_or_else(|| {
        Failure::said(format!("`node --version` says `{found}`, which is no version: {WANTED}"))
    })?;
    if version < OLDEST {
        return Err(Failure::said(format!("Node {version} is too old: {WANTED}")));
    }
    if shell.version("npm", &["--version"]).is_none() {
        return Err(Failure::said("npm is missing: it comes with Node, or as your system's package `npm`"));
    }
    Ok(version)
}

/// Installs the npm packages that `package-lock.json` names, unless those there were installed from it.
pub(super) fn packages(shell: &Shell) -> Result<()> {
    let installed = shell.tree.at("node_modules/.package-lock.json");
    if fresh::up_to_date(&installed, &[shell.tree.at("package-lock.json")]) {
        return Ok(());
    }
    let mut command = shell.command("npm");
    command.args(["ci", "--no-audit", "--no-fund"]);
    shell.step("Installing the npm packages", "npm-ci", &mut command).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, Version};

    #[test]
    fn versions_of_node_are_read_and_compared() {
        assert_eq!(Version::parse("v20.19.1\n"), Some(Version(20, 19, 1)));
        assert_eq!(Version::parse("v23.0.0-nightly2024"), Some(Version(23, 0, 0)));
        assert_eq!(Version::parse("20.19.1"), None);
        assert_eq!(Version::parse("v20"), None);
        assert!(Version(20, 18, 9) < OLDEST && Version(22, 0, 0) > OLDEST);
    }
}
