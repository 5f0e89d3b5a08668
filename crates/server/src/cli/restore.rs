//! `sliderule-ps restore`

use std::path::PathBuf;

use clap::Args;

use super::say;
use crate::config::DATA_VARIABLE;
use crate::{Error, backup};

/// What an operator must know before the server starts again.
const AFTERWARDS: &str = "\
Before you start the server, know that it goes on from there, and that what came after is forgotten:
- Credits and charges: the ledger is as it was. Give credits that came later again, with the same --key.
- People: passwords, memberships and roles are as they were. Whoever was deactivated later must be deactivated again.
- Tokens: whoever signed in or refreshed later must sign in again; sessions that were ended later are open again. To end
  them all, `sliderule-ps key revoke` every key of `sliderule-ps key list`.
- Nodes that run now are none of this directory's: they end with their leases, or are ended as orphans.
- A server that still runs on the former directory must be stopped; its term is over for this database.";

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The data directory, which holds no database yet.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
    /// The backup.
    file: PathBuf,
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), Error> {
        let restored = backup::restore(&self.data, &self.file).await?;
        say(&format!(
            "restored {} as of {}, schema {}, to {}",
            self.file.display(),
            restored.made_at.0,
            restored.schema,
            self.data.display()
        ));
        say(AFTERWARDS);
        Ok(())
    }
}
