//! The clocks of the machine this runs on.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sliderule_provisioning::time::Moment;

use super::Clock;
use super::steady::{Anchor, Reading, Steady};

/// The machine's steady clock. What [`anchor`](Self::anchor) says is kept in the data directory, at the start and
/// every now and then, and handed to the next start.
#[derive(Debug)]
pub struct SteadyClock {
    boot: Boot,
    steady: Steady,
}

impl SteadyClock {
    /// Goes on from what was saved, if anything was.
    #[must_use]
    pub fn resume(saved: Option<Anchor>) -> Self {
        let boot = Boot::find();
        let steady = Steady::resume(saved, &boot.reading());
        Self { boot, steady }
    }

    /// What to save.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        self.steady.anchor(&self.boot.reading())
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Moment {
        self.steady.now(&self.boot.reading())
    }

    fn wall(&self, moment: Moment) -> Moment {
        self.steady.wall(moment, &self.boot.reading())
    }

    fn passed(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// The boot that time is counted from.
#[derive(Debug)]
struct Boot {
    id: String,
    /// `None` where the machine tells the time since its boot; otherwise this process began now, and counts
    /// as a boot of its own.
    process: Option<std::time::Instant>,
}

impl Boot {
    fn find() -> Self {
        match machine_boot() {
            Some(id) => Self { id, process: None },
            None => {
                let id = format!("process-{}-{}", std::process::id(), wall_ms());
                Self { id, process: Some(std::time::Instant::now()) }
            }
        }
    }

    fn reading(&self) -> Reading {
        let boottime_ms = match self.process {
            None => since_boot_ms(),
            Some(began) => milliseconds(began.elapsed()),
        };
        Reading { boot_id: self.id.clone(), boottime_ms, wall_ms: wall_ms() }
    }
}

#[cfg(target_os = "linux")]
fn machine_boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

#[cfg(not(target_os = "linux"))]
fn machine_boot() -> Option<String> {
    None
}

/// Counts while the machine sleeps, too: leases end then as well.
#[cfg(target_os = "linux")]
fn since_boot_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(not(target_os = "linux"))]
fn since_boot_ms() -> i64 {
    0
}

fn wall_ms() -> i64 {
    milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_at_the_wall_clock_and_goes_on_where_it_was() {
        let first = SteadyClock::resume(None);
        let shown = first.wall(first.now()).0;
        assert!((shown - wall_ms()).abs() < 5_000, "{shown}");
        let again = SteadyClock::resume(Some(first.anchor()));
        assert!(again.now() >= first.now());
        #[cfg(target_os = "linux")]
        assert_eq!(again.anchor().offset_ms, first.anchor().offset_ms);
    }
}
