//! The demo's organization: its owner, one member, and a cluster that is asleep.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};
use crate::shell::{Shell, read_lossy};

const ORGANIZATION: &str = "acme";
const OWNER: &str = "olga";
const MEMBER: &str = "ada";

/// The server's data directory, in the demo's folder.
pub(super) const DATA: &str = "data";

/// The server's configuration, beside it.
pub(super) const CONFIGURATION: &str = "sliderule.toml";

/// Leases so short that one can watch a node end with its lease.
const SETTINGS: &str = "lease_seconds = 10\ntail_seconds = 5\n";

/// Who may use the cluster, and how they sign in.
pub(super) struct Cluster {
    password: String,
}

impl Cluster {
    /// Writes the configuration, and adds users, organization and membership.
    pub(super) fn create(shell: &Shell, home: &Path) -> Result<Self> {
        let cluster = Self { password: random_word()? };
        let data = &home.join(DATA);
        fs::create_dir(data).map_err(Failure::file("make the folder", data))?;
        let configuration = home.join(CONFIGURATION);
        fs::write(&configuration, SETTINGS).map_err(Failure::file("write", &configuration))?;

        let limits = ["--credit", "25", "--max-nodes", "4"];
        let organization = ["org", "add", ORGANIZATION, "--owner", OWNER];
        shell.timed(
            "Adding two users, an organization with a budget, and a cluster that is asleep",
            || {
                add_user(shell, data, OWNER, &random_word()?)?;
                add_user(shell, data, MEMBER, &cluster.password)?;
                administer(shell, data, &[&organization[..], &limits[..]].concat(), "")?;
                administer(shell, data, &["member", "add", ORGANIZATION, MEMBER], "")
            },
        )?;
        Ok(cluster)
    }

    /// Tells a program where the cluster is and who it is.
    pub(super) fn tell(&self, command: &mut Command, address: &str) {
        command
            .env("SLIDERULE_URL", address)
            .env("SLIDERULE_ORGANIZATION", ORGANIZATION)
            .env("PS_USERNAME", MEMBER)
            .env("PS_PASSWORD", &self.password);
    }

    /// What a person types to sign in to the page. The password is as short-lived as the demo.
    /// What a script of theirs finds in its environment comes with it.
    pub(super) fn print_sign_in(&self, address: &str) {
        let password = &self.password;
        println!("Organization   {ORGANIZATION}\nUser name      {MEMBER}\nPassword       {password}");
        println!(
            "For scripts    export SLIDERULE_URL={address} SLIDERULE_ORGANIZATION={ORGANIZATION} \
             PS_USERNAME={MEMBER} PS_PASSWORD={password}"
        );
    }
}

fn add_user(shell: &Shell, data: &Path, name: &str, password: &str) -> Result<()> {
    let email = format!("{name}@example.org");
    administer(shell, data, &["user", "add", name, "--email", &email, "--password-stdin"], password)
}

/// Runs one command of `sliderule-ps` with `input` on its standard input.
fn administer(shell: &Shell, data: &Path, words: &[&str], input: &str) -> Result<()> {
    let log = data.with_extension("administer.log");
    let file = File::create(&log).map_err(Failure::file("write", &log))?;
    let copy = file.try_clone().map_err(Failure::file("write", &log))?;
    let mut command = shell.command(shell.tree.program("sliderule-ps"));
    command.args(words).arg("--data").arg(data).stdin(Stdio::piped()).stdout(file).stderr(copy);
    let mut child = shell.spawn(&mut command)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that failed before it read says why in its log.
        let _ = writeln!(stdin, "{input}");
    }
    let status = shell.wait(&mut child, |_| {})?;
    if status.success() {
        return Ok(());
    }
    let said = read_lossy(&log)?;
    Err(Failure::said(format!("sliderule-ps {} failed: {}", words.join(" "), said.trim())))
}

/// A password nobody else knows: 96 bits from the system, in hexadecimal.
fn random_word() -> Result<String> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 12];
    let mut file = File::open(source).map_err(Failure::file("read", source))?;
    file.read_exact(&mut bytes).map_err(Failure::file("read", source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::random_word;

    #[test]
    fn no_two_passwords_are_the_same() {
        let (one, other) = (random_word().unwrap(), random_word().unwrap());
        assert_eq!(one.len(), 24);
        assert_ne!(one, other);
    }
}
