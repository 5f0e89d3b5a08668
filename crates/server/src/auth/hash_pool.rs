//! The threads that hash passwords: few, of the lowest priority, with a short queue before them.
//!
//! A hash takes a processor for tens of milliseconds. On threads of its own it holds up neither requests nor the
//! database, and at the lowest priority it runs in the time that nothing else needs.
//!
//! Always holds: at most [`WAITING`] callers of each kind wait, further ones are turned away; who has been here before
//! goes before everybody else, so that a flood of strangers keeps nobody out; a caller that hangs up leaves the queue.
//! Work that has begun cannot be stopped: it has its thread until it is done.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, available_parallelism};

use tokio::sync::oneshot;

use super::{Precedence, TooBusy};

/// Callers of one kind that may wait for their turn.
pub(super) const WAITING: usize = 32;

/// Threads and their queue. The threads end with it.
#[derive(Debug)]
pub(super) struct HashPool {
    line: Arc<Line>,
}

/// Who waits, and who waits for them.
#[derive(Debug, Default)]
struct Line {
    queues: Mutex<Queues>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Queues {
    regulars: VecDeque<Job>,
    strangers: VecDeque<Job>,
    running: usize,
    next_number: u64,
    closed: bool,
}

struct Job {
    number: u64,
    work: Box<dyn FnOnce() + Send>,
}

impl std::fmt::Debug for Job {
    /// Shows nothing of the work, which holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({})", self.number)
    }
}

impl HashPool {
    /// One thread less than there are processors, and at least one.
    pub(super) fn new() -> Self {
        let line = Arc::<Line>::default();
        let threads = available_parallelism().map_or(1, NonZero::get).saturating_sub(1).max(1);
        let begin = |number| {
            let line = Arc::clone(&line);
            thread::Builder::new().name(format!("passwords-{number}")).spawn(move || serve(&line))
        };
        let begun = (0..threads).map(begin).filter_map(|begun| {
            begun.inspect_err(|error| tracing::error!(%error, "a thread for passwords could not begin")).ok()
        });
        if begun.count() == 0 {
            line.lock().closed = true;
        }
        Self { line }
    }

    /// Does the work when it is its turn; `None` if it broke.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        precedence: Precedence,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, TooBusy> {
        let (answer, answered) = oneshot::channel();
        // A caller that hung up wants no answer.
        let work = Box::new(move || drop(answer.send(work())));
        let number = self.line.enter(precedence, work)?;
        let _place = Place { line: &self.line, number };
        Ok(answered.await.ok())
    }

    /// How many callers' work runs now, and how many wait for their turn.
    pub(super) fn load(&self) -> (usize, usize) {
        let queues = self.line.lock();
        (queues.running, queues.regulars.len() + queues.strangers.len())
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.line.lock().closed = true;
        self.line.arrived.notify_all();
    }
}

