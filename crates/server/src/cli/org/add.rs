//! `sliderule-ps org add`

use std::path::PathBuf;

use clap::Args;
use sliderule_api::{MicroUsd, ReleaseVersion, UserName};
use sliderule_control::Clock;
use sliderule_provisioning::account::{Allowance, Month, Prices};
use sliderule_provisioning::cluster::Limits;

use super::{LARGEST_CLUSTER, Which};
use crate::Error;
use crate::cli::say;
use crate::config::{Config, FILE_VARIABLE};
use crate::store::NewOrganization;

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    #[command(flatten)]
    which: Which,
    /// The user who owns it.
    #[arg(long)]
    owner: UserName,
    /// Money to begin with, in dollars.
    #[arg(long, value_parser = MicroUsd::parse_dollars)]
    credit: MicroUsd,
    /// Nodes at most, up to 1000.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LARGEST_CLUSTER))]
    max_nodes: u32,
    /// As many nodes as the owner may set as the maximum, up to 1000; --max-nodes unless it is given.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LARGEST_CLUSTER))]
    node_cap: Option<u32>,
    /// Nodes kept without any request.
    #[arg(long, default_value_t = 0)]
    min_nodes: u32,
    /// Nodes that one user may ask for at most.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LARGEST_CLUSTER))]
    per_user: Option<u32>,
    /// The release its nodes run.
    #[arg(long, default_value = "v4.0.4")]
    node_version: ReleaseVersion,
    /// Let everybody use its cluster, without a token.
    #[arg(long)]
    public: bool,
    /// Money that it gets at the beginning of every month from the next one on, in dollars.
    #[arg(long, value_parser = MicroUsd::parse_dollars, default_value = "0")]
    monthly_allowance: MicroUsd,
    /// The balance up to which the monthly money is given, in dollars.
    #[arg(long, value_parser = MicroUsd::parse_dollars)]
    allowance_cap: Option<MicroUsd>,
    /// The configuration, whose prices the organization gets.
    #[arg(long, env = FILE_VARIABLE)]
    config: Option<PathBuf>,
}

impl Add {
    pub(super) async fn run(self) -> Result<(), Error> {
        if self.min_nodes > self.max_nodes {
            return Err(Error::Input("--min-nodes is greater than --max-nodes".to_owned()));
        }
        let node_cap = self.node_cap.unwrap_or(self.max_nodes);
        if self.max_nodes > node_cap {
            return Err(Error::Input("--max-nodes is greater than --node-cap".to_owned()));
        }
        let config = Config::read(self.config.as_deref())?.check()?;
        let new = self.which.open(async |db, clock| {
            let at = clock.now();
            let new = NewOrganization {
                name: self.which.name.clone(),
                owner: self.owner.clone(),
                credit: self.credit,
                limits: Limits {
                    min_nodes: self.min_nodes,
                    max_nodes: self.max_nodes,
                    per_user: self.per_user,
                },
                version: self.node_version,
                is_public: self.public,
                prices: config.prices.into(),
                allowance: Allowance {
                    monthly: self.monthly_allowance,
                    cap: self.allowance_cap,
                    credited_through: Month::of(at),
                },
                at,
            };
            db.add_capped_organization(&new, node_cap).await.map(|()| new)
        });
        let NewOrganization { name, credit, limits, prices: Prices { node_hour, fixed_hour }, .. } =
            new.await?;
        say(&format!(
            "added organization {name} with {credit} for up to {} nodes at {node_hour} an hour each, \
             and {fixed_hour} an hour while it runs",
            limits.max_nodes
        ));
        Ok(())
    }
}
