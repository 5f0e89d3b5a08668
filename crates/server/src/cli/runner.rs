//! `sliderule-ps runner`: one node under its lease, started by the local engine.

use std::path::PathBuf;

use clap::Args;
use sliderule_api::NodeId;
use sliderule_api::lease::SECRET_VARIABLE;
use sliderule_engines::runner::{self, Ended, RunnerOptions};

use crate::Error;

#[derive(Debug, Args)]
pub(super) struct Runner {
    /// The server's data directory.
    #[arg(long)]
    data: PathBuf,
    /// The node.
    #[arg(long)]
    node: NodeId,
}

impl Runner {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self { data, node } = self;
        let secret = std::env::var(SECRET_VARIABLE).map_err(|_| {
            Error::Input(format!("{SECRET_VARIABLE} is not set; only the server starts runners"))
        })?;
        match runner::run(RunnerOptions { data, node, secret }).await? {
            Ended::Told | Ended::Refused | Ended::LeaseEnded => Ok(()),
            Ended::ByItself => {
                Err(Error::Failed("the node program ended by itself; see the node's log".to_owned()))
            }
        }
    }
}
