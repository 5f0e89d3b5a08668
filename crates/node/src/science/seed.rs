//! Chance that follows from a name.
//!
//! The SHA-256 of a label is the whole state of a xoshiro256++ generator: both are named algorithms,
//! so that the same granule has the same photons on every machine and with every later version.
//! Labels are built as `purpose/what`, so that terrain and noise never draw from the same sequence.

use std::f64::consts::TAU;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};

/// A sequence of random numbers.
#[derive(Clone, Debug)]
pub struct Chance(Xoshiro256PlusPlus);

impl Chance {
    /// The sequence that belongs to a label.
    #[must_use]
    pub fn of(label: &str) -> Self {
        Self(Xoshiro256PlusPlus::from_seed(Sha256::digest(label.as_bytes()).into()))
    }

    /// Uniform from `low` (included) to `high` (excluded).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller's transform).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.0.random::<f64>()).ln()).sqrt();
        radius * (TAU * self.0.random::<f64>()).cos()
    }

    /// Poisson with a small mean (Knuth's method: its cost grows with the mean).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let floor = (-mean).exp();
        let mut product = self.0.random::<f64>();
        let mut count = 0;
        while product > floor {
            product *= self.0.random::<f64>();
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_label_gives_the_same_sequence_for_ever() {
        let mut chance = Chance::of("terrain/1047/7");
        let first: Vec<f64> = (0..3).map(|_| chance.between(0.0, 1.0)).collect();
        assert_eq!(first, SEQUENCE);
        assert_ne!(Chance::of("noise/1047/7").between(0.0, 1.0), first[0]);
    }

    /// Written down from the first version; a change here changes every granule.
    const SEQUENCE: [f64; 3] = [0.138_269_375_132_716_53, 0.405_501_934_983_907_2, 0.806_080_546_916_026_6];

    #[test]
    fn means_and_spreads_are_those_asked_for() {
        let mut chance = Chance::of("moments");
        let n = 20_000;
        let mean = (0..n).map(|_| f64::from(chance.poisson(0.8))).sum::<f64>() / f64::from(n);
        assert!((mean - 0.8).abs() < 0.03, "{mean}");
        let variance = (0..n).map(|_| chance.normal().powi(2)).sum::<f64>() / f64::from(n);
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
