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
    milliseconds: f64,
    goal: Option<f64>,
}

impl Report {
    /// Adds a figure that has no goal of its own.
    pub(crate) fn add(&mut self, name: &'static str, what: impl Into<String>, measured: Duration) {
        self.row(name, what.into(), measured, None);
    }

    /// Adds a figure that shall be below a goal, in milliseconds.
    pub(crate) fn goal(
        &mut self,
        name: &'static str,
        what: impl Into<String>,
        measured: Duration,
        goal: f64,
    ) {
        self.row(name, what.into(), measured, Some(goal));
    }

    fn row(&mut self, name: &'static str, what: String, measured: Duration, goal: Option<f64>) {
        self.rows.push(Row { name, what, milliseconds: measured.as_secs_f64() * 1e3, goal });
    }

    /// Whether every goal is met.
    pub(crate) fn is_met(&self) -> bool {
        self.rows.iter().all(|row| row.goal.is_none_or(|goal| row.milliseconds < goal))
    }

    /// One line for each figure.
    pub(crate) fn print(&self) {
        println!("{:<24} {:>10} {:>10}  what", "figure", "ms", "goal");
        for Row { name, what, milliseconds, goal } in &self.rows {
            let goal = goal.map_or_else(|| "-".to_owned(), |goal| format!("< {goal}"));
            println!("{name:<24} {milliseconds:>10.3} {goal:>10}  {what}");
        }
    }

    /// `{"control": {figure: milliseconds}}`.
    pub(crate) fn write(&self, file: &Path) {
        let rounded = |milliseconds: f64| (milliseconds * 1000.0).round() / 1000.0;
        let figures: Map<String, Value> =
            self.rows.iter().map(|row| (row.name.to_owned(), json!(rounded(row.milliseconds)))).collect();
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
