//! All nodes that exist or existed: the truth, which listings show with a delay.
//!
//! Always holds: an id makes one node, ever; a node with a runner is gone when its lease and tail are over, unless it
//! is its fate to outlive them.

use std::collections::BTreeSet;
use std::time::Duration;

use sliderule_api::NodeId;
use sliderule_provisioning::time::{Moment, Terms};

use super::faults::{Fault, Faults};
use super::node::{Fate, NodeCall, Pulled, SimNode};
use crate::engine::{ListedNode, NodeSpec};

/// For how long a node that ended can still be seen in a listing.
const HISTORY: Duration = Duration::from_secs(310);

/// What an engine was told to do.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Launch(NodeSpec),
    Terminate(NodeId),
    Kill(NodeId),
}

/// All nodes, and what goes wrong with them.
#[derive(Debug)]
pub struct World {
    now: Moment,
    terms: Terms,
    pub(super) faults: Faults,
    nodes: Vec<SimNode>,
    past: Vec<SimNode>,
    ids: BTreeSet<NodeId>,
    /// Calls that will be carried out a second time.
    duplicates: Vec<(Moment, Command)>,
}

impl World {
    /// An empty world at `now`.
    #[must_use]
    pub fn new(terms: Terms, faults: Faults, now: Moment) -> Self {
        let (nodes, past, ids, duplicates) = Default::default();
        Self { now, terms, faults, nodes, past, ids, duplicates }
    }

    /// The instant at which it is.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// What the engine promises.
    #[must_use]
    pub fn terms(&self) -> Terms {
        self.terms
    }

    /// From now on nothing goes wrong any more, except what was destined before.
    pub fn calm(&mut self) {
        self.faults = Faults::none();
    }

    /// The nodes that exist, and those that ended a moment ago.
    #[must_use]
    pub fn nodes(&self) -> &[SimNode] {
        &self.nodes
    }

    /// Every node that ever existed.
    pub fn history(&self) -> impl Iterator<Item = &SimNode> {
        self.past.iter().chain(&self.nodes)
    }

    /// When something happens next by itself.
    #[must_use]
    pub fn next_event(&self) -> Option<Moment> {
        let nodes = self.nodes.iter().filter_map(SimNode::next_event);
        nodes.chain(self.duplicates.iter().map(|(at, _)| *at)).min()
    }

    /// Moves time on, and returns what nodes ask for. To be called at each [`Self::next_event`], so that nothing
    /// happens late.
    pub fn advance(&mut self, now: Moment) -> Vec<NodeCall> {
        self.now = now;
        let mut calls = Vec::new();
        if !self.duplicates.is_empty() {
            let (due, later) = self.duplicates.drain(..).partition(|(at, _)| *at <= now);
            self.duplicates = later;
            for (_, command) in due {
                self.obey(&command);
            }
        }
        for node in &mut self.nodes {
            node.advance(now, &mut calls);
        }
        if self.nodes.iter().any(|node| is_past(node, now)) {
            let (past, present) = self.nodes.drain(..).partition(|node| is_past(node, now));
            self.nodes = present;
            self.past.extend::<Vec<_>>(past);
        }
        calls
    }

    /// What became of a pull.
    pub fn pulled(&mut self, node: &NodeId, pulled: Pulled) {
        let now = self.now;
        if let Some(node) = self.find(node) {
            node.pulled(pulled, now);
        }
    }

    /// What existed `age` ago.
    pub(super) fn listed(&self, age: Duration) -> Vec<ListedNode> {
        let as_of = Moment(self.now.0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(0)));
        let existed = |node: &&SimNode| {
            node.created_at <= as_of && node.ended_at.is_none_or(|ended_at| as_of < ended_at)
        };
        let listed = |node: &SimNode| ListedNode {
            id: node.spec.id.clone(),
            organization: Some(node.spec.organization.clone()),
            address: Some(node.address.clone()),
            has_runner: node.has_runner,
        };
        self.nodes.iter().filter(existed).map(listed).collect()
    }

    /// Carries a command out, now.
    pub(super) fn obey(&mut self, command: &Command) {
        let (now, tail) = (self.now, self.terms.tail);
        match command {
            Command::Launch(spec) => self.launch(spec),
            Command::Terminate(id) | Command::Kill(id) => {
                if self.faults.strikes(Fault::EndIgnored, now) {
                    return;
                }
                let at_once = matches!(command, Command::Kill(_));
                if let Some(node) = self.find(id) {
                    let within = if at_once { Duration::ZERO } else { node.fate.ends_in.min(tail) };
                    node.end(now, within);
                }
            }
        }
    }

    /// Carries a command out once more, later.
    pub(super) fn repeat(&mut self, command: Command) {
        let later = self.faults.duration(Fault::Duplicated, Duration::from_secs(1), Duration::from_secs(120));
        self.duplicates.push((self.now.after(later), command));
    }

    fn launch(&mut self, spec: &NodeSpec) {
        if !self.ids.insert(spec.id.clone()) {
            return;
        }
        let number = self.ids.len();
        let address = format!("http://10.{}.{}.{}:9081", number >> 16, (number >> 8) & 255, number & 255);
        let fate = self.fate(number);
        self.nodes.push(SimNode::new(spec.clone(), address, fate, self.now, self.terms));
    }

    /// What is destined for the node of that number.
    fn fate(&mut self, number: usize) -> Fate {
        let (now, Terms { lease, tail, boot }) = (self.now, self.terms);
        // Usual times differ a little from node to node without drawing anything.
        let part = u32::try_from(number % 7).unwrap_or(0) + 1;
        let minute = Duration::from_secs(60);
        let faults = &mut self.faults;
        let never = faults.strikes(Fault::NeverBoots, now);
        let slow =
            faults.strikes(Fault::SlowBoot, now).then(|| faults.duration(Fault::SlowBoot, boot, 3 * boot));
        let dies = faults.strikes(Fault::NodeDies, now);
        let dies = dies.then(|| faults.duration(Fault::NodeDies, Duration::ZERO, 30 * minute));
        let runner = faults.strikes(Fault::RunnerDies, now);
        let runner = runner.then(|| faults.duration(Fault::RunnerDies, Duration::ZERO, 30 * minute));
        let outlives = faults.strikes(Fault::Outlives, now);
        let outlives = outlives.then(|| faults.duration(Fault::Outlives, minute / 60, 10 * lease));
        Fate {
            boots_in: (!never).then(|| slow.unwrap_or(boot * part / 10)),
            dies_in: dies,
            runner_dies_in: runner,
            ends_in: tail * part / 8,
            outlives_by: outlives.unwrap_or_default(),
        }
    }

    fn find(&mut self, id: &NodeId) -> Option<&mut SimNode> {
        self.nodes.iter_mut().find(|node| node.spec.id == *id && node.ended_at.is_none())
    }
}

fn is_past(node: &SimNode, now: Moment) -> bool {
    node.ended_at.is_some_and(|ended_at| ended_at.after(HISTORY) < now)
}
