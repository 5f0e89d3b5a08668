//! The clocks of the machine that servers run on: one that counts, and one on the wall, which jumps.

use std::sync::{Arc, Mutex, PoisonError};

use sliderule_control::clock::Clock;
use sliderule_control::clock::steady::{Anchor, Reading, Steady};
use sliderule_provisioning::time::Moment;

use crate::book::Shared;

/// How long the machine had been up when the seed began.
const UP: i64 = 86_400_000;

/// The machine's clocks. Clones are the same machine.
#[derive(Clone, Debug)]
pub struct Machine {
    shared: Shared,
    began: Moment,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// How far the wall clock is off.
    wrong_by: i64,
    /// What the data directory keeps.
    saved: Option<Anchor>,
}

impl Machine {
    /// A machine whose wall clock is right.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        let began = shared.book().now;
        Self { shared, began, state: Arc::default() }
    }

    /// Moves the wall clock by so many milliseconds.
    pub fn jump(&self, by: i64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).wrong_by += by;
    }

    /// A clock as a server makes it when it starts.
    #[must_use]
    pub fn clock(&self) -> SimClock {
        let reading = self.reading();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let steady = Steady::resume(state.saved.take(), &reading);
        state.saved = Some(steady.anchor(&reading));
        SimClock { machine: self.clone(), steady }
    }

    fn reading(&self) -> Reading {
        let now = self.shared.book().now.0;
        let wrong_by = self.state.lock().unwrap_or_else(PoisonError::into_inner).wrong_by;
        Reading { boot_id: String::new(), boottime_ms: now - self.began.0 + UP, wall_ms: now + wrong_by }
    }
}

/// A server's clock.
#[derive(Debug)]
pub struct SimClock {
    machine: Machine,
    steady: Steady,
}

impl Clock for SimClock {
    fn now(&self) -> Moment {
        self.steady.now(&self.machine.reading())
    }
}
