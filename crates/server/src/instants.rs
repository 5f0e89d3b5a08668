//! Instants as text, in the two forms the wire has.

use jiff::Timestamp;
use sliderule_api::UtcTime;
use sliderule_provisioning::cluster::Moment;

/// RFC 3339 in UTC, to the second: `2026-11-24T09:30:00Z`.
#[must_use]
pub fn rfc3339(moment: Moment) -> UtcTime {
    UtcTime(timestamp(moment).strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The form of the token answer's `exp`: `2026-11-24T09:30:00UTC`.
#[must_use]
pub fn token_form(seconds: u64) -> String {
    let milliseconds = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    timestamp(Moment(milliseconds)).strftime("%Y-%m-%dT%H:%M:%SUTC").to_string()
}

/// Whole seconds since 1970.
#[must_use]
pub fn seconds(moment: Moment) -> u64 {
    u64::try_from(moment.0.div_euclid(1000)).unwrap_or(0)
}

/// The end of time, for what lies beyond the calendar.
fn timestamp(moment: Moment) -> Timestamp {
    Timestamp::from_millisecond(moment.0).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Moment, rfc3339, token_form};

    #[test]
    fn both_forms_are_utc_and_to_the_second() {
        assert_eq!(rfc3339(Moment(1_795_469_426_789)).0, "2026-11-23T21:30:26Z");
        assert_eq!(token_form(1_795_467_026), "2026-11-23T20:50:26UTC");
        assert!(rfc3339(Moment(i64::MAX)).0.starts_with("9999-"));
    }
}
