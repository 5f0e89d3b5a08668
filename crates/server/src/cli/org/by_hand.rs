//! `sliderule-ps org destroy` and `sliderule-ps org refresh`

use clap::Args;
use sliderule_provisioning::hand;

use super::Which;
use crate::Error;
use crate::cli::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct Destroy {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Refresh {
    #[command(flatten)]
    which: Which,
}

impl Destroy {
    pub(super) async fn run(self) -> Result<(), Error> {
        let released = self
            .which
            .decide(("cluster.destroyed", "it stays off until it is deployed".to_owned()), |cluster, now| {
                Ok(hand::destroy(cluster, None, now))
            })
            .await?;
        say(&format!(
            "destroyed the cluster of {}: {released} requests released; its nodes end, and nothing starts it again but a deploy",
            self.which.name
        ));
        Ok(())
    }
}

impl Refresh {
    pub(super) async fn run(self) -> Result<(), Error> {
        let told = ("cluster.refreshed", "failed boots are forgiven".to_owned());
        self.which.decide(told, |cluster, now| Ok(hand::refresh(cluster, None, now))).await?;
        say(&format!("refreshed the cluster of {}: failed boots are forgiven", self.which.name));
        Ok(())
    }
}
