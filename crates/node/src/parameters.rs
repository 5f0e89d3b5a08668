//! The parameters of a request: `parms` of `atl06p` and `atl06`.
//!
//! Names and defaults are those of the real service. What is absent has its default; what is unknown is
//! ignored, since requests carry parameters of services that this node does not have. What is known and
//! makes no sense is refused with a sentence that says what would.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::polygon::Polygon;
use crate::science::fit::Rules;

/// Longest time a request may be given, seconds.
const LONGEST: f64 = 600.0;

/// What a request asks of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// `len`: length of a segment, metres.
    pub length: f64,
    /// `res`: distance from one segment to the next, metres.
    pub resolution: f64,
    /// `cnf`: which photons count.
    pub confidence: Confidence,
    /// `cnt`, `ats`, `maxi`, `H_min_win`, `sigma_r_max`.
    pub rules: Rules,
    /// `track`: one pair track, 1 to 3, or all.
    pub track: Option<u8>,
    /// `poly`: where.
    pub region: Option<Polygon>,
    /// `node-timeout` or `timeout`: how long one granule may take.
    pub node_timeout: Duration,
    /// `rqst-timeout` or `timeout`: how long the whole request may take.
    pub request_timeout: Duration,
}

/// Which confidences a photon may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// At least this.
    AtLeast(i8),
    /// One of these.
    OneOf(Vec<i8>),
}

impl Confidence {
    /// Whether a photon of this confidence counts.
    #[must_use]
    pub fn takes(&self, confidence: i8) -> bool {
        match self {
            Self::AtLeast(least) => confidence >= *least,
            Self::OneOf(list) => list.contains(&confidence),
        }
    }
}

impl Parameters {
    /// Reads `parms`; `null` means an empty object.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] names the first parameter that makes no sense.
    pub fn read(parms: &Value) -> Result<Self, Error> {
        let empty = Map::new();
        let parms = match parms {
            Value::Null => &empty,
            Value::Object(parms) => parms,
            _ => return Err(Error::Parameter("parms is not an object".to_owned())),
        };
        surface_types(parms)?;
        let timeout = number(parms, &["timeout"], LONGEST, 1.0, LONGEST)?;
        let length = number(parms, &["len"], 40.0, 5.0, 1000.0)?;
        Ok(Self {
            length,
            resolution: number(parms, &["res"], 20.0, 5.0, 1000.0)?,
            confidence: confidence(parms)?,
            rules: Rules {
                min_photons: whole(parms, "cnt", 10, 2, 10_000)?,
                min_spread: number(parms, &["ats"], 20.0, 0.0, length)?,
                max_rounds: whole(parms, "maxi", 5, 1, 100)?,
                min_window: number(parms, &["H_min_win"], 3.0, 0.1, 1000.0)?,
                max_sigma: number(parms, &["sigma_r_max"], 5.0, 0.01, 1000.0)?,
            },
            track: Some(whole::<u8>(parms, "track", 0, 0, 3)?).filter(|track| *track > 0),
            region: parms.get("poly").map(Polygon::read).transpose()?.flatten(),
            node_timeout: seconds(parms, &["node-timeout", "node_timeout"], timeout)?,
            request_timeout: seconds(parms, &["rqst-timeout", "rqst_timeout"], timeout)?,
        })
    }
}

fn number(
    parms: &Map<String, Value>,
    names: &[&str],
    default: f64,
    low: f64,
    high: f64,
) -> Result<f64, Error> {
    let Some((name, value)) = names.iter().find_map(|name| Some((*name, parms.get(*name)?))) else {
        return Ok(default);
    };
    match value.as_f64() {
        Some(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(Error::Parameter(format!("parms.{name} is a number from {low} to {high}, not {value}"))),
    }
}

fn seconds(parms: &Map<String, Value>, names: &[&str], default: f64) -> Result<Duration, Error> {
    number(parms, names, default, 1.0, LONGEST).map(Duration::from_secs_f64)
}

/// A whole number, which requests also write with a decimal point (`10.0`).
fn whole<T>(parms: &Map<String, Value>, name: &str, default: T, low: T, high: T) -> Result<T, Error>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display + Copy,
{
    let Some(value) = parms.get(name) else { return Ok(default) };
    integer(value)
        .and_then(|value| T::try_from(value).ok())
        .filter(|value| (low..=high).contains(value))
        .ok_or_else(|| {
            Error::Parameter(format!("parms.{name} is a whole number from {low} to {high}, not {value}"))
        })
}

fn integer(value: &Value) -> Option<i64> {
    let from_float = || {
        let float = value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e9)?;
        // Within the range just checked, nothing is lost.
        Some(float as i64)
    };
    value.as_i64().or_else(from_float)
}