/// A caller's place in the queue, given up when the caller is dropped.
struct Place<'a> {
    line: &'a Line,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queues = self.line.lock();
        let number = self.number;
        queues.regulars.retain(|job| job.number != number);
        queues.strangers.retain(|job| job.number != number);
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, precedence: Precedence, work: Box<dyn FnOnce() + Send>) -> Result<u64, TooBusy> {
        let mut queues = self.lock();
        if queues.closed {
            return Err(TooBusy);
        }
        let number = queues.next_number;
        queues.next_number = number.wrapping_add(1);
        let queue = match precedence {
            Precedence::Regular => &mut queues.regulars,
            Precedence::Stranger => &mut queues.strangers,
        };
        if queue.len() >= WAITING {
            return Err(TooBusy);
        }
        queue.push_back(Job { number, work });
        self.arrived.notify_one();
        Ok(number)
    }

    /// What to do next; waits for it. `None` once the pool is gone.
    fn next(&self) -> Option<Job> {
        let mut queues = self.lock();
        loop {
            if queues.closed {
                return None;
            }
            if let Some(job) = queues.regulars.pop_front().or_else(|| queues.strangers.pop_front()) {
                queues.running += 1;
                return Some(job);
            }
            queues = self.arrived.wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The life of a thread.
fn serve(line: &Line) {
    lower_priority();
    while let Some(job) = line.next() {
        // Work that breaks costs its caller the answer, which is dropped with it, and the pool no thread.
        let _ = catch_unwind(AssertUnwindSafe(job.work));
        line.lock().running -= 1;
    }
}

/// On Linux a priority is a thread's own; elsewhere it is the whole process's, which must keep its.
///
/// Beside the lowest priority there is the policy for work that may wait: a processor that has nothing else to do counts
/// as idle, and whatever else wakes is put there at once, where a low priority alone would keep it waiting in line.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::unix::{
            NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };

        // The policy before the priority, which the policy's own would take the place of.
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let lowest = thread_priority::ThreadPriority::Min;
        if let Err(error) = set_thread_priority_and_policy(thread_native_id(), lowest, idle) {
            tracing::warn!(%error, "passwords are hashed at a low priority only: the policy for work that may wait was refused");
        }
        if let Err(error) = rustix::process::setpriority_process(None, 19) {
            tracing::warn!(%error, "passwords are hashed at the usual priority, since it could not be lowered");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::{HashPool, WAITING};
    use crate::auth::{Precedence, TooBusy};

    /// Keeps every thread of the pool busy until what it returns is dropped.
    async fn busy(pool: &'static HashPool) -> Vec<mpsc::Sender<()>> {
        let threads = std::thread::available_parallelism().unwrap().get().saturating_sub(1).max(1);
        let mut told = Vec::new();
        for _ in 0..threads {
            let (finish, finished) = mpsc::channel();
            let (begin, begun) = oneshot::channel();
            tokio::spawn(pool.run(Precedence::Stranger, move || {
                begin.send(()).unwrap();
                finished.recv()
            }));
            begun.await.unwrap();
            told.push(finish);
        }
        told
    }

    fn pool() -> &'static HashPool {
        Box::leak(Box::new(HashPool::new()))
    }

    /// Asks for a turn without waiting for it.
    fn enter(
        pool: &'static HashPool,
        precedence: Precedence,
    ) -> impl Future<Output = Result<Option<()>, TooBusy>> {
        let mut turn = Box::pin(pool.run(precedence, || ()));
        let waker = std::task::Waker::noop();
        match turn.as_mut().poll(&mut std::task::Context::from_waker(waker)) {
            std::task::Poll::Pending => futures_util::future::Either::Left(turn),
            std::task::Poll::Ready(answer) => futures_util::future::Either::Right(std::future::ready(answer)),
        }
    }

    #[tokio::test]
    async fn a_flood_of_strangers_is_turned_away_and_keeps_no_regular_out() {
        let pool = pool();
        let busy = busy(pool).await;
        let flood: Vec<_> = (0..WAITING).map(|_| enter(pool, Precedence::Stranger)).collect();
        assert_eq!(enter(pool, Precedence::Stranger).await, Err(TooBusy));
        let regular = enter(pool, Precedence::Regular);
        assert_eq!(pool.load().1, WAITING + 1);
        drop(busy);
        assert_eq!(regular.await, Ok(Some(())));
        for turn in flood {
            assert_eq!(turn.await, Ok(Some(())));
        }
    }

    #[tokio::test]
    async fn regulars_go_first() {
        let pool = pool();
        let busy = busy(pool).await;
        let (said, heard) = mpsc::channel();
        let turn = |precedence, who: &'static str| {
            let said = said.clone();
            pool.run(precedence, move || said.send(who).unwrap())
        };
        let both = async {
            tokio::join!(
                turn(Precedence::Stranger, "stranger"),
                turn(Precedence::Regular, "regular"),
                async {
                    drop(busy);
                }
            )
        };
        let _ = both.await;
        let order: Vec<_> = heard.try_iter().collect();
        // With one thread the order is certain; several take the two at once.
        if std::thread::available_parallelism().unwrap().get() <= 2 {
            assert_eq!(order, ["regular", "stranger"]);
        }
        assert_eq!(order.len(), 2);
    }

    #[tokio::test]
    async fn a_caller_that_hangs_up_before_its_turn_leaves_the_queue() {
        let pool = pool();
        let _busy = busy(pool).await;
        let queued = enter(pool, Precedence::Stranger);
        assert_eq!(pool.load().1, 1);
        drop(queued);
        assert_eq!(pool.load().1, 0);
    }

    #[tokio::test]
    async fn work_goes_on_if_its_caller_hangs_up_and_has_its_thread_until_it_is_done() {
        let pool = pool();
        let (finish, finished) = mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let (done, seen) = oneshot::channel();
        let caller = pool.run(Precedence::Stranger, move || {
            begin.send(()).unwrap();
            finished.recv().unwrap();
            done.send(()).unwrap();
        });
        tokio::select! {
            _ = caller => unreachable!("the work waits to be told"),
            begun = begun => begun.unwrap(),
        }
        finish.send(()).unwrap();
        seen.await.unwrap();
    }

    #[tokio::test]
    async fn work_that_breaks_costs_no_thread() {
        let pool = pool();
        for _ in 0..8 {
            let broken = pool.run(Precedence::Stranger, || -> () { panic!("broken") }).await;
            assert_eq!(broken, Ok(None));
        }
        assert_eq!(pool.run(Precedence::Stranger, || 7).await, Ok(Some(7)));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn hashing_has_the_lowest_priority_and_nothing_else_has() {
        let before = rustix::process::getpriority_process(None).unwrap();
        let there = pool().run(Precedence::Stranger, || rustix::process::getpriority_process(None));
        assert_eq!(there.await.unwrap().unwrap().unwrap(), 19);
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), before);
        let policy = || thread_priority::unix::thread_schedule_policy().unwrap();
        let there = pool().run(Precedence::Stranger, move || format!("{:?}", policy()));
        assert!(there.await.unwrap().unwrap().contains("Idle"));
        assert!(!format!("{:?}", policy()).contains("Idle"));
    }
}
