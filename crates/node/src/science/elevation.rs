//! A beam's photons cut into segments and fitted: the rows of `atl06rec`.

use super::beam::Beam;
use super::fit::{Point, fit};
use super::photons::{Photon, SHOT_METRES, Scene};
use super::track::SEGMENT_METRES;
use crate::parameters::Parameters;

/// `pflags`: the selection was still changing when the rounds ran out.
const UNSTABLE: u16 = 0x4;
/// Marks the `extent_id` of an elevation, as against that of photons.
const ELEVATION: u64 = 0x2;

/// One fitted segment; the names are those of the record's fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Elevation {
    /// Track, cycle, region, pair track, number of the segment and pair in one number.
    pub extent_id: u64,
    /// Segments of 20 m from the equator crossing to the centre.
    pub segment_id: u32,
    /// Photons in the last selection.
    pub n_fit_photons: u32,
    /// 4 where the selection was still changing after the last round, else 0.
    pub pflags: u16,
    /// Reference ground track.
    pub rgt: u16,
    /// Cycle.
    pub cycle: u8,
    /// Region of the orbit.
    pub region: u8,
    /// Spot, 1 to 6.
    pub spot: u8,
    /// Ground track, 10 to 60.
    pub gt: u8,
    /// Nanoseconds since 1970, without leap seconds.
    pub time_ns: i64,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Height at the centre, metres.
    pub h_mean: f64,
    /// Slope along the track, metres per metre.
    pub dh_fit_dx: f64,
    /// The centre's distance along the track from the equator crossing, metres.
    pub x_atc: f64,
    /// Distance across the track, metres.
    pub y_atc: f64,
    /// Height of the last window, metres.
    pub w_surface_window_final: f64,
    /// Root mean square of the residuals, metres.
    pub rms_misfit: f64,
    /// Standard error of `h_mean`, metres.
    pub h_sigma: f64,
}

/// What came of one beam.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BeamResult {
    /// Segments within the region asked for, fitted or not.
    pub segments: usize,
    /// The fitted ones, in the order of the track.
    pub elevations: Vec<Elevation>,
}

/// Cuts a beam into segments and fits each.
///
/// Segments begin every `res` metres from the start of the track and are `len` metres long. Those whose
/// centre lies outside the region asked for are not looked at; nor is a beam of another track than asked for.
#[must_use]
pub fn elevations(scene: &Scene, beam: Beam, parameters: &Parameters) -> BeamResult {
    if parameters.track.is_some_and(|track| track != beam.track) {
        return BeamResult::default();
    }
    let photons: Vec<Photon> = scene
        .photons(beam)
        .into_iter()
        .filter(|photon| parameters.confidence.takes(photon.confidence))
        .collect();
    let background = scene.conditions.background_per_metre * parameters.length / SHOT_METRES;
    let mut result = BeamResult::default();
    let mut rest = photons.as_slice();
    for counter in 0_u32.. {
        let into_track = f64::from(counter) * parameters.resolution;
        if into_track + parameters.length > scene.track.length {
            break;
        }
        let start = scene.track.x_start + into_track;
        rest = rest.split_at(rest.partition_point(|photon| photon.x < start)).1;
        let segment = rest.split_at(rest.partition_point(|photon| photon.x < start + parameters.length)).0;

        let centre = start + parameters.length / 2.0;
        let (latitude, longitude) = scene.track.position(centre, beam.y_atc);
        if !parameters.region.as_ref().is_none_or(|region| region.contains(latitude, longitude)) {
            continue;
        }
        result.segments += 1;
        let points: Vec<Point> =
            segment.iter().map(|photon| Point { x: photon.x - centre, h: photon.h }).collect();
        let Some(fit) = fit(&points, background, &parameters.rules) else { continue };
        result.elevations.push(Elevation {
            extent_id: extent_id(scene, beam, counter),
            segment_id: nearest_segment(centre),
            n_fit_photons: u32::try_from(fit.photons).unwrap_or(u32::MAX),
            pflags: if fit.unstable { UNSTABLE } else { 0 },
            rgt: scene.granule.rgt,
            cycle: scene.granule.cycle,
            region: scene.granule.region,
            spot: beam.spot,
            gt: beam.gt,
            time_ns: scene.track.time_ns(centre),
            latitude,
            longitude,
            h_mean: fit.height,
            dh_fit_dx: fit.slope,
            x_atc: centre,
            y_atc: beam.y_atc,
            w_surface_window_final: fit.window,
            rms_misfit: fit.rms,
            h_sigma: fit.height_sigma,
        });
    }
    result
}

/// The number that names a segment: `rgt<<52 | cycle<<36 | region<<32 | track<<30 | counter<<2 | 2 | pair`.
fn extent_id(scene: &Scene, beam: Beam, counter: u32) -> u64 {
    (u64::from(scene.granule.rgt) << 52)
        | (u64::from(scene.granule.cycle) << 36)
        | (u64::from(scene.granule.region) << 32)
        | (u64::from(beam.track) << 30)
        | (u64::from(counter & 0x0fff_ffff) << 2)
        | ELEVATION
        | u64::from(beam.pair)
}

