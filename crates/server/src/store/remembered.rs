//! What was read from the database, remembered for as long as it is what the database says.
//!
//! Always holds: what is taken from here is what a transaction would read that begins now. Whoever looks compares the
//! mark of the last commit ([`WalIndex`]) with the one at which everything in here was right. Where they differ,
//! somebody has committed: either ourselves, and then what was committed is about to be noted here, which is waited
//! for; or somebody else (the command line beside the server, or a method of ours that notes nothing), and then
//! all is forgotten.
//!
//! What was read in order to be remembered is not, if everything was forgotten meanwhile. What was committed by
//! ourselves meanwhile does no harm: it is here already, and newer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sliderule_api::OrganizationName;
use sliderule_control::store::Epoch;
use tokio::sync::Notify;

use super::clusters::Kept;
use super::organizations::Standing;
use super::wal_index::{Mark, WalIndex};

/// Clusters remembered at most; with one more, all are forgotten.
const CLUSTERS: usize = 20_000;

/// Standings remembered at most, likewise.
const STANDINGS: usize = 100_000;

/// What is remembered of one database, and how it is known to be right.
#[derive(Debug)]
pub(super) struct Memory {
    index: WalIndex,
    remembered: Mutex<Remembered>,
    /// A commit of ours was noted.
    noted: Notify,
}

impl Memory {
    pub(super) fn new(index: WalIndex) -> Self {
        Self { index, remembered: Mutex::default(), noted: Notify::new() }
    }

    /// What `look` finds in what is remembered, all of which is right now; `None` if that cannot be known, and
    /// nothing is remembered.
    pub(super) async fn fresh<T>(&self, look: impl FnOnce(&mut Remembered) -> T) -> Option<T> {
        loop {
            // Made before looking, so that nothing is missed.
            let noted = self.noted.notified();
            {
                let mut remembered = self.lock();
                if let Some(forgotten) = remembered.settle(self.index.mark()?) {
                    let found = look(&mut remembered);
                    drop(remembered);
                    drop(forgotten);
                    return Some(found);
                }
            }
            noted.await;
        }
    }

    /// Begins a commit of ours, in a transaction that writes already, so that nobody else's can come before it. `None`
    /// if nothing can be remembered.
    pub(super) fn begin_commit(&self) -> Option<Commit<'_>> {
        let mut remembered = self.lock();
        let before = self.index.mark()?;
        let forgotten = remembered.settle(before);
        remembered.is_committing = true;
        drop(remembered);
        drop(forgotten);
        Some(Commit { memory: self, before: Some(before) })
    }

    /// Closes what the database is watched by, once it has no other connection here.
    pub(super) async fn close(&self) {
        self.index.close().await;
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A commit of ours that is under way. Dropped without a word, it may have been made or not, and all is forgotten.
#[derive(Debug)]
#[must_use = "all is forgotten if nobody says what became of it"]
pub(super) struct Commit<'a> {
    memory: &'a Memory,
    /// The mark before it; `None` once it is over.
    before: Option<Mark>,
}

impl Commit<'_> {
    /// It was made: `note` says what is new.
    pub(super) fn made(mut self, note: impl FnOnce(&mut Remembered)) {
        self.end(note);
    }

    fn end(&mut self, note: impl FnOnce(&mut Remembered)) {
        let Some(before) = self.before.take() else { return };
        let mut remembered = self.memory.lock();
        let forgotten = match self.memory.index.mark() {
            Some(mark) if mark.is_next_of(before) => {
                remembered.seen = Some(mark);
                note(&mut remembered);
                Forgotten::default()
            }
            _ => remembered.forget(),
        };
        remembered.is_committing = false;
        drop(remembered);
        drop(forgotten);
        self.memory.noted.notify_waiters();
    }
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        if self.before.take().is_some() {
            let mut remembered = self.memory.lock();
            let forgotten = remembered.forget();
            remembered.is_committing = false;
            drop(remembered);
            drop(forgotten);
            self.memory.noted.notify_waiters();
        }
    }
}

/// A time within which nothing was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Era(u64);

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// The mark at which all of it is right.
    seen: Option<Mark>,
    /// Whether the mark may move on by a commit of ours that is not noted yet.
    is_committing: bool,
    era: Era,
    epoch: Option<Epoch>,
    clusters: HashMap<OrganizationName, Kept>,
    /// By organization and user.
    standings: HashMap<Box<str>, HashMap<i64, Standing>>,
    number_of_standings: usize,
}

/// What was forgotten: a lot, perhaps, and better dropped where nobody waits for the lock.
#[derive(Debug, Default)]
struct Forgotten {
    _clusters: HashMap<OrganizationName, Kept>,
    _standings: HashMap<Box<str>, HashMap<i64, Standing>>,
}

impl Remembered {
    /// Sees to it that all of it is right at that mark, by forgetting what is not; `None` if only the end of a commit of
    /// ours will tell.
    fn settle(&mut self, mark: Mark) -> Option<Forgotten> {
        if self.seen == Some(mark) {
            return Some(Forgotten::default());
        }
        if self.is_committing {
            return None;
        }
        let forgotten = self.forget();
        self.seen = Some(mark);
        Some(forgotten)
    }

    fn forget(&mut self) -> Forgotten {
        self.seen = None;
        self.epoch = None;
        self.era.0 += 1;
        self.number_of_standings = 0;
        Forgotten {
            _clusters: std::mem::take(&mut self.clusters),
            _standings: std::mem::take(&mut self.standings),
        }
    }

    /// What is read from the database from now on may be remembered until this changes.
    pub(super) fn era(&self) -> Era {
        self.era
    }

    /// The latest server's term of office.
    pub(super) fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// Remembers the latest server's term of office, as it was read in that era.
    pub(super) fn learn_epoch(&mut self, era: Era, epoch: Epoch) {
        if era == self.era {
            self.epoch = Some(epoch);
        }
    }

    /// The cluster of that organization.
    pub(super) fn cluster(&self, organization: &OrganizationName) -> Option<&Kept> {
        self.clusters.get(organization)
    }

    /// Remembers a cluster that was read in that era, unless a newer one is known. The answer is what is known then.
    pub(super) fn learn(&mut self, era: Era, kept: Kept) -> Kept {
        if era != self.era {
            return kept;
        }
        if let Some(newer) = self.clusters.get(&kept.cluster.organization) {
            return newer.clone();
        }
        self.put(kept.clone());
        kept
    }

    /// A cluster is like this now.
    pub(super) fn put(&mut self, kept: Kept) {
        if self.clusters.len() >= CLUSTERS {
            self.clusters.clear();
            self.era.0 += 1;
        }
        self.clusters.insert(kept.cluster.organization.clone(), kept);
    }

    /// A cluster changed in a way that only the database tells.
    pub(super) fn drop_cluster(&mut self, organization: &OrganizationName) {
        self.clusters.remove(organization);
        self.era.0 += 1;
    }

    /// How a user stands to an organization.
    pub(super) fn standing(&self, user: i64, organization: &str) -> Option<Standing> {
        self.standings.get(organization)?.get(&user).copied()
    }

    /// Remembers how a user stands to an organization, as it was read in that era.
    pub(super) fn learn_standing(&mut self, era: Era, user: i64, organization: &str, standing: Standing) {
        if era != self.era {
            return;
        }
        if self.number_of_standings >= STANDINGS {
            self.standings.clear();
            self.number_of_standings = 0;
        }
        let of_organization = self.standings.entry(organization.into()).or_default();
        if of_organization.insert(user, standing).is_none() {
            self.number_of_standings += 1;
        }
    }
}
