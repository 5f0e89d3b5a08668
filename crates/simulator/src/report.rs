//! What many seeds came to, for people and as JSON.

use std::fmt;

use serde_json::{Value, json};

use crate::simulation::{Outcome, Plan};

/// What many seeds came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Seeds simulated.
    pub seeds: u64,
    /// Days of each.
    pub days: u32,
    /// Seeds in which something was wrong.
    pub violations: u64,
    /// Servers that ended in the middle of something.
    pub crashes: u64,
    /// Planted bugs that were found, of three; `None` if nobody looked.
    pub planted_bugs_found: Option<u64>,
    /// The most that an organization spent beyond the bound.
    pub max_over_bound: i64,
    /// Steps of all seeds.
    pub steps: u64,
    /// Changes committed in all seeds.
    pub changes: u64,
    /// Orders granted and refused.
    pub orders: [u64; 2],
    /// Milliseconds for which clusters were awake, and in all.
    pub awake_ms: [i64; 2],
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl Report {
    /// Adds what a seed came to.
    pub fn add(&mut self, plan: &Plan, outcome: &Outcome) {
        self.seeds += 1;
        self.days = plan.days;
        self.violations += u64::from(outcome.violation.is_some());
        self.crashes += outcome.crashes;
        self.max_over_bound = self.max_over_bound.max(outcome.beyond);
        self.steps += outcome.steps;
        self.changes += outcome.changes;
        self.orders[0] += outcome.granted;
        self.orders[1] += outcome.refused;
        self.awake_ms[0] += outcome.awake_ms[0];
        self.awake_ms[1] += outcome.awake_ms[1];
    }

    /// Steps of one simulated day, on average.
    #[must_use]
    pub fn events_per_day(&self) -> u64 {
        self.steps / (self.seeds * u64::from(self.days)).max(1)
    }

    /// The share of time for which clusters were awake.
    #[must_use]
    pub fn awake(&self) -> f64 {
        // Milliseconds of thousands of years fit.
        #[allow(clippy::cast_precision_loss)]
        let share = self.awake_ms[0] as f64 / self.awake_ms[1].max(1) as f64;
        share
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"simulate": {
            "seeds": self.seeds,
            "days": self.days,
            "violations": self.violations,
            "crashes": self.crashes,
            "planted_bugs_found": self.planted_bugs_found,
            "max_over_bound_micro_usd": self.max_over_bound,
            "events_per_day": self.events_per_day(),
            "changes": self.changes,
            "orders_granted": self.orders[0],
            "orders_refused": self.orders[1],
            "awake_percent": (self.awake() * 1000.0).round() / 10.0,
            "seconds": (self.seconds * 10.0).round() / 10.0,
        }})
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} seeds of {} days in {:.1} s", self.seeds, self.days, self.seconds)?;
        writeln!(
            f,
            "  {} with something wrong, {} micro-dollars beyond the bound",
            self.violations, self.max_over_bound
        )?;
        if let Some(found) = self.planted_bugs_found {
            writeln!(f, "  {found} of 3 planted bugs found")?;
        }
        writeln!(f, "  {} crashes, {} steps and {} changes", self.crashes, self.steps, self.changes)?;
        write!(
            f,
            "  {} orders granted, {} refused; clusters were awake {:.0} % of the time; {} events a day",
            self.orders[0],
            self.orders[1],
            self.awake() * 100.0,
            self.events_per_day()
        )
    }
}
