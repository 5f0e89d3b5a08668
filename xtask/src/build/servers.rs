//! `sliderule-ps` and `sliderule-node`, in the profile that tests use; cargo itself knows what to skip.

use crate::failure::Result;
use crate::shell::Shell;

pub(crate) fn build(shell: &Shell) -> Result<()> {
    let mut command = shell.command("cargo");
    command.args(["build", "--package", "sliderule-server", "--package", "sliderule-node", "--bins"]);
    shell.step("Building the servers", "servers", &mut command)?;
    shell.set("SLIDERULE_PS", shell.tree.program("sliderule-ps"));
    shell.set("SLIDERULE_NODE", shell.tree.program("sliderule-node"));
    Ok(())
}
