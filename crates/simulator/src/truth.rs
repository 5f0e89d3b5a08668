//! What must hold after every step: of what truly runs, against what the books say.

use std::collections::BTreeMap;
use std::time::Duration;

use sliderule_api::{NodeId, OrganizationName};
use sliderule_engines::sim::{SimNode, World};
use sliderule_provisioning::cluster::{Cluster, NodeState};
use sliderule_provisioning::demand::Demand;
use sliderule_provisioning::time::{Moment, Terms};

use crate::book::Book;

/// How old a listing can be.
const STALENESS: Duration = Duration::from_secs(300);

/// How long a server needs at most to look at a cluster.
const LOOK: Duration = Duration::from_secs(90);

/// Watches over what runs.
#[derive(Debug, Default)]
pub struct Watch {
    /// Since when nodes that exist have not been wanted.
    unwanted: BTreeMap<NodeId, Moment>,
    /// Since when clusters have had fewer nodes than were granted.
    short: BTreeMap<OrganizationName, Moment>,
    /// Since when clusters have had nodes and been wanted for nothing.
    idle: BTreeMap<OrganizationName, Moment>,
    /// Milliseconds for which clusters were awake, and in all.
    pub awake_ms: [i64; 2],
    last_minute: Option<Moment>,
}

impl Watch {
    /// Nothing runs that is not paid for, and nothing for long that is not wanted.
    pub fn step(&mut self, book: &mut Book, world: &World) {
        let (now, terms) = (book.now, book.terms);
        for node in world.nodes().iter().filter(|node| node.ended_at.is_none() && !node.is_excused()) {
            let Some(page) = book.pages.get(&node.spec.organization) else { continue };
            let stored = page.cluster.nodes.iter().find(|stored| stored.id == node.spec.id);
            let paid_until = stored.map(|stored| stored.meter.paid_until(terms.tail));
            if node.runs() && paid_until.is_none_or(|paid_until| paid_until < now) {
                let what = match paid_until {
                    Some(end) => format!("the node {} runs, and is paid until {} only", node.spec.id, end.0),
                    None => format!("the node {} runs, and nobody has a record of it", node.spec.id),
                };
                book.wrong(&node.spec.organization.clone(), what);
                return;
            }
            let wanted =
                stored.is_some_and(|stored| matches!(stored.state, NodeState::Booting | NodeState::Ready));
            if wanted {
                if !self.unwanted.is_empty() {
                    self.unwanted.remove(&node.spec.id);
                }
                continue;
            }
            let since = *self.unwanted.entry(node.spec.id.clone()).or_insert(now);
            if now.since(since) > unwanted_bound(terms) {
                let what =
                    format!("the node {} is there, and has not been wanted since {}", node.spec.id, since.0);
                book.wrong(&node.spec.organization.clone(), what);
                return;
            }
        }
    }

    /// What is granted is served, or somebody is told; to be called every minute or so. `up_since` says since when a
    /// server has been at work without a break.
    pub fn minute(&mut self, book: &mut Book, world: &World, up_since: Option<Moment>) {
        let (now, terms) = (book.now, book.terms);
        let passed = self.last_minute.map_or(0, |last| now.0 - last.0);
        self.last_minute = Some(now);
        let present: Vec<&SimNode> = world.nodes().iter().filter(|node| node.ended_at.is_none()).collect();
        self.unwanted.retain(|id, _| present.iter().any(|node| node.spec.id == *id));
        let mut wrong = Vec::new();
        for (organization, page) in &book.pages {
            let cluster = &page.cluster;
            self.awake_ms[0] += if cluster.nodes.is_empty() { 0 } else { passed };
            self.awake_ms[1] += passed;
            let demand = Demand::of(&cluster.requests, cluster.limits.max_nodes, now).now();
            let ready = cluster.nodes.iter().filter(|node| node.state == NodeState::Ready).count();
            let off = cluster.paused || cluster.suspended;
            let grace = terms.boot + STALENESS + LOOK;
            let is_short = !off && ready < usize::try_from(demand).unwrap_or(usize::MAX);
            let short = since(&mut self.short, organization, is_short.then_some(now));
            let short = short.zip(up_since).map(|(short, up)| short.max(up));
            if let Some(since) = short.filter(|since| now.since(*since) > grace)
                && !is_reported(cluster, page.told, since)
            {
                wrong.push((
                    organization.clone(),
                    format!("{ready} of {demand} nodes are ready since {}, and nobody is told", since.0),
                ));
            }
            let is_kept = |node: &&SimNode| {
                let stored = cluster.nodes.iter().find(|stored| stored.id == node.spec.id);
                stored.is_some_and(|stored| matches!(stored.state, NodeState::Booting | NodeState::Ready))
            };
            let is_idle = (off || demand.max(cluster.limits.min_nodes) == 0)
                && present.iter().any(|node| !node.is_excused() && is_kept(node));
            let idle = since(&mut self.idle, organization, is_idle.then_some(now));
            let idle = idle.zip(up_since).map(|(idle, up)| idle.max(up));
            if let Some(since) = idle.filter(|since| now.since(*since) > terms.lease + STALENESS + LOOK) {
                wrong.push((
                    organization.clone(),
                    format!("nodes are kept that nobody has wanted since {}", since.0),
                ));
            }
        }
        for (organization, what) in wrong {
            book.wrong(&organization, what);
        }
    }
}

/// Since when something lasts; `now` while it does.
fn since(
    times: &mut BTreeMap<OrganizationName, Moment>,
    of: &OrganizationName,
    now: Option<Moment>,
) -> Option<Moment> {
    match now {
        Some(now) => Some(*times.entry(of.clone()).or_insert(now)),
        None => {
            times.remove(of);
            None
        }
    }
}

fn is_reported(cluster: &Cluster, told: Moment, since: Moment) -> bool {
    cluster.failed_boots > 0 || cluster.trouble.is_some() || told >= since
}

/// How long a node may exist that nobody wants: its runner ends it with its lease, whether a server lives or not.
#[must_use]
pub fn unwanted_bound(terms: Terms) -> Duration {
    terms.lease + terms.tail + terms.boot
}
