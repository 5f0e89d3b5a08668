//! `sliderule-ps org credit` and `sliderule-ps org adjust`

use clap::Args;
use sliderule_api::MicroUsd;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::hand;
use sliderule_provisioning::step::Step;
use sliderule_provisioning::time::Moment;
use uuid::Uuid;

use super::Which;
use crate::Error;
use crate::cli::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct Credit {
    #[command(flatten)]
    which: Which,
    /// How much, in dollars.
    #[arg(value_parser = MicroUsd::parse_dollars)]
    dollars: MicroUsd,
    /// What it is for.
    #[arg(long, default_value = "credit")]
    note: String,
    /// A name for this credit: what is given twice under one name is given once.
    #[arg(long)]
    key: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Adjust {
    #[command(flatten)]
    which: Which,
    /// How much is added, in dollars; a minus takes away.
    #[arg(value_parser = MicroUsd::parse_signed_dollars, allow_negative_numbers = true)]
    dollars: MicroUsd,
    /// Why.
    #[arg(long)]
    note: String,
    /// A name for this correction: what is corrected twice under one name is corrected once.
    #[arg(long)]
    key: Option<String>,
}

impl Credit {
    pub(super) async fn run(self) -> Result<(), Error> {
        if self.dollars <= MicroUsd::ZERO {
            return Err(Error::Input(
                "a credit is more than nothing; `org adjust` takes money away".to_owned(),
            ));
        }
        enter(&self.which, self.dollars, &self.note, self.key, ("organization.credited", hand::credit)).await
    }
}

impl Adjust {
    pub(super) async fn run(self) -> Result<(), Error> {
        if self.dollars == MicroUsd::ZERO {
            return Err(Error::Input("a correction by nothing corrects nothing".to_owned()));
        }
        enter(&self.which, self.dollars, &self.note, self.key, ("organization.adjusted", hand::adjust)).await
    }
}

/// A decision of the domain about money.
type Decision = fn(&Cluster, MicroUsd, &str, &str, Moment) -> Step;

async fn enter(
    which: &Which,
    amount: MicroUsd,
    note: &str,
    key: Option<String>,
    (action, decision): (&'static str, Decision),
) -> Result<(), Error> {
    // No name that an operator can think of is one of those under which the system itself writes lines.
    let key = format!("operator:{}", key.unwrap_or_else(|| Uuid::new_v4().to_string()));
    let told = (action, format!("{amount}: {note}"));
    which.decide(told, |cluster, now| Ok(decision(cluster, amount, &key, note, now))).await?;
    let balance = which.cluster().await?.account.balance;
    say(&format!("{} has {balance} now", which.name));
    Ok(())
}
