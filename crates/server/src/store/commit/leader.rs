//! The task that writes what waits.
//!
//! It is a task of its own since whoever waits may be dropped at any moment, a request with its connection for
//! example.

use std::collections::HashMap;
use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::store::StoreError;
use sliderule_provisioning::change::Breach;
use tokio::sync::oneshot;

use super::{Admissions, Answer, Decision, Entry, Work};
use crate::store::clusters::{self, Draft, Made};
use crate::store::remembered::{Commit, leave_a_mark};
use crate::store::{Database, Tx, failed};

const DOING: &str = "wrote what several callers had to write";

/// Pages of the log at which it is carried over into the database.
const LONG_LOG: u32 = 1000;

/// Begins to lead.
pub(super) fn start(db: Database) {
    tokio::spawn(async move {
        let mut leader = Leader { db, is_done: false };
        while !leader.is_done() {
            leader.write_some().await;
        }
    });
}

/// Whoever leads. If its task ends before its time, nobody waits for it in vain.
struct Leader {
    db: Database,
    is_done: bool,
}

impl Drop for Leader {
    fn drop(&mut self) {
        if !self.is_done {
            self.db.memory.with(|known| known.pending.abandon());
        }
    }
}

impl Leader {
    fn is_done(&mut self) -> bool {
        self.is_done = self.db.memory.with(|known| known.pending.is_done());
        self.is_done
    }

    /// Writes what waits once it is our turn to write: whoever comes until then shares the transaction.
    async fn write_some(&self) {
        let begun = self.db.write(DOING).await;
        let entries = self.db.memory.with(|known| known.pending.take());
        match begun {
            Ok(tx) => self.write_together(tx, entries).await,
            Err(error) => fail(entries, error),
        }
        self.keep_log_short().await;
    }

    /// Carries the log over into the database, where it has grown. SQLite would do so as a part of a commit, for which
    /// everybody waits who reads.
    async fn keep_log_short(&self) {
        if self.db.memory.pages_in_log() < LONG_LOG {
            return;
        }
        let checkpoint = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.db.writer).await;
        if let Err(error) = checkpoint {
            tracing::warn!(%error, "the log of the database could not be carried over; it is tried again");
        }
    }

    async fn write_together(&self, mut tx: Tx, entries: Vec<Entry>) {
        let commit = self.db.memory.begin_commit();
        let entries = self.sort_out(entries);
        if entries.is_empty() {
            return give_up(tx, commit).await;
        }
        match write_all(&mut tx, &entries).await {
            Ok(made) => {
                let answers = entries.iter().map(|_| HashMap::new()).collect();
                self.commit(tx, commit, entries, made, answers).await;
            }
            // Whose fault it is shows where each writes alone.
            Err(_) => {
                give_up(tx, commit).await;
                for entry in entries {
                    self.write_alone(entry).await;
                }
            }
        }
    }

    async fn write_alone(&self, entry: Entry) {
        let mut tx = match self.db.write(entry.doing).await {
            Ok(tx) => tx,
            Err(error) => return fail(vec![entry], error),
        };
        let commit = self.db.memory.begin_commit();
        let entries = self.sort_out(vec![entry]);
        let Some(entry) = entries.first() else { return give_up(tx, commit).await };
        match write_one(&mut tx, entry).await {
            Ok((made, breaches)) => self.commit(tx, commit, entries, made, vec![breaches]).await,
            Err(error) => {
                give_up(tx, commit).await;
                self.db.memory.with(|known| known.pending.drop_tips());
                fail(entries, error);
            }
        }
    }

    /// Leaves out the decisions that were made on another state than the present one, or by a server that is over, and
    /// tells who waits for them.
    fn sort_out(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let (good, bad) = self.db.memory.with(|known| known.sort_out(entries));
        for (answer, what) in bad {
            tell(answer, what);
        }
        good
    }

    /// Commits, notes what is new, and tells everybody.
    async fn commit(
        &self,
        tx: Tx,
        commit: Option<Commit<'_>>,
        entries: Vec<Entry>,
        made: Vec<Made>,
        breaches: Vec<HashMap<OrganizationName, Breach>>,
    ) {
        if let Err(error) = tx.commit().await {
            // It may be there all the same, and all is read anew.
            drop(commit);
            return fail(entries, failed(DOING)(error));
        }
        let touched = entries.iter().any(|entry| matches!(entry.work, Work::Job(_, Admissions::Touched)));
        let is_whole = breaches.iter().all(HashMap::is_empty);
        if let Some(commit) = commit {
            commit.made(|known| {
                known.made(made);
                if touched {
                    known.drop_admissions();
                }
                if !is_whole {
                    known.pending.drop_tips();
                }
            });
        }
        for (entry, breaches) in entries.into_iter().zip(breaches) {
            tell(entry.answer, Answer::Made(breaches));
        }
    }
}

/// Writes all of it: all decisions with one statement for each kind of row, then what jobs write.
async fn write_all(tx: &mut Tx, entries: &[Entry]) -> Result<Vec<Made>, StoreError> {
    let mut drafts: Vec<Arc<Draft>> = Vec::new();
    let mut places = HashMap::new();
    for draft in entries.iter().filter_map(Entry::decision).flat_map(|decision| &decision.drafts) {
        let place = *places.entry(draft.kept.id).or_insert(drafts.len());
        match drafts.get_mut(place) {
            Some(earlier) => {
                Arc::make_mut(earlier).followed_by(draft).map_err(|breach| failed(DOING)(breach))?
            }
            None => drafts.push(draft.clone()),
        }
    }
    let (made, is_another) = clusters::write_together(tx, drafts, DOING).await?;
    if !is_another {
        leave_a_mark(tx, DOING).await?;
    }
    for entry in entries {
        if let Work::Job(job, _) = &entry.work {
            job(tx).await?;
        }
    }
    Ok(made)
}

/// Writes one entry: each of its drafts that breaks no rule, or what the job writes.
async fn write_one(
    tx: &mut Tx,
    entry: &Entry,
) -> Result<(Vec<Made>, HashMap<OrganizationName, Breach>), StoreError> {
    leave_a_mark(tx, entry.doing).await?;
    match &entry.work {
        Work::Decision(Decision { drafts, .. }) => {
            clusters::write_each(tx, drafts.clone(), entry.doing).await
        }
        Work::Job(job, _) => {
            job(tx).await?;
            Ok(Default::default())
        }
    }
}

/// Undoes all of it.
async fn give_up(tx: Tx, commit: Option<Commit<'_>>) {
    match tx.rollback().await {
        Ok(()) => commit.map_or((), Commit::given_up),
        Err(error) => tracing::warn!(%error, "a transaction could not be given up; its connection does so"),
    }
}

/// Tells everybody that nothing was written.
fn fail(entries: Vec<Entry>, error: StoreError) {
    let error = Arc::new(error);
    for Entry { doing, answer, .. } in entries {
        tell(answer, Answer::Failed(failed(doing)(Shared(error.clone()))));
    }
}

/// Whoever waited may be gone.
fn tell(answer: oneshot::Sender<Answer>, what: Answer) {
    let _ = answer.send(what);
}

/// What several were told.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Shared(Arc<StoreError>);
