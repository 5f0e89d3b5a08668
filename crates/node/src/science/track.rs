//! Where and when the satellite was: a granule's piece of its reference ground track.
//!
//! The track is a straight line in latitude and longitude. It begins within the latitudes of the
//! granule's region of the orbit and heads north or south as the orbit does there; its place and
//! length follow from reference ground track and region, so that every cycle passes over the same
//! ground, as the satellite does.

use super::granule::Granule;
use super::seed::Chance;

/// Metres in one degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;
/// Length of one region along the orbit, metres: a fourteenth of 40 000 km, in whole segments.
const REGION_METRES: u32 = 2_857_140;
/// Speed over ground, metres per second.
const GROUND_SPEED: f64 = 7000.0;
/// Spacing of the segments by which `segment_id` counts, metres.
pub const SEGMENT_METRES: f64 = 20.0;
/// Sideways drift per metre of way: the orbit's inclination of 92 degrees.
const DRIFT: f64 = 0.035;

/// Latitudes between which each region begins, chosen so that 12 km further it is still itself, and
/// whether the orbit goes north there.
const REGIONS: [(f64, f64, bool); 14] = [
    (0.5, 26.5, true),
    (27.5, 59.0, true),
    (60.0, 79.5, true),
    (80.0, 85.0, true),
    (79.5, 60.0, false),
    (59.0, 27.5, false),
    (26.5, 0.5, false),
    (-0.5, -26.5, false),
    (-27.5, -49.5, false),
    (-50.5, -78.5, false),
    (-79.0, -85.0, false),
    (-78.5, -50.5, true),
    (-49.5, -27.5, true),
    (-26.5, -0.5, true),
];

/// A granule's piece of track.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    latitude: f64,
    longitude: f64,
    north: bool,
    start_ns: i64,
    /// Along-track distance of its beginning from the equator crossing, metres; a whole number of segments.
    pub x_start: f64,
    /// Length in metres; a whole number of segments.
    pub length: f64,
}

impl Track {
    /// The track of a granule.
    #[must_use]
    pub fn of(granule: &Granule) -> Self {
        let mut chance = Chance::of(&format!("track/{}/{}", granule.rgt, granule.region));
        let row = usize::from(granule.region.saturating_sub(1));
        let (low, high, north) = REGIONS.get(row).copied().unwrap_or((0.5, 26.5, true));
        let region_start = f64::from(u32::from(granule.region.saturating_sub(1)) * REGION_METRES);
        let into_region = (chance.between(0.0, 2_800_000.0) / SEGMENT_METRES).floor() * SEGMENT_METRES;
        Self {
            latitude: chance.between(low, high),
            longitude: chance.between(-180.0, 180.0),
            north,
            start_ns: granule.start_ns,
            x_start: region_start + into_region,
            length: (chance.between(4000.0, 12_000.0) / SEGMENT_METRES).floor() * SEGMENT_METRES,
        }
    }

    /// Latitude and longitude, in degrees, of the point `x` along and `y` to the left of the track.
    #[must_use]
    pub fn position(&self, x: f64, y: f64) -> (f64, f64) {
        let way = x - self.x_start;
        let ahead = if self.north { 1.0 } else { -1.0 };
        let north = ahead * (way + y * DRIFT);
        let west = way * DRIFT + ahead * y;
        let scale = METRES_PER_DEGREE * self.latitude.to_radians().cos();
        let longitude = self.longitude - west / scale;
        (self.latitude + north / METRES_PER_DEGREE, (longitude + 180.0).rem_euclid(360.0) - 180.0)
    }

    /// When the satellite was over `x`: nanoseconds since 1970, without leap seconds.
    #[must_use]
    pub fn time_ns(&self, x: f64) -> i64 {
        let elapsed =
            std::time::Duration::try_from_secs_f64((x - self.x_start) / GROUND_SPEED).unwrap_or_default();
        self.start_ns.saturating_add(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::Track;
    use crate::science::granule::Granule;

    #[test]
    fn every_cycle_passes_over_the_same_ground_at_its_own_time() {
        let one = Track::of(&Granule::find("ATL03_20200304065203_10470607_003_01.h5").unwrap());
        let next = Track::of(&Granule::find("ATL03_20200603023152_10470707_005_01.h5").unwrap());
        assert_eq!(one.position(one.x_start, 45.0), next.position(next.x_start, 45.0));
        assert_ne!(one.time_ns(one.x_start), next.time_ns(next.x_start));
    }

    #[test]
    fn tracks_stay_on_the_globe_and_in_order() {
        for region in 1..=14 {
            let name = format!("ATL03_20200304065203_104706{region:02}_003_01.h5");
            let track = Track::of(&Granule::find(&name).unwrap());
            let end = track.x_start + track.length;
            for (x, y) in [(track.x_start, 3345.0), (end, -3345.0)] {
                let (latitude, longitude) = track.position(x, y);
                assert!(
                    latitude.abs() < 88.0 && (-180.0..180.0).contains(&longitude),
                    "{latitude} {longitude}"
                );
            }
            assert!(track.time_ns(end) > track.time_ns(track.x_start));
            assert!((4000.0..=12_000.0).contains(&track.length));
        }
    }
}
