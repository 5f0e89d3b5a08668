//! Times as the service writes them: milliseconds since the GPS epoch, and the texts that
//! `/source/time` converts to and from.
//!
//! GPS time runs ahead of UTC by the leap seconds since 1980. There have been 18, the last at the end of
//! 2016; for times before, the difference is a few seconds off, which is documented and good enough for a
//! node that has no older times.

use jiff::civil::{Date, DateTime, date};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

/// 1980-01-06T00:00:00Z in milliseconds since 1970.
const GPS_EPOCH_MS: i64 = 315_964_800_000;
/// By how much GPS time runs ahead of UTC, milliseconds.
const LEAP_MS: i64 = 18_000;

/// Milliseconds since the GPS epoch.
#[must_use]
pub fn gps_ms(instant: Timestamp) -> i64 {
    instant.as_millisecond() - GPS_EPOCH_MS + LEAP_MS
}

/// What `/source/time` answers: `time`, given in the format `input`, in the format `output`.
///
/// Formats: `NOW`; `GPS` milliseconds since the GPS epoch; `GMT` `year:day of year:hour:minute:second`;
/// `DATE` `year-month-dayThour:minute:secondZ`; `CDS` `[days since the GPS epoch, milliseconds of the day]`,
/// as input only. `None` if the request makes no sense.
#[must_use]
pub fn convert(request: &Value, now: Timestamp) -> Option<Value> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let time = request.get("time");
    let instant = match text("input").unwrap_or("NOW") {
        "NOW" => now,
        "GPS" => from_gps(time?.as_f64()?)?,
        "GMT" => from_gmt(time?.as_str()?)?,
        "DATE" => time?.as_str()?.parse().ok()?,
        "CDS" => from_cds(time?)?,
        _ => return None,
    };
    let civil = Offset::UTC.to_datetime(instant);
    let output = text("output").unwrap_or("GPS");
    let time = match output {
        "GPS" => {
            json!(Timestamp::as_millisecond(instant).checked_add(LEAP_MS - GPS_EPOCH_MS).map(milliseconds)?)
        }
        "GMT" => json!(format!(
            "{}:{}:{}:{}:{}",
            civil.year(),
            civil.date().day_of_year(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )),
        "DATE" => json!(instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        _ => return None,
    };
    Some(json!({"time": time, "format": output}))
}

/// The service writes milliseconds with a decimal point.
fn milliseconds(value: i64) -> f64 {
    // Exact for the next 285 000 years.
    value as f64
}

fn from_gps(milliseconds: f64) -> Option<Timestamp> {
    // A cast from a float saturates; the library refuses what lies outside its calendar.
    Timestamp::from_millisecond((milliseconds as i64).checked_add(GPS_EPOCH_MS - LEAP_MS)?).ok()
}

fn from_gmt(text: &str) -> Option<Timestamp> {
    let numbers: Vec<i64> =
        text.trim_end_matches('Z').split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[year, day, hour, minute, second] = numbers.as_slice() else { return None };
    let first: Date = Date::new(year.try_into().ok()?, 1, 1).ok()?;
    let days = day.checked_sub(1).filter(|days| (0..366).contains(days))?;
    let small = |number: i64| i8::try_from(number).ok();
    let date = first.checked_add(days.days()).ok()?;
    let midnight: DateTime = date.at(0, 0, 0, 0);
    let civil =
        midnight.with().hour(small(hour)?).minute(small(minute)?).second(small(second)?).build().ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

fn from_cds(value: &Value) -> Option<Timestamp> {
    let [days, milliseconds] = value.as_array()?.as_slice() else { return None };
    let days = days.as_i64().filter(|days| (0..=65_535).contains(days))?;
    let milliseconds = milliseconds.as_i64().filter(|ms| (0..86_401_000).contains(ms))?;
    let date = date(1980, 1, 6).checked_add(days.days()).ok()?;
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.checked_add(milliseconds.milliseconds()).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::convert;

    fn time(request: Value) -> Option<Value> {
        let now: Timestamp = "2026-11-24T09:30:00Z".parse().unwrap();
        convert(&request, now).map(|answer| answer["time"].clone())
    }

    #[test]
    fn every_format_converts_to_every_other() {
        assert_eq!(time(json!({})), Some(json!(1_479_547_818_000.0)));
        assert_eq!(
            time(json!({"time": "NOW", "input": "NOW", "output": "GMT"})),
            Some(json!("2026:328:9:30:0"))
        );
        let date = json!("2026-11-24T09:30:00Z");
        for request in [
            json!({"time": 1_479_547_818_000.0, "input": "GPS", "output": "DATE"}),
            json!({"time": "2026:328:9:30:0", "input": "GMT", "output": "DATE"}),
            json!({"time": date, "input": "DATE", "output": "DATE"}),
            json!({"time": [17124, 34_200_000], "input": "CDS", "output": "DATE"}),
        ] {
            assert_eq!(time(request.clone()), Some(date.clone()), "{request}");
        }
    }

    #[test]
    fn what_makes_no_sense_has_no_answer() {
        for request in [
            json!({"input": "GPS"}),
            json!({"input": "GPS", "time": 1e300}),
            json!({"input": "GMT", "time": "2026:400:9:30:0"}),
            json!({"input": "DATE", "time": "tomorrow"}),
            json!({"input": "CDS", "time": [1]}),
            json!({"output": "STARDATE"}),
        ] {
            assert_eq!(time(request.clone()), None, "{request}");
        }
    }
}
