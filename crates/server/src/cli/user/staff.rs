//! `sliderule-ps user staff`

use clap::Args;
use sliderule_api::UserName;

use crate::Error;
use crate::cli::place::Place;
use crate::cli::say;
use crate::store::Actor;

#[derive(Debug, Args)]
pub(in crate::cli) struct Staff {
    /// The user.
    name: UserName,
    /// They are none of the staff any more.
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    place: Place,
}

impl Staff {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self { name, off, place } = self;
        place.open(async |db, now| db.set_staff(&name, !off, &Actor::command_line(), now.at).await).await?;
        say(&format!("{name} is {} of the staff", if off { "none" } else { "one" }));
        Ok(())
    }
}
