//! Points at which a test can kill this process, to show that it does not matter.
//!
//! There is one after every commit of a decision and one after every effect, numbered from 1 in the order in which the
//! process passes them. With the feature `crash-points`, which only tests compile in, and the environment
//! variable `SLIDERULE_CRASH_AFTER=n`, the process kills itself with SIGKILL at the n-th: no destructor runs,
//! nothing is flushed, nobody is told. Without the feature there is nothing here.

/// A point after something that matters, by what came before it.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn point(_after: &'static str) {}

/// A point after something that matters, by what came before it.
#[cfg(feature = "crash-points")]
pub fn point(after: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static PASSED: AtomicU64 = AtomicU64::new(0);
    static LAST: OnceLock<Option<u64>> = OnceLock::new();

    let number = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
    let last = LAST.get_or_init(|| std::env::var("SLIDERULE_CRASH_AFTER").ok()?.parse().ok());
    tracing::info!(number, after, "crash point");
    if *last == Some(number) {
        // Nothing is left to do if even this fails.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}