/// `cnf`: a number is the least confidence, a list names each.
fn confidence(parms: &Map<String, Value>) -> Result<Confidence, Error> {
    let wrong = |value: &Value| {
        Error::Parameter(format!("parms.cnf holds confidences from -2 (tep) to 4 (high), not {value}"))
    };
    let one = |value: &Value| level(value).ok_or_else(|| wrong(value));
    match parms.get("cnf") {
        None => Ok(Confidence::AtLeast(4)),
        Some(Value::Array(list)) => Ok(Confidence::OneOf(list.iter().map(one).collect::<Result<_, _>>()?)),
        Some(value) => Ok(Confidence::AtLeast(one(value)?)),
    }
}

fn level(value: &Value) -> Option<i8> {
    match value.as_str() {
        Some("atl03_tep") => Some(-2),
        Some("atl03_not_considered") => Some(-1),
        Some("atl03_background") => Some(0),
        Some("atl03_within_10m") => Some(1),
        Some("atl03_low") => Some(2),
        Some("atl03_medium") => Some(3),
        Some("atl03_high") => Some(4),
        Some(_) => None,
        None => {
            integer(value).and_then(|value| i8::try_from(value).ok()).filter(|value| (-2..=4).contains(value))
        }
    }
}

/// `srt` chooses among classifications that the simulated ground, all land ice, does not have; it is
/// only checked.
fn surface_types(parms: &Map<String, Value>) -> Result<(), Error> {
    let known = |value: &Value| match value.as_str() {
        Some(name) => ["dynamic", "land", "ocean", "sea_ice", "land_ice", "inland_water"]
            .contains(&name.trim_start_matches("atl03_")),
        None => integer(value).is_some_and(|value| (-1..=4).contains(&value)),
    };
    let fine = match parms.get("srt") {
        None => true,
        Some(Value::Array(list)) => list.iter().all(known),
        Some(value) => known(value),
    };
    if fine {
        return Ok(());
    }
    Err(Error::Parameter("parms.srt holds surface types from -1 (dynamic) to 4 (inland water)".to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Confidence, Parameters};

    #[test]
    fn the_parameters_of_a_recorded_request_are_the_defaults() {
        let recorded = json!({"srt": 3, "cnf": 4, "len": 40, "res": 20, "cnt": 10, "ats": 20.0, "maxi": 5,
                              "asset": "icesat2"});
        assert_eq!(Parameters::read(&recorded).unwrap(), Parameters::read(&json!(null)).unwrap());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (parms, name) in [
            (json!({"len": -3}), "parms.len"),
            (json!({"res": 0}), "parms.res"),
            (json!({"res": "fine"}), "parms.res"),
            (json!({"cnt": 2.5}), "parms.cnt"),
            (json!({"ats": 50}), "parms.ats"),
            (json!({"maxi": 0}), "parms.maxi"),
            (json!({"cnf": 7}), "parms.cnf"),
            (json!({"cnf": ["atl03_high", "sure"]}), "parms.cnf"),
            (json!({"srt": "lava"}), "parms.srt"),
            (json!({"track": 4}), "parms.track"),
            (json!({"poly": [{"lat": 1}]}), "parms.poly"),
            (json!({"timeout": 0}), "parms.timeout"),
            (json!([1]), "parms"),
        ] {
            let refusal = Parameters::read(&parms).unwrap_err().to_string();
            assert!(refusal.contains(name), "{parms}: {refusal}");
        }
    }

    #[test]
    fn confidences_come_as_a_least_one_or_as_a_list_of_numbers_or_names() {
        let read = |cnf| Parameters::read(&json!({"cnf": cnf})).unwrap().confidence;
        assert_eq!(read(json!(2)), Confidence::AtLeast(2));
        assert_eq!(read(json!(["atl03_high", 3])), Confidence::OneOf(vec![4, 3]));
        assert!(read(json!("atl03_low")).takes(3) && !read(json!([4])).takes(3));
    }

    #[test]
    fn timeouts_have_old_and_new_spellings() {
        let parameters = Parameters::read(&json!({"timeout": 60, "node_timeout": 5})).unwrap();
        assert_eq!((parameters.node_timeout.as_secs(), parameters.request_timeout.as_secs()), (5, 60));
    }
}
