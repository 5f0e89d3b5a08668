//! Whether the server can do its work: reads and writes its database, looks after its clusters, has room.
//!
//! Always holds: a report says what is wrong and nothing that is secret; however many ask, the server looks once a second
//! at most, since looking writes to the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sliderule_control::reconciler::PERIOD;
use sliderule_control::{Clock, Pulse, Reconciler};
use sliderule_provisioning::time::Moment;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use crate::store::Database;

/// What reading and writing may take.
const SLOWEST: Duration = Duration::from_secs(1);

/// How long a report is good.
const FRESH: Duration = Duration::from_secs(1);

/// What it looks at.
pub struct Health {
    db: Database,
    reconciler: Arc<Reconciler>,
    clock: Arc<dyn Clock>,
    directory: PathBuf,
    min_free_mib: u64,
    last: Mutex<Option<(Instant, Report)>>,
}

/// What it found. Each check is `ok`, or a sentence that says what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Report {
    /// `ok` or `failing`.
    pub status: &'static str,
    /// Each check.
    pub checks: Checks,
}

/// The checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Checks {
    /// The database can be read and written within a second.
    pub database: String,
    /// The reconciler looked at everybody a short while ago.
    pub reconciler: String,
    /// There is room where the data directory is.
    pub disk: String,
}

impl Health {
    /// Looks at these; `min_free_mib` mebibytes are room.
    pub fn new(
        db: Database,
        reconciler: Arc<Reconciler>,
        clock: Arc<dyn Clock>,
        directory: PathBuf,
        min_free_mib: u64,
    ) -> Self {
        Self { db, reconciler, clock, directory, min_free_mib, last: Mutex::default() }
    }

    /// How it is.
    pub async fn report(&self) -> Report {
        let mut last = self.last.lock().await;
        if let Some((_, report)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return report.clone();
        }
        let report = Report::of(Checks {
            database: self.database().await,
            reconciler: reconciler(self.reconciler.pulse(), self.clock.now(), self.longest_wait()),
            disk: self.disk(),
        });
        let was_known = last.as_ref().is_some_and(|(_, before)| *before == report);
        if !report.is_ok() && !was_known {
            tracing::warn!(checks = ?report.checks, "the server is not healthy");
        }
        *last = Some((Instant::now(), report.clone()));
        report
    }

    async fn database(&self) -> String {
        match timeout(SLOWEST, self.db.probe_reading()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "the database cannot be read");
                return "it cannot be read".to_owned();
            }
            Err(_) => return "reading takes longer than a second".to_owned(),
        }
        match timeout(SLOWEST, self.db.probe_writing()).await {
            Ok(Ok(())) => ok(),
            Ok(Err(error)) => {
                tracing::error!(%error, "the database cannot be written");
                "it cannot be written".to_owned()
            }
            Err(_) => "writing takes longer than a second".to_owned(),
        }
    }

    /// A round may wait for the engine for as long as stopping a node takes.
    fn longest_wait(&self) -> Duration {
        PERIOD * 3 + self.reconciler.plane().policy.terms.tail
    }

    fn disk(&self) -> String {
        match rustix::fs::statvfs(&self.directory) {
            Ok(found) => {
                let free = found.f_bavail.saturating_mul(found.f_frsize) / (1024 * 1024);
                match free < self.min_free_mib {
                    true => format!("less than {} MiB are free", self.min_free_mib),
                    false => ok(),
                }
            }
            Err(error) => {
                tracing::error!(%error, "how much room there is cannot be found out");
                "how much room there is cannot be found out".to_owned()
            }
        }
    }
}

impl Report {
    fn of(checks: Checks) -> Self {
        let Checks { database, reconciler, disk } = &checks;
        let is_ok = [database, reconciler, disk].into_iter().all(|check| *check == ok());
        Self { status: if is_ok { "ok" } else { "failing" }, checks }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == "ok"
    }
}

/// The check of the reconciler.
fn reconciler(pulse: Pulse, now: Moment, longest: Duration) -> String {
    match pulse.everybody_at {
        None => "it has not looked at the clusters yet".to_owned(),
        Some(at) if now.since(at) > longest => {
            format!("it has not looked at the clusters for more than {} seconds", longest.as_secs())
        }
        Some(_) => ok(),
    }
}

fn ok() -> String {
    "ok".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sliderule_control::Pulse;
    use sliderule_provisioning::time::Moment;

    use super::{Checks, Report, reconciler};

    #[test]
    fn a_reconciler_that_has_not_looked_for_long_is_not_healthy() {
        let (half, longest) = (Moment(1_000_000), Duration::from_secs(40));
        let pulse = Pulse { everybody_at: Some(half), ..Pulse::default() };
        assert_eq!(reconciler(pulse, half.after(longest), longest), "ok");
        let late = reconciler(pulse, half.after(longest + Duration::from_secs(1)), longest);
        assert_eq!(late, "it has not looked at the clusters for more than 40 seconds");
        assert!(reconciler(Pulse::default(), half, longest).contains("not looked"));
    }

    #[test]
    fn one_thing_that_is_wrong_is_enough() {
        let ok = || "ok".to_owned();
        let checks = Checks { database: ok(), reconciler: ok(), disk: ok() };
        assert!(Report::of(checks.clone()).is_ok());
        assert!(!Report::of(Checks { disk: "less than 64 MiB are free".to_owned(), ..checks }).is_ok());
    }
}
