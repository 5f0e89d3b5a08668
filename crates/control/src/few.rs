//! A few futures at once.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A future that can wait among others.
pub(crate) type Job<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs `jobs` to their ends, at most `most` at a time; what comes of them is in the order of their ends.
///
/// They start in order, and jobs that are ready at once end in order, too, whatever wakes this: a simulation that
/// polls by itself sees the same every time.
pub(crate) async fn few_at_once<T>(most: usize, jobs: Vec<Job<'_, T>>) -> Vec<T> {
    let mut waiting = VecDeque::from(jobs);
    let mut running: Vec<Job<'_, T>> = Vec::new();
    let mut ended = Vec::new();
    poll_fn(|context| {
        loop {
            while running.len() < most.max(1)
                && let Some(job) = waiting.pop_front()
            {
                running.push(job);
            }
            let before = ended.len();
            running.retain_mut(|job| match job.as_mut().poll(context) {
                Poll::Ready(output) => {
                    ended.push(output);
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && waiting.is_empty() {
                return Poll::Ready(());
            }
            if ended.len() == before || waiting.is_empty() {
                return Poll::Pending;
            }
        }
    })
    .await;
    ended
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_job_holds_up_nobody_and_never_more_than_a_few_run() {
        let (now, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let job = |number: u64| {
            let (now, peak) = (&now, &peak);
            let job: Job<'_, u64> = Box::pin(async move {
                peak.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(if number == 0 { 100 } else { 1 })).await;
                now.fetch_sub(1, Ordering::Relaxed);
                number
            });
            job
        };
        let begun = tokio::time::Instant::now();
        let ended = few_at_once(3, (0..9).map(job).collect()).await;
        assert_eq!(ended, [1, 2, 3, 4, 5, 6, 7, 8, 0]);
        assert_eq!(peak.load(Ordering::Relaxed), 3);
        assert_eq!(begun.elapsed(), Duration::from_secs(100));
    }

    #[tokio::test]
    async fn what_is_ready_at_once_ends_in_order() {
        let jobs = (0..100).map(|number| -> Job<'_, u32> { Box::pin(std::future::ready(number)) });
        assert_eq!(few_at_once(8, jobs.collect()).await, (0..100).collect::<Vec<_>>());
    }
}
