//! `sliderule-ps user …`

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use sliderule_api::UserName;
use sliderule_control::Clock;

use super::say;
use crate::Error;
use crate::auth::Hasher;
use crate::config::DATA_VARIABLE;
use crate::data::DataDir;
use crate::store::NewUser;

/// Longest password that is taken, in bytes.
const LONGEST: u64 = 1024;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user. The password is read from standard input, never from an argument.
    Add(Add),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What they sign in with.
    name: UserName,
    /// Their e-mail address.
    #[arg(long)]
    email: String,
    /// Read the password from standard input; one line break at its end does not count.
    #[arg(long, required = true)]
    password_stdin: bool,
    /// The number of their GitHub account (`id` in the answer of https://api.github.com/users/NAME), if they
    /// may sign in with a GitHub token.
    #[arg(long)]
    github_id: Option<i64>,
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
}

impl UserCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self::Add(add) = self;
        let well_formed =
            add.email.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty());
        if !well_formed || add.email.contains(char::is_whitespace) {
            return Err(Error::Input(format!("`{}` is not an e-mail address", add.email.escape_default())));
        }
        let data = DataDir::open(&add.data)?;
        let new = NewUser {
            name: add.name,
            email: add.email,
            password: Some(Hasher::default().hash(read_password()?).await?),
            github_id: add.github_id,
            at: data.steady_clock()?.now(),
        };
        let db = data.database().await?;
        let added = db.add_user(&new).await;
        db.close().await;
        say(&format!("added user {}", added?.name));
        Ok(())
    }
}

fn read_password() -> Result<SecretString, Error> {
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST + 2)
        .read_to_string(&mut text)
        .map_err(|error| Error::Input(format!("the password on standard input cannot be read: {error}")))?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    let password = SecretString::from(line);
    match u64::try_from(password.expose_secret().len()) {
        Ok(1..=LONGEST) => Ok(password),
        Ok(0) => Err(Error::Input("there is no password on standard input; pipe one in".to_owned())),
        _ => Err(Error::Input(format!("the password is longer than {LONGEST} bytes"))),
    }
}
