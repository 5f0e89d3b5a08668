//! What the instrument would have seen of the surface: photons, along one beam.
//!
//! A shot every 0.7 m. Each returns a few photons from the surface, with normal noise in height, and
//! photons of the background, uniform over a window of 60 m around the ground. Clouds hide stretches.
//! Noise, background and clouds follow from the whole name of the granule.

use std::ops::Range;

use super::beam::Beam;
use super::granule::Granule;
use super::seed::Chance;
use super::terrain::Terrain;
use super::track::Track;

/// Distance between shots, metres.
pub const SHOT_METRES: f64 = 0.7;
/// Height of the window in which photons are recorded, metres.
pub const WINDOW_METRES: f64 = 60.0;
/// How far the ground may lie from the middle of that window, metres.
const WINDOW_OFFSET: f64 = 5.0;

/// A photon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Photon {
    /// Along-track distance, metres.
    pub x: f64,
    /// Height above the ellipsoid, metres.
    pub h: f64,
    /// Confidence that it came from the surface, 0 (background) to 4 (high).
    pub confidence: i8,
}

/// The conditions under which a granule was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Standard deviation of a surface photon's height, metres.
    pub noise: f64,
    /// Photons of the surface per shot of a strong beam; a weak one has a quarter.
    pub signal_per_shot: f64,
    /// Photons of the background per shot and metre of height.
    pub background_per_metre: f64,
    /// Whether clouds hide stretches of the ground.
    pub clouds: bool,
}

impl Conditions {
    /// The conditions of a granule.
    #[must_use]
    pub fn of(granule: &Granule) -> Self {
        let mut chance = Chance::of(&format!("conditions/{}", granule.name()));
        Self {
            noise: chance.between(0.1, 0.2),
            signal_per_shot: chance.between(2.5, 4.0),
            background_per_metre: chance.between(0.0, 0.01),
            clouds: true,
        }
    }

    /// The same without background and clouds.
    #[must_use]
    pub fn clean(self) -> Self {
        Self { background_per_metre: 0.0, clouds: false, ..self }
    }
}

/// A granule with all that its photons follow from.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Which granule.
    pub granule: Granule,
    /// Where it was measured.
    pub track: Track,
    /// The true surface there.
    pub terrain: Terrain,
    /// How well it was seen.
    pub conditions: Conditions,
}

impl Scene {
    /// The scene that belongs to a granule.
    #[must_use]
    pub fn of(granule: Granule) -> Self {
        let track = Track::of(&granule);
        let terrain = Terrain::of(&granule, track.x_start);
        let conditions = Conditions::of(&granule);
        Self { granule, track, terrain, conditions }
    }

    /// The photons of one beam, in the order of their shots.
    #[must_use]
    pub fn photons(&self, beam: Beam) -> Vec<Photon> {
        let Conditions { noise, signal_per_shot, background_per_metre, .. } = self.conditions;
        let mut chance = Chance::of(&format!("photons/{}/{}", self.granule.name(), beam.name));
        let clouds = self.clouds(&mut chance);
        let offset = chance.between(-WINDOW_OFFSET, WINDOW_OFFSET);
        let signal = if beam.is_strong() { signal_per_shot } else { signal_per_shot / 4.0 };
        let background = background_per_metre * WINDOW_METRES;

        let mut photons = Vec::new();
        let end = self.track.x_start + self.track.length;
        let mut x = self.track.x_start;
        while x < end {
            let ground = self.terrain.height(x, beam.y_atc);
            let clear = !clouds.iter().any(|cloud| cloud.contains(&x));
            let seen = if clear { chance.poisson(signal) } else { 0 };
            for _ in 0..seen {
                photons.push(Photon::at(x, ground + noise * chance.normal(), ground));
            }
            for _ in 0..chance.poisson(background) {
                let h = ground + offset + chance.between(-WINDOW_METRES / 2.0, WINDOW_METRES / 2.0);
                photons.push(Photon::at(x, h, ground));
            }
            x += SHOT_METRES;
        }
        photons
    }

    /// Up to three stretches of 60 to 400 m without a view of the ground.
    fn clouds(&self, chance: &mut Chance) -> Vec<Range<f64>> {
        let count = if self.conditions.clouds { chance.poisson(1.0).min(3) } else { 0 };
        (0..count)
            .map(|_| {
                let start = self.track.x_start + chance.between(0.0, self.track.length);
                start..start + chance.between(60.0, 400.0)
            })
            .collect()
    }
}

impl Photon {
    /// Stands in for the classification of the ATL03 product, which goes by the density of photons:
    /// here, by their distance from the ground.
    fn at(x: f64, h: f64, ground: f64) -> Self {
        let confidence = match (h - ground).abs() {
            d if d < 3.0 => 4,
            d if d < 6.0 => 3,
            d if d < 10.0 => 2,
            d if d < 20.0 => 1,
            _ => 0,
        };
        Self { x, h, confidence }
    }
}
