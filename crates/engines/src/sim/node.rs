//! One node: its runner, its program, and how it ends.

use std::time::Duration;

use sliderule_api::{NodeId, OrganizationName};
use sliderule_provisioning::time::{Moment, Terms};

use crate::engine::NodeSpec;

/// How often a node registers with the gateway.
const REGISTRATION: Duration = Duration::from_secs(60);

/// What is destined for a node when it is launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How long after its first lease it registers; `None` for never.
    pub boots_in: Option<Duration>,
    /// How long after its first lease it ends by itself, if it does.
    pub dies_in: Option<Duration>,
    /// How long after its first lease its runner is gone, if it goes.
    pub runner_dies_in: Option<Duration>,
    /// How long it takes to end once it shall; at most the tail.
    pub ends_in: Duration,
    /// How much longer than that it lives on, whatever it is told.
    pub outlives_by: Duration,
}

/// What a node, or its runner, asks of the provisioning system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeCall {
    /// The runner asks how long its node may run; answer with [`super::World::pulled`].
    Pull {
        /// Which node.
        node: NodeId,
        /// Whose it was launched for.
        organization: OrganizationName,
        /// Where it listens.
        address: String,
    },
    /// The node says that it serves.
    Register {
        /// Whose it was launched for.
        organization: OrganizationName,
        /// Where it listens.
        address: String,
    },
}

/// What became of a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The node may run for so long from now on.
    Granted(Duration),
    /// The node shall end.
    Refused,
    /// There was no answer.
    Nothing,
}

/// A node that exists, or did.
#[derive(Clone, Debug)]
pub struct SimNode {
    /// What it was launched with.
    pub spec: NodeSpec,
    /// Where it listens.
    pub address: String,
    /// Since when it exists.
    pub created_at: Moment,
    /// Since when its program runs: since its first lease.
    pub runs_since: Option<Moment>,
    /// Whether its runner lives.
    pub has_runner: bool,
    /// Since when nothing of it is left.
    pub ended_at: Option<Moment>,
    /// What is destined for it.
    pub fate: Fate,
    /// When its lease ends; before the first one, when its runner gives up.
    pub lease_ends: Moment,
    /// When it is gone, once it is ending.
    pub gone_at: Option<Moment>,
    next_pull: Option<Moment>,
    /// When its runner asked last: a lease counts from then, however long the answer takes.
    asked: Moment,
    next_registration: Option<Moment>,
    retry: Duration,
}

impl SimNode {
    pub(super) fn new(spec: NodeSpec, address: String, fate: Fate, now: Moment, terms: Terms) -> Self {
        Self {
            spec,
            address,
            created_at: now,
            runs_since: None,
            has_runner: true,
            ended_at: None,
            fate,
            lease_ends: now.after(terms.boot),
            gone_at: None,
            next_pull: Some(now),
            asked: now,
            next_registration: None,
            retry: retry_of(terms.boot),
        }
    }

    /// Whether it costs money at `now`.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.runs_since.is_some() && self.ended_at.is_none()
    }

    /// Whether the engine, and not the system, is to blame if it runs for longer than it was paid.
    #[must_use]
    pub fn is_excused(&self) -> bool {
        !self.has_runner || !self.fate.outlives_by.is_zero()
    }

    /// When something happens to it next.
    pub(super) fn next_event(&self) -> Option<Moment> {
        if self.ended_at.is_some() {
            return None;
        }
        let fate = |after: Option<Duration>| Some(self.runs_since?.after(after?));
        let lease = (self.has_runner && self.gone_at.is_none()).then_some(self.lease_ends);
        let runner = if self.has_runner { fate(self.fate.runner_dies_in) } else { None };
        let events =
            [self.gone_at, lease, self.next_pull, self.next_registration, fate(self.fate.dies_in), runner];
        events.into_iter().flatten().min()
    }

    /// Lets happen what happens to it by itself up to `now`, and collects what it asks.
    pub(super) fn advance(&mut self, now: Moment, calls: &mut Vec<NodeCall>) {
        if self.ended_at.is_some() {
            return;
        }
        let due = |at: Option<Moment>| at.is_some_and(|at| at <= now);
        let after = |since: Option<Moment>, after: Option<Duration>| Some(since?.after(after?));
        if due(self.gone_at) {
            self.ended_at = self.gone_at;
            return;
        }
        if due(after(self.runs_since, self.fate.dies_in)) {
            self.ended_at = Some(now);
            return;
        }
        if self.has_runner && due(after(self.runs_since, self.fate.runner_dies_in)) {
            self.has_runner = false;
            self.next_pull = None;
        }
        if self.has_runner && self.gone_at.is_none() && self.lease_ends <= now {
            self.end(now, self.fate.ends_in);
        }
        if due(self.next_pull) {
            (self.next_pull, self.asked) = (None, now);
            calls.push(NodeCall::Pull {
                node: self.spec.id.clone(),
                organization: self.spec.organization.clone(),
                address: self.address.clone(),
            });
        }
        if due(self.next_registration) {
            self.next_registration = Some(now.after(REGISTRATION));
            calls.push(NodeCall::Register {
                organization: self.spec.organization.clone(),
                address: self.address.clone(),
            });
        }
    }

    /// It ends within so long, unless it is ending sooner already. Without a lease there is no program to end.
    pub(super) fn end(&mut self, now: Moment, within: Duration) {
        let within = if self.runs_since.is_some() { within + self.fate.outlives_by } else { Duration::ZERO };
        let gone_at = now.after(within);
        self.gone_at = Some(self.gone_at.map_or(gone_at, |sooner| sooner.min(gone_at)));
        self.next_pull = None;
    }

    /// What became of its runner's pull.
    pub(super) fn pulled(&mut self, pulled: Pulled, now: Moment) {
        if self.gone_at.is_some() || !self.has_runner {
            return;
        }
        match pulled {
            Pulled::Granted(left) if !left.is_zero() => {
                if self.runs_since.is_none() {
                    self.runs_since = Some(now);
                    self.next_registration = self.fate.boots_in.map(|boots_in| now.after(boots_in));
                }
                self.lease_ends = self.asked.after(left);
                self.retry = retry_of(left);
                self.next_pull = Some(self.asked.after(left / 3).max(now.after(self.retry)));
            }
            Pulled::Granted(_) | Pulled::Refused => self.end(now, self.fate.ends_in),
            Pulled::Nothing => self.next_pull = Some(now.after(self.retry)),
        }
    }
}

/// A tenth of a lease, at most a second, as the local engine's runner has it, and no less than a tenth of a second.
fn retry_of(lease: Duration) -> Duration {
    (lease / 10).clamp(Duration::from_millis(100), Duration::from_secs(1))
}
