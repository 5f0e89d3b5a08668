//! `sliderule-ps backup`

use std::path::PathBuf;

use clap::Args;
use sliderule_control::Clock;

use super::say;
use crate::config::DATA_VARIABLE;
use crate::data::DataDir;
use crate::{Error, backup, instants};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The data directory.
    #[arg(long, env = DATA_VARIABLE)]
    data: PathBuf,
    /// The backup, a new file.
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), Error> {
        let data = DataDir::existing(&self.data)?;
        let clock = data.steady_clock()?;
        let now = instants::on_the_wall(&clock, clock.now());
        let made = backup::make(&data, &self.file, now).await?;
        let bytes: u64 = made.files.iter().map(|file| file.bytes).sum();
        say(&format!(
            "backed up {} files of {bytes} bytes, schema {}, to {}; keep it secret: it holds keys and password hashes",
            made.files.len(),
            made.schema,
            self.file.display()
        ));
        Ok(())
    }
}
