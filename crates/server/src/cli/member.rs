//! `sliderule-ps member …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::Clock;

use super::say;
use crate::Error;
use crate::data::DataDir;
use crate::store::Membership;

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
    /// The data directory.
    #[arg(long)]
    data: PathBuf,
}

impl MemberCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self::Add(Add { organization, user, data }) = self;
        let data = DataDir::existing(&data)?;
        let membership = Membership { organization, user, at: data.steady_clock()?.now() };
        let db = data.database().await?;
        let added = db.add_member(&membership).await;
        db.close().await;
        added?;
        say(&format!("{} is a member of {}", membership.user, membership.organization));
        Ok(())
    }
}
