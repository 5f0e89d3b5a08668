//! Steady time, noted while the server runs, so that the next one goes on from there.

use std::sync::Arc;
use std::time::Duration;

use sliderule_control::clock::SteadyClock;
use tokio::task::AbortHandle;

use crate::Error;
use crate::data::DataDir;

/// How often it is noted where steady time is.
const NOTE_TIME: Duration = Duration::from_secs(60);

/// Steady time, noted in the data directory: now, every minute, and at the end.
pub(super) struct SteadyTime {
    clock: Arc<SteadyClock>,
    data: DataDir,
    noting: AbortHandle,
}

impl SteadyTime {
    /// Goes on from where the last server left it.
    ///
    /// # Errors
    /// What it left cannot be read, or not be written anew.
    pub(super) fn begin(data: &DataDir) -> Result<Self, Error> {
        let clock = Arc::new(data.steady_clock()?);
        data.save_steady_clock(&clock)?;
        let (noted, directory) = (clock.clone(), data.clone());
        let noting = tokio::spawn(async move {
            loop {
                tokio::time::sleep(NOTE_TIME).await;
                if let Err(error) = directory.save_steady_clock(&noted) {
                    tracing::error!(%error, "where steady time is could not be noted; it is tried again");
                }
            }
        });
        Ok(Self { clock, data: data.clone(), noting: noting.abort_handle() })
    }

    /// The clock.
    pub(super) fn clock(&self) -> Arc<SteadyClock> {
        self.clock.clone()
    }

    /// Notes it for the last time.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn end(self) -> Result<(), Error> {
        self.data.save_steady_clock(&self.clock)
    }
}

impl Drop for SteadyTime {
    /// A server that could not start leaves nothing behind.
    fn drop(&mut self) {
        self.noting.abort();
    }
}
