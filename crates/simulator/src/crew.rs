//! Several seeds at once, one thread each; what they came to is told in their order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::simulation::{Outcome, Plan, simulate};

/// Does `work` for each number below `count`, as many at once as the machine has cores.
pub fn in_parallel(count: u64, work: impl Fn(u64) + Sync) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    work(number);
                }
            });
        }
    });
}

/// Simulates `plans`, and calls `tell` with each in order.
pub fn run(plans: &[Plan], tell: impl FnMut(&Plan, Outcome) + Send) {
    let told = Mutex::new((0, BTreeMap::new(), tell));
    in_parallel(plans.len() as u64, |number| {
        let Some(plan) = usize::try_from(number).ok().and_then(|index| plans.get(index)) else { return };
        let outcome = simulate(plan);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, waiting, tell) = &mut *told;
        waiting.insert(number, (plan, outcome));
        while let Some((plan, outcome)) = waiting.remove(due) {
            tell(plan, outcome);
            *due += 1;
        }
    });
}
