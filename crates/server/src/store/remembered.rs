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
use sliderule_control::store::{Epoch, StoreError};
use tokio::sync::Notify;

use super::admission::{Admission, AdmissionKey};
use super::bell::Bell;
use super::clusters::{Kept, Made};
use super::commit::Pending;
use super::wal_index::{Mark, WalIndex};
use super::{Tx, failed};

/// Clusters remembered at most; with one more, all are forgotten.
const CLUSTERS: usize = 20_000;

/// Admissions remembered at most, likewise.
const ADMISSIONS: usize = 50_000;

/// What is remembered of one database, and how it is known to be right.
#[derive(Debug)]
pub(super) struct Memory {
    index: WalIndex,
    remembered: Mutex<Remembered>,
    /// A commit of ours was noted.
    noted: Notify,
    bell: Bell,
}

impl Memory {
    pub(super) fn new(index: WalIndex) -> Self {
        let bell = Bell::default();
        let remembered = Mutex::new(Remembered { bell: bell.clone(), ..Remembered::default() });
        Self { index, remembered, noted: Notify::new(), bell }
    }

    /// Rings for what is committed, once it is known here.
    pub(super) fn bell(&self) -> &Bell {
        &self.bell
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

    /// Begins a commit of ours, in a transaction that writes already, so that nobody else's can come before it: what is
    /// remembered from here on is what the transaction would read. `None` if nothing can be remembered.
    pub(super) fn begin_commit(&self) -> Option<Commit<'_>> {
        let mut remembered = self.lock();
        let before = self.index.mark();
        let forgotten = match before {
            Some(mark) => remembered.settle(mark).unwrap_or_default(),
            None => remembered.forget(),
        };
        remembered.is_committing = before.is_some();
        drop(remembered);
        drop(forgotten);
        before.map(|before| Commit { memory: self, before: Some(before) })
    }

    /// What `act` makes of what is remembered, fresh or not.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Remembered) -> T) -> T {
        act(&mut self.lock())
    }

    /// How many pages the log has, as far as that is known.
    pub(super) fn pages_in_log(&self) -> u32 {
        self.index.pages_in_log()
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
    /// It was made, and it wrote something, so that the next mark is its own: `note` says what is new.
    pub(super) fn made(mut self, note: impl FnOnce(&mut Remembered)) {
        let Some(before) = self.before.take() else { return };
        self.end(|remembered, mark| match mark {
            Some(mark) if mark.is_next_of(before) => {
                remembered.seen = Some(mark);
                note(remembered);
                Forgotten::default()
            }
            _ => remembered.forget(),
        });
    }

    /// It was not made, and nothing of it is left.
    pub(super) fn given_up(mut self) {
        self.before = None;
        self.end(|_, _| Forgotten::default());
    }

    fn end(&self, act: impl FnOnce(&mut Remembered, Option<Mark>) -> Forgotten) {
        let mut remembered = self.memory.lock();
        let forgotten = act(&mut remembered, self.memory.index.mark());
        remembered.is_committing = false;
        drop(remembered);
        drop(forgotten);
        self.memory.noted.notify_waiters();
    }
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        if self.before.is_some() {
            self.end(|remembered, _| remembered.forget());
        }
    }
}

/// Makes sure that the transaction writes something, whatever becomes of what it is to write: a commit that writes nothing leaves
/// no mark, and somebody else's next one would be taken for ours.
///
/// A row that is updated to what it is already is not written, either. The number that says whose format the file is,
/// [`FORMAT`], always is.
pub(super) async fn leave_a_mark(tx: &mut Tx, doing: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(FORMAT).execute(&mut **tx).await.map(drop).map_err(failed(doing))
}

/// `PS` and two zeros.
const FORMAT: &str = "PRAGMA application_id = 0x50530000";

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
    admissions: HashMap<AdmissionKey, Admission>,
    bell: Bell,
    /// What waits to be written.
    pub(super) pending: Pending,
}

/// What a cluster will be like once everything is written that waits.
#[derive(Clone, Debug)]
pub(super) struct Newest {
    pub(super) kept: Kept,
    /// Whether it is like this already.
    pub(super) is_durable: bool,
}

impl From<Kept> for Newest {
    fn from(kept: Kept) -> Self {
        Self { kept, is_durable: true }
    }
}

/// What was forgotten: a lot, perhaps, and better dropped where nobody waits for the lock.
#[derive(Debug, Default)]
struct Forgotten {
    _clusters: HashMap<OrganizationName, Kept>,
    _admissions: HashMap<AdmissionKey, Admission>,
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
        self.pending.drop_tips();
        self.bell.ring_all();
        Forgotten {
            _clusters: std::mem::take(&mut self.clusters),
            _admissions: std::mem::take(&mut self.admissions),
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

    /// This was written, and everything that was taken to be written with it.
    pub(super) fn made(&mut self, made: Vec<Made>) {
        for Made { kept, is_exact } in made {
            self.pending.written(&kept);
            self.bell.ring(&kept.cluster.organization);
            if is_exact {
                self.put(kept);
            } else {
                // Only the database tells what it is like.
                self.clusters.remove(&kept.cluster.organization);
                self.era.0 += 1;
            }
        }
    }

    fn put(&mut self, kept: Kept) {
        if self.clusters.len() >= CLUSTERS {
            self.clusters.clear();
            self.era.0 += 1;
        }
        self.clusters.insert(kept.cluster.organization.clone(), kept);
    }

    /// What a session opens.
    pub(super) fn admission(&self, key: &AdmissionKey) -> Option<Admission> {
        self.admissions.get(key).copied()
    }

    /// Remembers what a session opens, as it was read in that era.
    pub(super) fn learn_admission(&mut self, era: Era, key: AdmissionKey, admission: Admission) {
        if era == self.era {
            if self.admissions.len() >= ADMISSIONS {
                self.admissions.clear();
            }
            self.admissions.insert(key, admission);
        }
    }

    /// What sessions open may have changed.
    pub(super) fn drop_admissions(&mut self) {
        self.bell.ring_all();
        self.admissions.clear();
        self.era.0 += 1;
    }
}
