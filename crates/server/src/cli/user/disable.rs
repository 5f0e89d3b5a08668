//! `sliderule-ps user disable` and `sliderule-ps user enable`

use clap::Args;
use sliderule_api::UserName;

use crate::Error;
use crate::cli::place::Place;
use crate::cli::say;
use crate::store::Actor;

#[derive(Debug, Args)]
pub(in crate::cli) struct Disable {
    /// The user.
    name: UserName,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Enable {
    /// The user.
    name: UserName,
    #[command(flatten)]
    place: Place,
}

impl Disable {
    pub(super) async fn run(self) -> Result<(), Error> {
        set(&self.place, &self.name, true).await?;
        say(&format!("{} can no longer sign in, and asks for no nodes", self.name));
        Ok(())
    }
}

impl Enable {
    pub(super) async fn run(self) -> Result<(), Error> {
        set(&self.place, &self.name, false).await?;
        say(&format!("{} can sign in", self.name));
        Ok(())
    }
}

async fn set(place: &Place, name: &UserName, disabled: bool) -> Result<(), Error> {
    place.open(async |db, now| db.disable_user(name, disabled, &Actor::command_line(), now).await).await
}
