//! The name of an ATL03 granule, which says when and where it was measured.
//!
//! `ATL03_YYYYMMDDhhmmss_ttttccss_vvv_rr.h5`: start of the granule in UTC; reference ground track,
//! cycle, and region of the orbit; release and revision. A name of another form names nothing. A name
//! of this form with a track, cycle or region that the mission does not have names a granule that
//! does not exist; every other granule exists here.

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Reference ground tracks of the mission.
const LAST_TRACK: u16 = 1387;
/// Regions into which an orbit is cut.
const LAST_REGION: u8 = 14;

/// A granule that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granule {
    name: String,
    /// Start, nanoseconds since 1970 without leap seconds.
    pub start_ns: i64,
    /// Reference ground track, 1 to 1387.
    pub rgt: u16,
    /// Cycle of 91 days, from 1.
    pub cycle: u8,
    /// Region of the orbit, 1 to 14.
    pub region: u8,
}

/// Why a name leads to no granule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoGranule {
    /// The text has not the form of a granule's name.
    NotAName,
    /// The form is right, and there is no such granule.
    NotThere,
}

impl Granule {
    /// The granule of that name.
    ///
    /// # Errors
    ///
    /// [`NoGranule`] says whether the text is no name, or the name of nothing.
    pub fn find(name: &str) -> Result<Self, NoGranule> {
        let parts = Parts::of(name).ok_or(NoGranule::NotAName)?;
        let start =
            DateTime::new(parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second, 0)
                .and_then(|civil| Offset::UTC.to_timestamp(civil))
                .map_err(|_| NoGranule::NotThere)?;
        let start_ns = i64::try_from(start.as_nanosecond()).map_err(|_| NoGranule::NotThere)?;
        let exists = (1..=LAST_TRACK).contains(&parts.rgt)
            && parts.cycle > 0
            && (1..=LAST_REGION).contains(&parts.region);
        if !exists {
            return Err(NoGranule::NotThere);
        }
        Ok(Self { name: name.to_owned(), start_ns, rgt: parts.rgt, cycle: parts.cycle, region: parts.region })
    }

    /// The whole name, ending in `.h5`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The numbers in a name of the right form, not yet held against the mission.
struct Parts {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    rgt: u16,
    cycle: u8,
    region: u8,
}

impl Parts {
    fn of(name: &str) -> Option<Self> {
        let inner = name.strip_prefix("ATL03_")?.strip_suffix(".h5")?;
        let mut fields = inner.split('_');
        let (start, track, release, revision) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let widths = [(start, 14), (track, 8), (release, 3), (revision, 2)];
        let digits = |(text, width): (&str, usize)| {
            text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if fields.next().is_some() || !widths.into_iter().all(digits) {
            return None;
        }
        Some(Self {
            year: start.get(0..4)?.parse().ok()?,
            month: start.get(4..6)?.parse().ok()?,
            day: start.get(6..8)?.parse().ok()?,
            hour: start.get(8..10)?.parse().ok()?,
            minute: start.get(10..12)?.parse().ok()?,
            second: start.get(12..14)?.parse().ok()?,
            rgt: track.get(0..4)?.parse().ok()?,
            cycle: track.get(4..6)?.parse().ok()?,
            region: track.get(6..8)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Granule, NoGranule};

    #[test]
    fn a_name_says_when_and_where() {
        let granule = Granule::find("ATL03_20200304065203_10470607_003_01.h5").unwrap();
        assert_eq!((granule.rgt, granule.cycle, granule.region), (1047, 6, 7));
        assert_eq!(granule.start_ns, 1_583_304_723_000_000_000);
    }

    #[test]
    fn text_of_another_form_is_no_name() {
        for text in [
            "",
            "ATL03_20200304065203_10470607_003_01",
            "ATL06_20200304065203_10470607_003_01.h5",
            "ATL03_2020030406520_10470607_003_01.h5",
            "ATL03_20200304065203_1047060x_003_01.h5",
            "ATL03_20200304065203_10470607_003_01_02.h5",
            "ATL03_20200304065203_+1470607_003_01.h5",
            "../ATL03_20200304065203_10470607_003_01.h5",
        ] {
            assert_eq!(Granule::find(text), Err(NoGranule::NotAName), "{text}");
        }
    }

    #[test]
    fn a_name_the_mission_does_not_have_names_nothing() {
        for text in [
            "ATL03_20200304065203_10470999_003_01.h5",
            "ATL03_20200304065203_10470007_003_01.h5",
            "ATL03_20200304065203_13880607_003_01.h5",
            "ATL03_20201304065203_10470607_003_01.h5",
        ] {
            assert_eq!(Granule::find(text), Err(NoGranule::NotThere), "{text}");
        }
    }
}
