//! `sliderule-ps user add`

use clap::Args;
use sliderule_api::{EmailAddress, UserName};

use super::password;
use crate::Error;
use crate::auth::Hasher;
use crate::cli::place::Place;
use crate::cli::say;
use crate::store::NewUser;

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// What they sign in with.
    name: UserName,
    /// Their e-mail address.
    #[arg(long)]
    email: EmailAddress,
    /// Read the password from standard input; one line break at its end does not count.
    #[arg(long, required = true)]
    password_stdin: bool,
    /// The number of their GitHub account (`id` in the answer of https://api.github.com/users/NAME), if they
    /// may sign in with a GitHub token.
    #[arg(long)]
    github_id: Option<i64>,
    #[command(flatten)]
    place: Place,
}

impl Add {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self { name, email, github_id, place, .. } = self;
        let password = password::chosen(name.as_str(), email.as_str())?;
        let added = place.open_or_make(async |db, now| {
            let password = Some(Hasher::default().hash(password).await?);
            db.add_user(&NewUser { name, email: email.to_string(), password, github_id, at: now.at }).await
        });
        say(&format!("added user {}", added.await?.name));
        Ok(())
    }
}
