//! `sliderule-ps user password`, and how commands are given a password.

use std::io::Read;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use sliderule_api::UserName;

use crate::Error;
use crate::auth::Hasher;
use crate::auth::choice::{LONGEST, may_be_chosen};
use crate::cli::place::Place;
use crate::cli::say;
use crate::store::Actor;

#[derive(Debug, Args)]
pub(in crate::cli) struct Password {
    /// The user.
    name: UserName,
    /// Read the password from standard input; one line break at its end does not count.
    #[arg(long, required = true)]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
}

impl Password {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self { name, place, .. } = self;
        let set = place.open(async |db, now| {
            let person = db.person_named(&name).await?;
            let former = db.password_of(person.id).await?;
            let chosen = chosen(person.name.as_str(), &person.email)?;
            let password = Hasher::default().hash(chosen).await?;
            let set =
                db.set_password(person.id, former.as_ref(), &password, &Actor::command_line(), now).await;
            set.map(|()| person.name).map_err(|why| {
                Error::Failed(format!("the password was not changed: {why}; is the user disabled?"))
            })
        });
        say(&format!("{} has another password now", set.await?));
        Ok(())
    }
}

/// A password from standard input that a user of that name and address may have.
pub(super) fn chosen(name: &str, email: &str) -> Result<SecretString, Error> {
    // One byte more than fits, so that a longer one is told apart; and a line break.
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(3);
    let mut text = String::new();
    std::io::stdin()
        .take(most)
        .read_to_string(&mut text)
        .map_err(|error| Error::Input(format!("the password on standard input cannot be read: {error}")))?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        return Err(Error::Input("there is no password on standard input; pipe one in".to_owned()));
    }
    let password = SecretString::from(line);
    may_be_chosen(password.expose_secret(), name, email).map_err(|why| Error::Input(why.to_string()))?;
    Ok(password)
}
