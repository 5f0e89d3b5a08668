//! What is shared by the tests of a look.

use std::collections::BTreeMap;

use sliderule_api::{MicroUsd, NodeId};

use super::{Seen, Sight, look};
use crate::account::{Entry, Posting, Reservation};
use crate::change::{Change, Notice, NoticeKind};
use crate::cluster::{Cluster, Node, NodeState};
use crate::meter::Meter;
use crate::payers::payers;
use crate::promise::held;
use crate::samples::{cluster, request};
use crate::step::{Effect, Policy, Step};
use crate::time::{Moment, Terms};

mod hostile;
mod scenes;
mod sound;
mod table;
mod world;

fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

fn policy() -> Policy {
    Policy::usual(Terms::LOCAL)
}

/// A cluster of which ada wants so many nodes for 1,000 s.
fn wanting(nodes: u32) -> Cluster {
    let mut cluster = cluster();
    if nodes > 0 {
        cluster.requests = vec![request("ada", nodes, 1000)];
    }
    cluster
}

/// The cluster with those nodes, their time reserved as it would have been.
fn with(mut cluster: Cluster, nodes: Vec<Node>) -> Cluster {
    cluster.fixed = nodes.iter().map(|node| node.meter).reduce(|a, b| Meter {
        began_at: a.began_at.min(b.began_at),
        held_until: a.held_until.max(b.held_until),
        charged_until: a.charged_until.min(b.charged_until),
        ..a
    });
    if let Some(fixed) = &mut cluster.fixed {
        fixed.rate = cluster.prices.fixed_hour;
    }
    cluster.nodes = nodes;
    cluster.nodes.sort_by(|a, b| (a.meter.began_at, &a.id).cmp(&(b.meter.began_at, &b.id)));
    if cluster.fixed.is_some() {
        let payers = payers(&cluster, 1, 1, Moment(0), &[]);
        let amount = held(&cluster, Terms::LOCAL).ceil();
        cluster.account.reservation = Some(Reservation { number: 0, amount, payers });
        cluster.account.reservations_made = 1;
    }
    cluster
}

fn listed(nodes: &[&str], as_of: Moment) -> Sight {
    Sight { as_of, nodes: nodes.iter().map(|text| (id(text), Seen::Leased)).collect() }
}

/// Looks, draws `new-0`, `new-1` and so on, and holds that all changes apply.
fn looked(cluster: &Cluster, sight: &Sight, now: Moment) -> (Cluster, Step) {
    let mut drawn = 0;
    let mut draw = || {
        drawn += 1;
        let before = cluster.nodes.iter().filter(|node| node.meter.began_at == now).count();
        id(&format!("new-{}-{}", now.0, before + drawn - 1))
    };
    let step = look(cluster, sight, now, &policy(), &mut draw);
    let mut after = cluster.clone();
    for change in &step.changes {
        after.apply(change).unwrap_or_else(|breach| panic!("{breach}: {change:?}"));
    }
    (after, step)
}

fn effects(step: &Step) -> Vec<String> {
    let say = |effect: &Effect| match effect {
        Effect::Launch { node, .. } => format!("launch {node}"),
        Effect::Withdraw { .. } => "withdraw".to_owned(),
        Effect::Terminate { node } => format!("terminate {node}"),
        Effect::Kill { node } => format!("kill {node}"),
    };
    step.effects.iter().map(say).collect()
}

fn notices(step: &Step, kind: NoticeKind) -> Vec<&Notice> {
    let all = step.changes.iter().filter_map(|change| match change {
        Change::Notify(notice) => Some(notice),
        _ => None,
    });
    all.filter(|notice| notice.kind == kind).collect()
}

fn entries(step: &Step) -> Vec<&Entry> {
    let all = step.changes.iter().filter_map(|change| match change {
        Change::Enter(entry) => Some(entry),
        _ => None,
    });
    all.collect()
}

/// What is charged or posted as overrun, in all.
fn charged(step: &Step) -> MicroUsd {
    let amount = |entry: &Entry| match entry.posting {
        Posting::Charge { amount, .. } | Posting::Overrun { amount, .. } => amount,
        _ => MicroUsd::ZERO,
    };
    entries(step).into_iter().map(amount).sum()
}

fn states(cluster: &Cluster) -> BTreeMap<String, NodeState> {
    cluster.nodes.iter().map(|node| (node.id.to_string(), node.state)).collect()
}
