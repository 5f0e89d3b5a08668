//! `sliderule-ps user …`: one file per command.
//!
//! All of them work beside a running server, which sees what they did at once.

mod add;
mod disable;
mod list;
mod password;
mod staff;

use clap::Subcommand;

use crate::Error;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user. The password is read from standard input, never from an argument.
    Add(add::Add),
    /// List all users.
    List(list::List),
    /// Give a user another password, read from standard input.
    Password(password::Password),
    /// Keep a user from signing in; what they asked for is released, and their memberships stay.
    Disable(disable::Disable),
    /// Let a disabled user sign in again.
    Enable(disable::Enable),
    /// Make a user one of the staff, who found organizations and look after the members of all.
    Staff(staff::Staff),
}

impl UserCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        match self {
            Self::Add(command) => command.run().await,
            Self::List(command) => command.run().await,
            Self::Password(command) => command.run().await,
            Self::Disable(command) => command.run().await,
            Self::Enable(command) => command.run().await,
            Self::Staff(command) => command.run().await,
        }
    }
}
