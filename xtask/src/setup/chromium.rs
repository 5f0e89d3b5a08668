//! The browser for the browser tests.

use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::setup::{debian, is_program, on_path};
use crate::shell::Shell;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// What to do where there is no browser and none may be installed.
pub(crate) const MISSING: &str =
    "no Chromium: install it (on Debian: apt-get install chromium) or name one in CHROME";

/// Finds a Chromium, or on Debian as root installs it. `None` where neither is possible.
pub(crate) fn chromium(shell: &Shell) -> Result<Option<PathBuf>> {
    if let Some(found) = find() {
        return Ok(Some(found));
    }
    let installed = debian::install(shell, "chromium", "Installing Chromium for the browser tests")?;
    Ok(if installed { find() } else { None })
}

fn find() -> Option<PathBuf> {
    let named = std::env::var_os("CHROME").map(PathBuf::from).filter(|file| is_program(file));
    let mac = Some(Path::new(MAC).to_path_buf()).filter(|file| is_program(file));
    named.or_else(|| NAMES.iter().find_map(|name| on_path(name))).or(mac)
}
