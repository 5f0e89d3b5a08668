//! Exact money: micro-dollars per hour times milliseconds, before anything is rounded.
//!
//! Prices are micro-dollars per hour and durations are milliseconds, so their product counts in grains, of which
//! 3,600,000 make a micro-dollar. What is decided is decided in grains; only what is written into the
//! ledger is rounded: charges down by cumulative floors, reservations and promises up.

use std::iter::Sum;
use std::ops::{Add, Sub};
use std::time::Duration;

use sliderule_api::MicroUsd;

/// Grains in a micro-dollar: the milliseconds of an hour.
pub const GRAINS_PER_MICRO_USD: i128 = 3_600_000;

/// An exact amount of money; see the module. Arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grains(pub i128);

impl Grains {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// What `duration` costs at a price per hour.
    #[must_use]
    pub fn of(per_hour: MicroUsd, duration: Duration) -> Self {
        let milliseconds = i128::try_from(duration.as_millis()).unwrap_or(i128::MAX);
        Self(milliseconds.saturating_mul(i128::from(per_hour.0)))
    }

    /// The same amount `times` over.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self(self.0.saturating_mul(i128::from(times)))
    }

    /// In whole micro-dollars, rounded up: for reservations and promises.
    #[must_use]
    pub fn ceil(self) -> MicroUsd {
        whole(self.0.saturating_add(GRAINS_PER_MICRO_USD - 1).div_euclid(GRAINS_PER_MICRO_USD))
    }

    /// In whole micro-dollars, rounded down: for charges and for what is free.
    #[must_use]
    pub fn floor(self) -> MicroUsd {
        whole(self.0.div_euclid(GRAINS_PER_MICRO_USD))
    }
}

impl From<MicroUsd> for Grains {
    fn from(amount: MicroUsd) -> Self {
        Self(i128::from(amount.0).saturating_mul(GRAINS_PER_MICRO_USD))
    }
}

impl Add for Grains {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Grains {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Grains {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

fn whole(micros: i128) -> MicroUsd {
    let nearest = if micros < 0 { i64::MIN } else { i64::MAX };
    MicroUsd(i64::try_from(micros).unwrap_or(nearest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_hour_at_a_price_per_hour_is_the_price() {
        assert_eq!(Grains::of(MicroUsd(226_000), Duration::from_secs(3600)), MicroUsd(226_000).into());
    }

    #[test]
    fn too_much_money_saturates() {
        let most = Grains::of(MicroUsd(i64::MAX), Duration::MAX).times(u32::MAX);
        assert_eq!((most.floor(), most.ceil()), (MicroUsd(i64::MAX), MicroUsd(i64::MAX)));
        assert_eq!((Grains::ZERO - most - most).floor(), MicroUsd(i64::MIN));
    }

    proptest! {
        #[test]
        fn rounding_moves_by_less_than_a_micro_dollar_and_keeps_whole_ones(grains in -1i128 << 80..1i128 << 80) {
            let (floor, ceil) = (Grains::from(Grains(grains).floor()).0, Grains::from(Grains(grains).ceil()).0);
            if (-1i128 << 63..1i128 << 63).contains(&grains.div_euclid(GRAINS_PER_MICRO_USD)) {
                prop_assert!(floor <= grains && grains < floor + GRAINS_PER_MICRO_USD);
                prop_assert!(ceil >= grains && ceil < grains + GRAINS_PER_MICRO_USD);
                prop_assert_eq!(Grains(floor).ceil(), Grains(floor).floor());
            }
        }
    }
}
