//! `sliderule-ps serve`

use std::path::PathBuf;

use clap::Args;

use super::flags::Flags;
use super::{log, say};
use crate::Error;
use crate::config::{Config, DATA_VARIABLE, FILE_VARIABLE};
use crate::data::DataDir;
use crate::serve::{Server, interrupted};

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    flags: Flags,
    /// The configuration, a TOML file. Flags go before variables of the environment, and those before the file;
    /// `sliderule-ps settings` lists them all.
    #[arg(long, env = FILE_VARIABLE)]
    config: Option<PathBuf>,
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Error> {
        let config = Config::read_with_flags(self.config.as_deref(), self.flags.given())?.check()?;
        let _log = log::begin_serving(&config.log)?;
        let (once, twice) = (interrupted(1)?, interrupted(2)?);
        let serving = async {
            let server = Server::start(config, DataDir::open(&self.data)?).await?;
            say(&format!("sliderule-ps is listening on {}", server.url()));
            server.run_until(once).await
        };
        tokio::select! {
            ended = serving => ended,
            () = twice => Err(Error::Failed(
                "told twice to end, it ended at once; nodes that still run end with their leases, and the next start \
                 looks after them"
                    .to_owned(),
            )),
        }
    }
}
