//! `sliderule-ps org set`

use std::path::PathBuf;

use clap::Args;
use sliderule_api::{MicroUsd, ReleaseVersion};
use sliderule_provisioning::account::{Allowance, Month, Prices};
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::hand::{self, Settings};
use sliderule_provisioning::time::{Moment, Terms};

use super::{LARGEST_CLUSTER, Which};
use crate::Error;
use crate::cli::say;
use crate::config::{Config, FILE_VARIABLE};

/// What is not named stays as it is.
#[derive(Debug, Args)]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    what: What,
    /// The configuration of the server, whose tail the cost of live requests follows from.
    #[arg(long, env = FILE_VARIABLE)]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct What {
    /// Nodes kept without any request.
    #[arg(long)]
    min_nodes: Option<u32>,
    /// Nodes at most, up to 1000.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LARGEST_CLUSTER))]
    max_nodes: Option<u32>,
    /// As many nodes as the owner may set as the maximum, up to 1000; a maximum above it comes down to it.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LARGEST_CLUSTER))]
    node_cap: Option<u32>,
    /// Nodes that one user may ask for at most; 0 for no such limit.
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=LARGEST_CLUSTER))]
    per_user: Option<u32>,
    /// The release its nodes run; a running cluster's nodes are replaced one by one.
    #[arg(long)]
    node_version: Option<ReleaseVersion>,
    /// Whether the organization is suspended, which ends its nodes: true or false.
    #[arg(long)]
    suspended: Option<bool>,
    /// Price of one node for an hour, in dollars.
    #[arg(long, value_parser = MicroUsd::parse_dollars)]
    node_hour: Option<MicroUsd>,
    /// Price of a running cluster for an hour besides its nodes, in dollars.
    #[arg(long, value_parser = MicroUsd::parse_dollars)]
    fixed_hour: Option<MicroUsd>,
    /// Money that it gets every month, in dollars.
    #[arg(long, value_parser = MicroUsd::parse_dollars)]
    monthly_allowance: Option<MicroUsd>,
    /// The balance up to which the monthly money is given, in dollars; `none` for no such limit.
    #[arg(long, value_parser = cap)]
    allowance_cap: Option<Cap>,
}

/// A limit that may be none.
#[derive(Clone, Copy, Debug)]
struct Cap(Option<MicroUsd>);

fn cap(text: &str) -> Result<Cap, String> {
    match text {
        "none" => Ok(Cap(None)),
        dollars => MicroUsd::parse_dollars(dollars).map(|amount| Cap(Some(amount))),
    }
}

impl Set {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self { which, what, config } = self;
        let terms = Config::read(config.as_deref())?.check()?.terms();
        which
            .decide(("organization.set", what.named()), |cluster, now| {
                let settings = what.settings(cluster, now)?;
                refuse_unpaid(cluster, &settings, now, terms)?;
                Ok(hand::set(cluster, &settings, now))
            })
            .await?;
        say(&format!("set what was named of {}; `org show` shows all", which.name));
        Ok(())
    }
}

/// What was granted is paid to its end, so limits that would let more of it count wait for the money.
fn refuse_unpaid(cluster: &Cluster, settings: &Settings, now: Moment, terms: Terms) -> Result<(), Error> {
    let Some(limits) = settings.limits else { return Ok(()) };
    match hand::lacking(cluster, limits, now, terms) {
        MicroUsd::ZERO => Ok(()),
        missing => Err(Error::Input(format!(
            "with a maximum of {} nodes, live requests would cost {missing} more than there is, so nothing was \
             changed; give credit first, or wait until requests end",
            limits.max_nodes
        ))),
    }
}

impl What {
    /// What is named, for the audit log: as it was typed, but for its order.
    fn named(&self) -> String {
        let shown = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
        let text = |value: Option<MicroUsd>| value.map(|amount| amount.to_string());
        let cap = self.allowance_cap.map(|Cap(cap)| cap.map_or("none".to_owned(), |cap| cap.to_string()));
        let named = [
            shown("node-cap", self.node_cap.map(|nodes| nodes.to_string())),
            shown("min-nodes", self.min_nodes.map(|nodes| nodes.to_string())),
            shown("max-nodes", self.max_nodes.map(|nodes| nodes.to_string())),
            shown("per-user", self.per_user.map(|nodes| nodes.to_string())),
            shown("node-version", self.node_version.map(|version| version.to_string())),
            shown("suspended", self.suspended.map(|suspended| suspended.to_string())),
            shown("node-hour", text(self.node_hour)),
            shown("fixed-hour", text(self.fixed_hour)),
            shown("monthly-allowance", text(self.monthly_allowance)),
            shown("allowance-cap", cap),
        ];
        named.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// What is set, the rest of each group as it is.
    fn settings(&self, cluster: &Cluster, now: Moment) -> Result<Settings, Error> {
        let Limits { min_nodes, max_nodes, per_user } = cluster.limits;
        let limits = Limits {
            min_nodes: self.min_nodes.unwrap_or(min_nodes),
            max_nodes: self.max_nodes.unwrap_or(max_nodes),
            per_user: self.per_user.map_or(per_user, |nodes| (nodes > 0).then_some(nodes)),
        };
        let node_cap = self.cap(cluster)?;
        if limits.min_nodes > limits.max_nodes {
            let Limits { min_nodes, max_nodes, .. } = limits;
            let message = format!("the minimum would be {min_nodes} nodes, and the maximum {max_nodes}");
            return Err(Error::Input(message));
        }
        let Prices { node_hour, fixed_hour } = cluster.prices;
        let prices = Prices {
            node_hour: self.node_hour.unwrap_or(node_hour),
            fixed_hour: self.fixed_hour.unwrap_or(fixed_hour),
        };
        let Allowance { monthly, cap, credited_through } = cluster.account.allowance;
        // What is agreed this month is given from the next one on.
        let credited_through = if monthly == MicroUsd::ZERO { Month::of(now) } else { credited_through };
        let allowance = Allowance {
            monthly: self.monthly_allowance.unwrap_or(monthly),
            cap: self.allowance_cap.map_or(cap, |Cap(cap)| cap),
            credited_through,
        };
        Ok(Settings {
            suspended: self.suspended.filter(|suspended| *suspended != cluster.suspended),
            node_cap: Some(node_cap),
            limits: Some(limits).filter(|limits| *limits != cluster.limits),
            version: self.node_version.filter(|version| *version != cluster.version),
            prices: Some(prices).filter(|prices| *prices != cluster.prices),
            allowance: (self.monthly_allowance.is_some() || self.allowance_cap.is_some())
                .then_some(allowance),
        })
    }

    /// The operator's cap. Whoever sets a higher maximum without naming it means to raise it too.
    fn cap(&self, cluster: &Cluster) -> Result<u32, Error> {
        match (self.node_cap, self.max_nodes) {
            (Some(cap), Some(most)) if most > cap => Err(Error::Input(format!(
                "the maximum would be {most} nodes, and the cap on it {cap}; raise --node-cap, or lower --max-nodes"
            ))),
            (Some(cap), _) => Ok(cap),
            (None, most) => Ok(cluster.node_cap.max(most.unwrap_or(0))),
        }
    }
}
