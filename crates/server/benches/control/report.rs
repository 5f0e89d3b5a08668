//! The table, and the file.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// What was measured.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    what: String,
    unit: &'static str,
    value: f64,
    goal: Option<Goal>,
}

/// Where a figure shall be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    Below(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::Below(goal) => value < goal,
            Self::AtLeast(goal) => value >= goal,
        }
    }
}

impl Report {
    /// Adds a time that has no goal of its own.
    pub(crate) fn add(&mut self, name: &'static str, what: impl Into<String>, measured: Duration) {
        self.figure(name, what, "ms", measured.as_secs_f64() * 1e3, None);
    }

    /// Adds a time that shall be below a goal, in milliseconds.
    pub(crate) fn goal(
        &mut self,
        name: &'static str,
        what: impl Into<String>,
        measured: Duration,
        goal: f64,
    ) {
        self.figure(name, what, "ms", measured.as_secs_f64() * 1e3, Some(Goal::Below(goal)));
    }

    /// Adds a figure of any unit.
    pub(crate) fn figure(
        &mut self,
        name: &'static str,
        what: impl Into<String>,
        unit: &'static str,
        value: f64,
        goal: Option<Goal>,
    ) {
        self.rows.push(Row { name, what: what.into(), unit, value, goal });
    }

    /// Whether every goal is met.
    pub(crate) fn is_met(&self) -> bool {
        self.rows.iter().all(|row| row.goal.is_none_or(|goal| goal.is_met(row.value)))
    }

    /// One line for each figure.
    pub(crate) fn print(&self) {
        println!("{:<34} {:>10} {:<3} {:>10}  what", "figure", "", "", "goal");
        for Row { name, what, unit, value, goal } in &self.rows {
            let shown = match goal {
                None => "-".to_owned(),
                Some(Goal::Below(goal)) => format!("< {goal}"),
                Some(Goal::AtLeast(goal)) => format!(">= {goal}"),
            };
            let missed = if goal.is_none_or(|goal| goal.is_met(*value)) { "" } else { "MISSED: " };
            println!("{name:<34} {value:>10.3} {unit:<3} {shown:>10}  {missed}{what}");
        }
    }

    /// `{"control": {figure: value}}`.
    pub(crate) fn write(&self, file: &Path) {
        let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
        let figures: Map<String, Value> =
            self.rows.iter().map(|row| (row.name.to_owned(), json!(rounded(row.value)))).collect();
        std::fs::write(file, format!("{:#}\n", json!({ "control": figures }))).unwrap();
    }
}

/// The middle one.
pub(crate) fn median(measured: &mut [Duration]) -> Duration {
    quantile(measured, 0.5)
}

/// The one below which that part of them lies.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rank among a few"
)]
pub(crate) fn quantile(measured: &mut [Duration], part: f64) -> Duration {
    measured.sort_unstable();
    let rank = ((measured.len() - 1) as f64 * part).round() as usize;
    measured[rank]
}
