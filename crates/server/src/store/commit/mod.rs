//! Commits that are shared: who writes at the same time as others shares one transaction with them, and its fsync.
//!
//! Whoever has something to write leaves it in a queue and waits for its answer. The first to come starts a task that
//! leads: it takes all that waits, writes it in one transaction, commits, answers, and goes on until nothing waits.
//! What waits is either a decision about clusters, which was made already and turned into rows, or a [`Job`], which
//! runs inside the transaction.
//!
//! Always holds: nobody is told that something is done before it is durable, and nobody else sees it before. What
//! is refused, or fails, fails alone: the transaction is given up, and each of its parts is tried in one of its own. A
//! decision is written only on the state that it was made on; if that is not what the database says, it is made again.
//!
//! | module | what it holds |
//! |---|---|
//! | `pending` | what waits, and what clusters will be like once it is written |
//! | `leader` | the task that writes |

mod leader;
mod pending;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use sliderule_api::OrganizationName;
use sliderule_control::store::{StoreError, Writer};
use sliderule_provisioning::change::Breach;
use tokio::sync::oneshot;

use super::clusters::{Draft, Kept};
use super::{Database, Tx, failed};
use crate::Error;

pub(super) use pending::Pending;

/// What a [`Job`] becomes.
pub(crate) type Writing<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// Something to write in a transaction that may be shared. It may run more than once, where an earlier transaction was
/// given up, and what it did then was undone. It touches no cluster.
pub(crate) type Job = Arc<dyn for<'t> Fn(&'t mut Tx) -> Writing<'t, ()> + Send + Sync>;

/// Whether a job leaves as it was what sessions open: sessions themselves, users, memberships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admissions {
    /// It does.
    Kept,
    /// It may not.
    Touched,
}

/// Something that waits to be written, and who waits for it.
#[derive(Debug)]
pub(super) struct Entry {
    doing: &'static str,
    work: Work,
    answer: oneshot::Sender<Answer>,
}

enum Work {
    Decision(Decision),
    Job(Job, Admissions),
}

/// What was decided about some clusters.
pub(super) struct Decision {
    /// Who decides.
    pub(super) writer: Writer,
    /// What is to be written.
    pub(super) drafts: Vec<Arc<Draft>>,
    /// States on which it was decided that nothing is to be written, and which are not durable yet.
    pub(super) rests_on: Vec<Kept>,
}

impl Decision {
    /// Everything that it was made on.
    fn bases(&self) -> impl Iterator<Item = &Kept> {
        self.drafts.iter().map(|draft| &draft.kept).chain(&self.rests_on)
    }
}

/// What became of an [`Entry`].
#[derive(Debug)]
pub(super) enum Answer {
    /// It is durable, but for the drafts that break a rule.
    Made(HashMap<OrganizationName, Breach>),
    /// It was decided on a state that is not the present one.
    Outdated,
    /// Nothing of it was written.
    Failed(StoreError),
}

impl Entry {
    fn decision(&self) -> Option<&Decision> {
        match &self.work {
            Work::Decision(decision) => Some(decision),
            Work::Job(..) => None,
        }
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decision(_) => "Decision",
            Self::Job(..) => "Job",
        })
    }
}

impl Database {
    /// Writes what `job` writes, in a transaction that it may share with others, and answers what it answers; by
    /// then it is durable. With an error, nothing of it is left. A refusal that shall not trouble the others is an answer.
    pub(crate) async fn together<T: Send + 'static>(
        &self,
        doing: &'static str,
        admissions: Admissions,
        job: impl for<'t> Fn(&'t mut Tx) -> Writing<'t, T> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let answer = Arc::new(Mutex::new(None));
        let work = keeping(answer.clone(), job);
        match self.leave(doing, Work::Job(work, admissions)).await {
            Answer::Made(_) => {
                let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
                answer.ok_or_else(|| failed(doing)("nothing was written, and nobody said why"))
            }
            Answer::Outdated => Err(failed(doing)("it was taken for a decision")),
            Answer::Failed(error) => Err(error),
        }
    }

    /// Leaves a decision to be written. `None` if a state that it was made on is not the newest one any more.
    pub(super) async fn submit(&self, doing: &'static str, decision: Decision) -> Option<Answer> {
        let (answer, answered) = oneshot::channel();
        let offer = self.memory.with(|known| {
            known.offer(decision, |decision| Entry { doing, work: Work::Decision(decision), answer })
        })?;
        if offer.nobody_leads {
            leader::start(self.clone());
        }
        let answer = answered.await.unwrap_or_else(|_| abandoned(doing));
        Some(match answer {
            Answer::Made(mut breaches) => {
                breaches.extend(offer.breaches);
                Answer::Made(breaches)
            }
            other => other,
        })
    }

    async fn leave(&self, doing: &'static str, work: Work) -> Answer {
        let (answer, answered) = oneshot::channel();
        let nobody_leads = self.memory.with(|known| known.pending.push(Entry { doing, work, answer }));
        if nobody_leads {
            leader::start(self.clone());
        }
        answered.await.unwrap_or_else(|_| abandoned(doing))
    }
}

fn abandoned(doing: &'static str) -> Answer {
    Answer::Failed(failed(doing)("the task that commits has ended; whether this was written is not known"))
}

/// What a job answers that may be refused before it has written anything: the refusal is an answer, too, and only a
/// failure of the database is a failure.
pub(crate) fn or_refusal<T>(outcome: Result<T, Error>) -> Result<Result<T, Error>, StoreError> {
    match outcome {
        Err(Error::Store(error)) => Err(error),
        other => Ok(other),
    }
}

/// A job that keeps what it answers.
fn keeping<T: Send + 'static>(
    answer: Arc<Mutex<Option<T>>>,
    job: impl for<'t> Fn(&'t mut Tx) -> Writing<'t, T> + Send + Sync + 'static,
) -> Job {
    Arc::new(move |tx| {
        let (writing, answer) = (job(tx), answer.clone());
        Box::pin(async move {
            let written = writing.await?;
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
            Ok(())
        })
    })
}
