//! Where everything is kept, for commands about people.

use std::path::PathBuf;

use clap::Args;

use crate::Error;
use crate::config::DATA_VARIABLE;
use crate::data::DataDir;
use crate::instants::Now;
use crate::store::Database;

/// Where everything is kept.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
}

impl Place {
    /// The database of a directory that exists, and what time it is there, while `act` runs.
    pub(super) async fn open<T>(
        &self,
        act: impl AsyncFnOnce(&Database, Now) -> Result<T, Error>,
    ) -> Result<T, Error> {
        Self::within(DataDir::existing(&self.data)?, act).await
    }

    /// The same; the directory is made if there is none.
    pub(super) async fn open_or_make<T>(
        &self,
        act: impl AsyncFnOnce(&Database, Now) -> Result<T, Error>,
    ) -> Result<T, Error> {
        Self::within(DataDir::open(&self.data)?, act).await
    }

    async fn within<T>(
        data: DataDir,
        act: impl AsyncFnOnce(&Database, Now) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let now = Now::by(&data.steady_clock()?);
        let db = data.database().await?;
        let done = act(&db, now).await;
        db.close().await;
        done
    }
}
