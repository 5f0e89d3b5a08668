//! `sliderule-ps key …`: the keys that sign tokens, beside a running server or without one.
//!
//! A running server notices within a second; it also follows each key with another one by itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sliderule_control::Clock;
use sliderule_provisioning::time::Moment;

use super::say;
use crate::auth::key_schedule::{KeyTimes, LEAD, signing};
use crate::config::DATA_VARIABLE;
use crate::data::DataDir;
use crate::store::{Actor, Database};
use crate::{Error, instants};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys: what each does, and until when.
    List(Which),
    /// Make a key that takes over in an hour, when everybody who verifies tokens has it.
    Rotate(Rotate),
    /// Remove a key that leaked: no token of it is good any more, and who has no other signs in again.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// Let the new key sign at once. Whoever verifies tokens with a copy of the keys may refuse them for five minutes.
    #[arg(long)]
    now: bool,
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The key, as `list` names it.
    kid: String,
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
}

impl KeyCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        match self {
            Self::List(Which { data }) => with(data, list).await,
            Self::Rotate(Rotate { now, data }) => {
                with(data, async |db, at, seconds| rotate(db, at, seconds, now).await).await
            }
            Self::Revoke(Revoke { kid, data }) => {
                with(data, async |db, at, seconds| revoke(db, at, seconds, &kid).await).await
            }
        }
    }
}

/// The directory's database, and what time it is: on its steady clock, and in seconds on the wall.
async fn with(
    data: PathBuf,
    act: impl AsyncFnOnce(&Database, Moment, u64) -> Result<String, Error>,
) -> Result<(), Error> {
    let data = DataDir::existing(&data)?;
    let clock = data.steady_clock()?;
    let at = clock.now();
    let db = data.database().await?;
    let done = act(&db, at, instants::seconds(clock.wall(at))).await;
    db.close().await;
    say(&done?);
    Ok(())
}

async fn list(db: &Database, _at: Moment, now: u64) -> Result<String, Error> {
    let mut keys: Vec<_> = db.signing_keys().await?.into_iter().map(|timed| timed.times).collect();
    keys.sort_by_key(|key| key.signs_from);
    let signs = signing(keys.iter(), now).map(|key| key.kid.clone());
    let lines = keys.iter().map(|key| format!("{}  {}", key.kid, what_it_does(key, signs.as_ref(), now)));
    let lines: Vec<_> = lines.collect();
    match lines.is_empty() {
        true => Ok("there is no key yet; the next `sliderule-ps serve` makes one".to_owned()),
        false => Ok(lines.join("\n")),
    }
}

fn what_it_does(key: &KeyTimes, signs: Option<&String>, now: u64) -> String {
    let utc = |seconds| instants::utc_of(seconds).0;
    if key.signs_from > now {
        format!("is published, and signs from {}", utc(key.signs_from))
    } else if signs == Some(&key.kid) {
        format!("signs since {}", utc(key.signs_from))
    } else {
        let until = key.verifies_until.map_or("its last token has ended".to_owned(), utc);
        format!("signed from {}, and verifies until {until}", utc(key.signs_from))
    }
}

async fn rotate(db: &Database, at: Moment, now: u64, at_once: bool) -> Result<String, Error> {
    let keys = db.signing_keys().await?;
    let next = keys.iter().map(|timed| &timed.times).find(|key| key.signs_from > now);
    if let (Some(next), false) = (next, at_once) {
        let from = instants::utc_of(next.signs_from).0;
        return Err(Error::Failed(format!(
            "key {} signs from {from} already; --now makes one at once",
            next.kid
        )));
    }
    let signs_from = if at_once { now } else { now.saturating_add(LEAD) };
    let kid = db.make_key(signs_from, &Actor::command_line(), at, now).await?;
    Ok(format!("made key {kid}, which signs from {}", instants::utc_of(signs_from).0))
}

async fn revoke(db: &Database, at: Moment, now: u64, kid: &str) -> Result<String, Error> {
    let ended = db.revoke_key(kid, &Actor::command_line(), at, now).await?;
    Ok(format!("revoked key {kid}; {ended} sessions ended with it"))
}
