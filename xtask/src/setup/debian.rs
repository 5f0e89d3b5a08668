//! Packages of the operating system, where these commands may install them: on Debian, as root.

use crate::failure::Result;
use crate::setup::on_path;
use crate::shell::Shell;

/// Installs a package, if that is possible here; whether it was.
pub(super) fn install(shell: &Shell, package: &str, title: &str) -> Result<bool> {
    if !rustix::process::getuid().is_root() || on_path("apt-get").is_none() {
        return Ok(false);
    }
    let mut update = shell.command("apt-get");
    shell.step("Updating the list of Debian packages", "apt-update", update.arg("update"))?;
    let mut install = shell.command("apt-get");
    install
        .args(["install", "-y", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive");
    shell.step(title, "apt-install", &mut install)?;
    Ok(true)
}
