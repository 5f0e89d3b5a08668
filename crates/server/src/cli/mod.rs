//! The command line: one file per command, each with its arguments and `run`.
//!
//! Exit codes: 0 done; 1 it could not be done; 2 what was typed or piped in cannot be used.

mod backup;
mod bound_program;
mod flags;
mod key;
mod log;
mod log_writer;
mod member;
mod org;
mod place;
mod restore;
mod runner;
mod serve;
mod settings;
mod user;

use clap::{Parser, Subcommand};

use crate::Error;

/// The provisioning system of private SlideRule clusters.
#[derive(Debug, Parser)]
#[command(name = "sliderule-ps", version)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Manage users.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Manage organizations.
    #[command(subcommand)]
    Org(org::OrgCommand),
    /// Manage the members of organizations.
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// Manage the keys that sign tokens.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Serve the API, the clusters and the page until interrupted.
    Serve(serve::Serve),
    /// Write everything a data directory holds into one file, beside a server that runs.
    Backup(backup::Backup),
    /// Make a data directory from such a file.
    Restore(restore::Restore),
    /// List everything that can be set, with its variable, its flag and its default.
    Settings,
    /// Run one node under its lease. The server starts this; nobody else needs to.
    Runner(runner::Runner),
    /// Become a node's program. The runner starts this; nobody else needs to.
    #[command(hide = true)]
    BoundProgram(bound_program::BoundProgram),
}

impl CommandLine {
    /// Does what the command says.
    ///
    /// # Errors
    /// Whatever keeps it from being done, as a sentence for who typed it.
    pub async fn run(self) -> Result<(), Error> {
        // What a server logs is configured, so that it begins later.
        if !matches!(self.command, Command::Serve(_)) {
            log::begin()?;
        }
        match self.command {
            Command::User(command) => command.run().await,
            Command::Org(command) => command.run().await,
            Command::Member(command) => command.run().await,
            Command::Key(command) => command.run().await,
            Command::Serve(command) => command.run().await,
            Command::Backup(command) => command.run().await,
            Command::Restore(command) => command.run().await,
            Command::Settings => {
                settings::run();
                Ok(())
            }
            Command::Runner(command) => command.run().await,
            Command::BoundProgram(command) => command.run(),
        }
    }
}

/// Tells who typed the command what was done.
#[expect(clippy::print_stdout, reason = "the answer of a command is its standard output")]
fn say(sentence: &str) {
    println!("{sentence}");
}
