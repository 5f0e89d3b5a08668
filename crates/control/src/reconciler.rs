//! Brings every cluster to the size it shall have, pays for it, and keeps it there.
//!
//! One round: list what exists, read what is wanted, decide, commit, act. So the reconciler may be killed between any
//! two steps and its successor carries on. A round covers the organizations that were woken or are due and, every
//! [`PERIOD`], all for which time alone may bring something to do; their decisions share a few transactions, so that a
//! thousand renewals are a few commits, and only then the effects of all of them are carried out. Rounds never overlap,
//! and nothing they meet stops the others: a failure is logged and a later round tries again. Only a later server
//! does: then nothing is done any more.
//!
//! | module | what it holds |
//! |---|---|
//! | `decisions` | the looks of one round, in few transactions |
//! | `pulse` | how it is doing |
//! | `schedule` | who is to be looked at when |
//! | `stop` | the orderly stop |

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sliderule_api::{NodeId, OrganizationName};
use sliderule_engines::EngineError;
use sliderule_provisioning::time::Moment;
use tokio::sync::Notify;

use crate::listed::Listed;
use crate::memory::Memory;
use crate::patience::Patience;
use crate::plane::Plane;
use crate::store::StoreError;
use decisions::{Round, Wanted};
use pulse::Kept;
use schedule::Schedule;

pub use pulse::Pulse;

mod decisions;
mod pulse;
mod schedule;
mod stop;

/// How long a lost wake-up can go unnoticed.
pub const PERIOD: Duration = Duration::from_secs(10);

/// How soon to try again what failed.
const RETRY: Duration = Duration::from_secs(1);

/// How old a listing may be at which clusters are looked at while the engine cannot list.
const OLDEST: Duration = Duration::from_secs(300);

/// Why a cluster could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The database failed, or belongs to a later server.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A later server has taken over: this one does nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenced;

/// Why the reconciler ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Told,
    /// A later server has taken over; its nodes are none of ours to stop.
    Fenced,
}

/// Runs the domain's decisions over store, engine and traffic.
pub struct Reconciler {
    plane: Plane,
    schedule: Mutex<Schedule>,
    notify: Notify,
    pulse: Kept,
    /// Held during a round: two at once would do everything twice.
    memory: tokio::sync::Mutex<Memory>,
}

impl Reconciler {
    /// A reconciler that does nothing until [`run`](Self::run).
    #[must_use]
    pub fn new(plane: Plane) -> Self {
        Self {
            plane,
            schedule: Mutex::default(),
            notify: Notify::new(),
            pulse: Kept::default(),
            memory: tokio::sync::Mutex::default(),
        }
    }

    /// What it works with.
    #[must_use]
    pub fn plane(&self) -> &Plane {
        &self.plane
    }

