//! `sliderule-ps member …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::Clock;

use super::say;
use crate::Error;
use crate::data::DataDir;
use crate::store::{NewMembership, Role};

#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Make a user an active member of an organization.
    Add(Add),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The organization.
    organization: OrganizationName,
    /// The user.
    user: UserName,
    /// What they may do there.
    #[arg(long, value_enum, default_value = "member")]
    role: As,
    /// The data directory.
    #[arg(long)]
    data: PathBuf,
}

/// Roles that are given; an organization has the owner it was added with.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum As {
    /// Uses the cluster.
    Member,
    /// Also destroys, deploys and refreshes it, and releases what others asked for.
    Manager,
}

impl MemberCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self::Add(Add { organization, user, role, data }) = self;
        let data = DataDir::existing(&data)?;
        let (role, title) = match role {
            As::Member => (Role::Member, "member"),
            As::Manager => (Role::Manager, "manager"),
        };
        let membership = NewMembership { organization, user, role, at: data.steady_clock()?.now() };
        let db = data.database().await?;
        let added = db.add_member(&membership).await;
        db.close().await;
        added?;
        say(&format!("{} is a {title} of {}", membership.user, membership.organization));
        Ok(())
    }
}
