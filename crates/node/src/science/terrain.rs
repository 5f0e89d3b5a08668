//! The true surface under a granule: a slope and a few long waves.
//!
//! Waves are at least 600 m long and less than about 2 m high for the shortest, so that over a segment of
//! 40 m the surface is nearly straight and a fitted line may be held to the surface at its centre.

use std::f64::consts::TAU;

use super::granule::Granule;
use super::seed::Chance;

/// One wave of the surface.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wave {
    amplitude: f64,
    along: f64,
    across: f64,
    phase: f64,
}

/// The true surface: height as a function of the along-track and across-track distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Terrain {
    base: f64,
    origin: f64,
    slope_along: f64,
    slope_across: f64,
    waves: Vec<Wave>,
}

impl Terrain {
    /// The surface under a granule whose track begins at `x_start`.
    #[must_use]
    pub fn of(granule: &Granule, x_start: f64) -> Self {
        let mut chance = Chance::of(&format!("terrain/{}/{}", granule.rgt, granule.region));
        let wave = |chance: &mut Chance, length: f64| {
            let along = TAU / length;
            Wave {
                amplitude: length * chance.between(0.0005, 0.003),
                along,
                across: along * chance.between(-0.3, 0.3),
                phase: chance.between(0.0, TAU),
            }
        };
        let lengths = [(600.0, 900.0), (1000.0, 2000.0), (2500.0, 4500.0), (5000.0, 9000.0)];
        Self {
            base: chance.between(100.0, 2500.0),
            origin: x_start,
            slope_along: chance.between(-0.02, 0.02),
            slope_across: chance.between(-0.005, 0.005),
            waves: lengths
                .into_iter()
                .map(|(low, high)| {
                    let length = chance.between(low, high);
                    wave(&mut chance, length)
                })
                .collect(),
        }
    }

    /// Height in metres above the ellipsoid, `x` along and `y` across the track.
    #[must_use]
    pub fn height(&self, x: f64, y: f64) -> f64 {
        let x = x - self.origin;
        let waves: f64 = self.waves.iter().map(|wave| wave.amplitude * wave.angle(x, y).sin()).sum();
        self.base + self.slope_along * x + self.slope_across * y + waves
    }

    /// Slope along the track, metres per metre.
    #[must_use]
    pub fn slope(&self, x: f64, y: f64) -> f64 {
        let x = x - self.origin;
        let waves: f64 =
            self.waves.iter().map(|wave| wave.amplitude * wave.along * wave.angle(x, y).cos()).sum();
        self.slope_along + waves
    }
}

impl Wave {
    fn angle(&self, x: f64, y: f64) -> f64 {
        self.along * x + self.across * y + self.phase
    }
}
