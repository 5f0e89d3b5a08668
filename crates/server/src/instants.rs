//! Instants as text, in the two forms the wire has.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sliderule_api::UtcTime;
use sliderule_control::Clock;
use sliderule_provisioning::time::Moment;

/// This moment on both clocks: the steady one, which decisions follow, and the wall's, which tokens and sessions follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// On the steady clock.
    pub at: Moment,
    /// On the wall, in seconds since 1970.
    pub seconds: u64,
}

impl Now {
    /// By that clock.
    #[must_use]
    pub fn by(clock: &dyn Clock) -> Self {
        let at = clock.now();
        Self { at, seconds: seconds(clock.wall(at)) }
    }
}

/// RFC 3339 in UTC, to the second: `2026-11-24T09:30:00Z`.
#[must_use]
pub fn rfc3339(moment: Moment) -> UtcTime {
    UtcTime(timestamp(moment).strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Seconds since 1970, as tokens have them, in RFC 3339.
#[must_use]
pub fn utc_of(seconds: u64) -> UtcTime {
    rfc3339(moment_of(seconds))
}

/// What stands on the wall at that instant of the steady clock, in UTC. To the nearest second: what was granted to a
/// whole second is shown as that second, although the two clocks are milliseconds apart.
#[must_use]
pub fn on_the_wall(clock: &dyn Clock, moment: Moment) -> UtcTime {
    rfc3339(Moment(clock.wall(moment).0.saturating_add(500)))
}

/// The form of the token answer's `exp`: `2026-11-24T09:30:00UTC`.
#[must_use]
pub fn token_form(seconds: u64) -> String {
    timestamp(moment_of(seconds)).strftime("%Y-%m-%dT%H:%M:%SUTC").to_string()
}

/// An instant as people write it: a day in UTC, or RFC 3339.
#[must_use]
pub fn read(text: &str) -> Option<Moment> {
    // The calendar library reads a day also from what begins with one, and forgets the rest.
    let is_day = text.len() == "2026-11-24".len();
    let instant = if is_day {
        TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok()?
    } else {
        text.parse::<Timestamp>().ok()?
    };
    Some(Moment(instant.as_millisecond()))
}

/// Whole seconds since 1970.
#[must_use]
pub fn seconds(moment: Moment) -> u64 {
    u64::try_from(moment.0.div_euclid(1000)).unwrap_or(0)
}

fn moment_of(seconds: u64) -> Moment {
    Moment(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}

/// The end of time, for what lies beyond the calendar.
fn timestamp(moment: Moment) -> Timestamp {
    Timestamp::from_millisecond(moment.0).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Moment, read, rfc3339, token_form, utc_of};

    #[test]
    fn days_and_instants_are_read() {
        assert_eq!(read("2026-11-23T21:30:26Z"), Some(Moment(1_795_469_426_000)));
        assert_eq!(read("2026-11-23").map(rfc3339), read("2026-11-23T00:00:00Z").map(rfc3339));
        for bad in ["", "yesterday", "2026-13-01", "2026-11-23T21:30:26"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn both_forms_are_utc_and_to_the_second() {
        assert_eq!(rfc3339(Moment(1_795_469_426_789)).0, "2026-11-23T21:30:26Z");
        assert_eq!(token_form(1_795_467_026), "2026-11-23T20:50:26UTC");
        assert_eq!(utc_of(1_795_467_026).0, "2026-11-23T20:50:26Z");
        assert!(rfc3339(Moment(i64::MAX)).0.starts_with("9999-"));
    }
}
