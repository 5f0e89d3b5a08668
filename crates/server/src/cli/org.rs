//! `sliderule-ps org …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sliderule_api::{MicroUsd, OrganizationName, ReleaseVersion, UserName};
use sliderule_control::{Clock, SystemClock};
use sliderule_provisioning::cluster::Limits;

use super::say;
use crate::Error;
use crate::config::Config;
use crate::data::DataDir;
use crate::store::NewOrganization;

/// Nodes that a cluster may have at most: far more than one machine runs, and few enough that every decision
/// about them stays quick.
const LARGEST_CLUSTER: i64 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum OrgCommand {
    /// Add an organization, with its owner as first member and its cluster asleep.
    Add(Add),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Its name, and the first label of its cluster's address.
    name: OrganizationName,
    /// The user who owns it.
    #[arg(long)]
    owner: UserName,
    /// Money to begin with, in dollars.
    #[arg(long, value_parser = MicroUsd::parse_dollars)]
    credit: MicroUsd,
    /// Nodes at most, up to 1000.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LARGEST_CLUSTER))]
    max_nodes: u32,
    /// Nodes kept without any request.
    #[arg(long, default_value_t = 0)]
    min_nodes: u32,
    /// The release its nodes run.
    #[arg(long, default_value = "v4.0.4")]
    node_version: ReleaseVersion,
    /// Let everybody use its cluster, without a token.
    #[arg(long)]
    public: bool,
    /// The configuration, whose price of a node-hour the organization gets.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data directory.
    #[arg(long)]
    data: PathBuf,
}

impl OrgCommand {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self::Add(add) = self;
        if add.min_nodes > add.max_nodes {
            return Err(Error::Input("--min-nodes is greater than --max-nodes".to_owned()));
        }
        let config = Config::read(add.config.as_deref())?.check()?;
        let new = NewOrganization {
            name: add.name,
            owner: add.owner,
            credit: add.credit,
            limits: Limits { min_nodes: add.min_nodes, max_nodes: add.max_nodes },
            version: add.node_version,
            is_public: add.public,
            node_hour: config.prices.node_hour,
            at: SystemClock.now(),
        };
        let db = DataDir::existing(&add.data)?.database().await?;
        let added = db.add_organization(&new).await;
        db.close().await;
        added?;
        say(&format!(
            "added organization {} with {} for up to {} nodes at {} an hour each",
            new.name, new.credit, new.limits.max_nodes, new.node_hour
        ));
        Ok(())
    }
}