/// The number of the 20 m segment nearest to a distance along the track.
fn nearest_segment(x: f64) -> u32 {
    // The orbit has 2 million segments; a cast from a float saturates.
    (x / SEGMENT_METRES).round() as u32
}

#[cfg(test)]
mod tests {
    use super::{Elevation, elevations};
    use crate::parameters::Parameters;
    use crate::science::beam::Beam;
    use crate::science::granule::Granule;
    use crate::science::photons::Scene;

    const NAMES: [&str; 3] = [
        "ATL03_20181017222812_02950102_005_01.h5",
        "ATL03_20200304065203_10470607_003_01.h5",
        "ATL03_20211231235959_13871214_006_02.h5",
    ];

    fn scene(name: &str) -> Scene {
        Scene::of(Granule::find(name).unwrap())
    }

    fn all(scene: &Scene, parms: &str) -> Vec<Elevation> {
        let parms = Parameters::read(&serde_json::from_str(parms).unwrap()).unwrap();
        Beam::ALL.into_iter().flat_map(|beam| elevations(scene, beam, &parms).elevations).collect()
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn errors(scene: &Scene, rows: &[Elevation]) -> (f64, f64) {
        let height = |row: &Elevation| (row.h_mean - scene.terrain.height(row.x_atc, row.y_atc)).abs();
        let slope = |row: &Elevation| (row.dh_fit_dx - scene.terrain.slope(row.x_atc, row.y_atc)).abs();
        (median(rows.iter().map(height).collect()), median(rows.iter().map(slope).collect()))
    }

    #[test]
    fn on_clean_terrain_heights_are_right_to_centimetres_and_slopes_to_a_few_millimetres_per_metre() {
        for name in NAMES {
            let mut scene = scene(name);
            scene.conditions = scene.conditions.clean();
            let rows = all(&scene, "{}");
            let (height, slope) = errors(&scene, &rows);
            assert!(height < 0.05, "{name}: median height error {height} m");
            assert!(slope < 0.003, "{name}: median slope error {slope}");
            assert!(rows.len() > 1000, "{name}: {} segments", rows.len());
        }
    }

    #[test]
    fn under_background_noise_heights_stay_right_to_ten_centimetres() {
        for name in NAMES {
            let mut scene = scene(name);
            scene.conditions.background_per_metre = 0.01;
            for parms in [r#"{"cnf": 4}"#, r#"{"cnf": 0}"#] {
                let rows = all(&scene, parms);
                let (height, slope) = errors(&scene, &rows);
                assert!(height < 0.10, "{name} {parms}: median height error {height} m");
                assert!(slope < 0.008, "{name} {parms}: median slope error {slope}");
            }
        }
    }

    #[test]
    fn the_same_name_gives_the_same_rows_and_another_name_others() {
        assert_eq!(all(&scene(NAMES[1]), "{}"), all(&scene(NAMES[1]), "{}"));
        assert_ne!(all(&scene(NAMES[1]), "{}"), all(&scene("ATL03_20200304065203_10470607_003_02.h5"), "{}"));
    }

    #[test]
    fn rows_say_what_the_recorded_ones_of_the_real_service_say() {
        let rows = all(&scene(NAMES[1]), r#"{"track": 1}"#);
        let first = &rows[0];
        assert_eq!(first.extent_id, 4_715_269_253_312_282_626);
        assert_eq!((first.rgt, first.cycle, first.region, first.spot, first.gt), (1047, 6, 7, 6, 10));
        assert!(rows.iter().all(|row| row.gt <= 20), "track 1 is gt1l and gt1r");
        assert!((f64::from(first.segment_id) * 20.0 - first.x_atc).abs() < 1e-6);
        assert!(first.w_surface_window_final >= 3.0 && first.n_fit_photons >= 10);
        assert!(first.h_sigma > 0.0 && first.h_sigma < first.rms_misfit);
    }

    #[test]
    fn a_region_keeps_what_lies_in_it() {
        let scene = scene(NAMES[1]);
        let rows = all(&scene, "{}");
        let (north, south) = rows.iter().fold((-90.0_f64, 90.0_f64), |(north, south), row| {
            (north.max(row.latitude), south.min(row.latitude))
        });
        let (middle, longitude) = ((north + south) / 2.0, rows[0].longitude);
        let parms = format!(
            r#"{{"poly": [{{"lat": {middle}, "lon": {w}}}, {{"lat": {middle}, "lon": {e}}},
                          {{"lat": {n}, "lon": {e}}}, {{"lat": {n}, "lon": {w}}}]}}"#,
            w = longitude - 1.0,
            e = longitude + 1.0,
            n = north + 1.0,
        );
        let inside = all(&scene, &parms);
        assert!(!inside.is_empty() && inside.len() < rows.len());
        assert!(inside.iter().all(|row| row.latitude >= middle));
    }
}
