//! The six beams of ICESat-2: three pairs of a strong and a weak one.
//!
//! The satellite is taken to fly forward, as in the recorded responses of the real service: left beams
//! are the weak ones, and spots count from right to left.

/// One of the six beams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beam {
    /// Its name in a granule, such as `gt1l`.
    pub name: &'static str,
    /// Pair track, 1 to 3.
    pub track: u8,
    /// Side within the pair: 0 left, 1 right.
    pub pair: u8,
    /// Ground track as a number, 10 to 60.
    pub gt: u8,
    /// Spot on the detector, 1 to 6; odd ones are strong.
    pub spot: u8,
    /// Distance across the track, metres from the reference ground track, positive to the left.
    pub y_atc: f64,
}

impl Beam {
    /// All six, from left to right.
    pub const ALL: [Self; 6] = [
        Self { name: "gt1l", track: 1, pair: 0, gt: 10, spot: 6, y_atc: 3345.0 },
        Self { name: "gt1r", track: 1, pair: 1, gt: 20, spot: 5, y_atc: 3255.0 },
        Self { name: "gt2l", track: 2, pair: 0, gt: 30, spot: 4, y_atc: 45.0 },
        Self { name: "gt2r", track: 2, pair: 1, gt: 40, spot: 3, y_atc: -45.0 },
        Self { name: "gt3l", track: 3, pair: 0, gt: 50, spot: 2, y_atc: -3255.0 },
        Self { name: "gt3r", track: 3, pair: 1, gt: 60, spot: 1, y_atc: -3345.0 },
    ];

    /// Strong beams have about four times the photons of weak ones.
    #[must_use]
    pub fn is_strong(self) -> bool {
        self.spot % 2 == 1
    }
}