    /// How it is doing.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.read()
    }

    /// Something about the organization changed: look at it now. Returns at once.
    pub fn wake(&self, organization: &OrganizationName) {
        self.schedule().wake(organization);
        self.notify.notify_one();
    }

    /// Reconciles until `shutdown`: everything now and every [`PERIOD`], an organization when it is woken and
    /// when its last look said. Nodes are left as they are; see [`stop_all`](Self::stop_all).
    pub async fn run(&self, shutdown: impl Future<Output = ()>) -> Ended {
        tokio::pin!(shutdown);
        let mut wait = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return Ended::Told,
                () = self.notify.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
            // A round is never abandoned half-way for a shutdown: it is short.
            match self.tick().await {
                Ok(next) => wait = next.since(self.plane.clock.now()),
                Err(Fenced) => {
                    tracing::error!(
                        epoch = self.plane.epoch.0,
                        "another server has taken over; this one manages no cluster any more"
                    );
                    return Ended::Fenced;
                }
            }
        }
    }

    /// Does what is due now, and returns when something is due next unless somebody is woken before. What
    /// [`run`](Self::run) does is to call this again and again.
    ///
    /// # Errors
    /// A later server has taken over.
    pub async fn tick(&self) -> Result<Moment, Fenced> {
        let mut memory = self.memory.lock().await;
        let now = self.plane.clock.now();
        let (mut organizations, is_whole) = self.schedule().take_due(now);
        if !organizations.is_empty() || is_whole {
            match self.listing(&mut memory).await {
                Some(listed) => {
                    let knows_all = is_whole && self.add_busy(&listed, &mut organizations).await;
                    let round = self.round(&organizations, &listed, Wanted::AsAsked, &mut memory).await?;
                    self.carry_out_all(&round.effects()).await;
                    self.kill_orphans(&round, &listed, knows_all).await;
                    let ended = self.plane.clock.now();
                    self.schedule().looked(&round, ended);
                    self.pulse.beat(now, ended, knows_all, !round.failed.is_empty());
                }
                None => self.schedule().retry(organizations, is_whole, now.after(RETRY)),
            }
        }
        Ok(self.schedule().next(now))
    }

    /// Looks at one organization now. Returns when its cluster is to be looked at again.
    ///
    /// # Errors
    /// The engine could not list, or the store failed; nothing was done then.
    pub async fn reconcile(&self, organization: &OrganizationName) -> Result<Option<Moment>, ReconcileError> {
        let mut memory = self.memory.lock().await;
        let asked = self.plane.clock.now();
        let listed = Listed::new(self.patience().wait(self.plane.engine.list()).await?, asked);
        let mut round = Round::default();
        let only = std::slice::from_ref(organization);
        self.decide_together(only, &listed, Wanted::AsAsked, &mut memory, &mut round).await?;
        self.carry_out_all(&round.effects()).await;
        self.kill_orphans(&round, &listed, false).await;
        Ok(round.looks.get(organization).and_then(|look| look.next_wake))
    }

    /// What exists. While the engine cannot list, what it listed last, if that is not too old: nothing is believed
    /// gone that is not seen gone, and leases are renewed meanwhile.
    async fn listing(&self, memory: &mut Memory) -> Option<Listed> {
        let asked = self.plane.clock.now();
        match self.patience().wait(self.plane.engine.list()).await {
            Ok(listing) => {
                let listed = Listed::new(listing, asked);
                memory.listed = Some(listed.clone());
                Some(listed)
            }
            Err(error) => {
                tracing::error!(%error, "listing the nodes failed; it is tried again");
                memory.listed.clone().filter(|last| asked.since(last.as_of()) < OLDEST)
            }
        }
    }

    /// Adds every organization for which time alone may bring something to do, and every one that a listed node names.
    /// Returns whether those are all.
    async fn add_busy(&self, listed: &Listed, organizations: &mut BTreeSet<OrganizationName>) -> bool {
        organizations.extend(listed.organizations().cloned());
        match self.plane.store.busy(self.plane.clock.now()).await {
            Ok(busy) => {
                organizations.extend(busy);
                true
            }
            Err(error) => {
                tracing::error!(%error, "finding the organizations with something to do failed; it is tried again");
                false
            }
        }
    }

    /// Kills what is listed for organizations that were looked for and do not exist and, where all organizations
    /// were looked at, what is listed for none and recorded by none.
    async fn kill_orphans(&self, round: &Round, listed: &Listed, knows_all: bool) {
        let strangers = round.unknown.iter().flat_map(|organization| listed.of(organization));
        let of_nobody = listed.unnamed().filter(|node| {
            knows_all
                && round.failed.is_empty()
                && !round.looks.values().any(|look| look.recorded.contains(node))
        });
        let patience = self.patience();
        for node in strangers.chain(of_nobody) {
            tracing::warn!(%node, "killing a node that belongs to no organization");
            self.kill(node, &patience).await;
        }
    }

    async fn kill(&self, node: &NodeId, patience: &Patience<'_>) {
        match patience.wait(self.plane.engine.kill(node)).await {
            Ok(()) => crate::crash::point("kill"),
            Err(error) => tracing::error!(%node, %error, "killing a node failed; it is tried again"),
        }
    }

    /// What the engine calls that begin now may take together.
    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience::new(&*self.plane.clock, self.plane.policy.terms)
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
