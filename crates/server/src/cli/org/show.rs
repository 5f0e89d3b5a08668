//! `sliderule-ps org show`

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use sliderule_control::Clock;
use sliderule_provisioning::account::{Allowance, Prices};
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::describe::describe;
use sliderule_provisioning::promise::books;
use sliderule_provisioning::runway::runway;
use sliderule_provisioning::step::Policy;
use sliderule_provisioning::time::Moment;

use super::Which;
use crate::Error;
use crate::cli::say;
use crate::config::{Config, FILE_VARIABLE};

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    #[command(flatten)]
    which: Which,
    /// The configuration of the server, whose lease the numbers follow from.
    #[arg(long, env = FILE_VARIABLE)]
    config: Option<PathBuf>,
}

impl Show {
    pub(super) async fn run(self) -> Result<(), Error> {
        let config = Config::read(self.config.as_deref())?.check()?;
        let policy = config.policy(config.terms());
        let shown = self.which.open(async |db, clock| {
            let cluster = self.which.read(db).await?;
            Ok(text(&cluster, clock.now(), &policy))
        });
        say(shown.await?.trim_end());
        Ok(())
    }
}

fn text(cluster: &Cluster, now: Moment, policy: &Policy) -> String {
    let description = describe(cluster, now, policy.terms);
    let (sizing, nodes) = (&description.sizing, description.nodes);
    let books = books(cluster, now, policy.terms);
    let size = u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX).max(sizing.target).max(1);
    let noun = if size == 1 { "node" } else { "nodes" };
    let lasts = match runway(cluster, size, now, policy).minutes {
        Some(minutes) => format!("{minutes} minutes at {size} {noun}"),
        None => format!("for ever: {size} {noun} cost nothing"),
    };
    let Limits { min_nodes, max_nodes, per_user } = cluster.limits;
    let per_user = per_user.map_or(String::new(), |nodes| format!(", at most {nodes} per user"));
    let Prices { node_hour, fixed_hour } = cluster.prices;
    let Allowance { monthly, cap, credited_through } = cluster.account.allowance;
    let cap = cap.map_or(String::new(), |cap| format!(" up to a balance of {cap}"));
    let state = format!("{:?}", description.state).to_lowercase();
    let lines = [
        ("cluster", format!("{} is {state}. {}", cluster.organization, description.message)),
        (
            "nodes",
            format!(
                "{} booting, {} ready, {} draining, {} stopping; {} wanted",
                nodes.booting, nodes.ready, nodes.draining, nodes.stopping, sizing.target
            ),
        ),
        ("why", sizing.explanation.to_string()),
        (
            "limits",
            format!(
                "{min_nodes} to {max_nodes} nodes{per_user}, release {}; owners may set up to {}",
                cluster.version, cluster.node_cap
            ),
        ),
        ("balance", cluster.account.balance.to_string()),
        ("reserved", books.held.ceil().to_string()),
        ("promised", books.promised.ceil().to_string()),
        ("free", books.free().floor().to_string()),
        ("lasts", lasts),
        ("prices", format!("{node_hour} an hour for a node, {fixed_hour} for a running cluster")),
        ("allowance", format!("{monthly} a month{cap}, given up to {credited_through}")),
    ];
    let trouble = cluster.trouble.as_ref().map(|trouble| ("trouble", trouble.what.clone()));
    lines.into_iter().chain(trouble).fold(String::new(), |mut text, (name, what)| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10} {what}");
        text
    })
}
