//! Time that is held and charged: a node's, or that of a running cluster's fixed part.
//!
//! Always holds: what a meter was charged in all is the floor of what its time cost, however often it was
//! read; and a charge never exceeds what [`Meter::liability`] said before it.

use std::time::Duration;

use sliderule_api::MicroUsd;

use crate::grains::{GRAINS_PER_MICRO_USD, Grains};
use crate::time::Moment;

/// Time that is held and charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// When the time began.
    pub began_at: Moment,
    /// The lease: up to when the time is paid. A tail is reserved on top.
    pub held_until: Moment,
    /// Up to when the time was charged.
    pub charged_until: Moment,
    /// What the charges so far left of a micro-dollar, in grains: at least 0 and less than
    /// [`GRAINS_PER_MICRO_USD`].
    pub carry: u32,
    /// The price per hour at which the time is held. A new price counts from the next renewal.
    pub rate: MicroUsd,
}

impl Meter {
    /// Time that begins now and is held until then.
    #[must_use]
    pub fn begin(began_at: Moment, held_until: Moment, rate: MicroUsd) -> Self {
        Self { began_at, held_until, charged_until: began_at, carry: 0, rate }
    }

    /// The last instant that is paid: the end of the lease and its tail.
    #[must_use]
    pub fn paid_until(&self, tail: Duration) -> Moment {
        self.held_until.after(tail)
    }

    /// What may still be charged for the time that is held, and its tail.
    #[must_use]
    pub fn liability(&self, tail: Duration) -> Grains {
        self.due(self.paid_until(tail))
    }

    /// What is due when the time up to `until` is charged, whether that is paid or not.
    #[must_use]
    pub fn due(&self, until: Moment) -> Grains {
        Grains::of(self.rate, until.since(self.charged_until)) + Grains(i128::from(self.carry))
    }

    /// Charges up to `now`, but no further than is paid: the meter afterwards, and the charge.
    #[must_use]
    pub fn charge(self, now: Moment, tail: Duration) -> (Self, MicroUsd) {
        self.advance(now.min(self.paid_until(tail)))
    }

    /// Charges up to `until`, whether that is paid or not: for what a node that outlived its tail ran over.
    #[must_use]
    pub fn advance(self, until: Moment) -> (Self, MicroUsd) {
        let due = self.due(until);
        let carry = u32::try_from(due.0.rem_euclid(GRAINS_PER_MICRO_USD)).unwrap_or(0);
        (Self { charged_until: self.charged_until.max(until), carry, ..self }, due.floor())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::seconds;

    const TAIL: Duration = Duration::from_secs(10);

    #[test]
    fn an_hour_charged_in_any_pieces_costs_the_price_of_an_hour() {
        let mut meter = Meter::begin(seconds(0), seconds(3600), MicroUsd(226_001));
        let mut charged = MicroUsd::ZERO;
        for second in (0..=3600).step_by(7).chain([3600]) {
            let (after, charge) = meter.charge(seconds(second), TAIL);
            (meter, charged) = (after, charged + charge);
        }
        assert_eq!(charged, MicroUsd(226_001));
        assert_eq!(meter.carry, 0);
    }

    #[test]
    fn what_is_not_paid_is_charged_only_by_advancing() {
        let meter = Meter::begin(seconds(0), seconds(60), MicroUsd(3_600_000));
        let (paid, charge) = meter.charge(seconds(100), TAIL);
        assert_eq!((paid.charged_until, charge), (seconds(70), MicroUsd(70_000)));
        assert_eq!(paid.charge(seconds(200), TAIL), (paid, MicroUsd::ZERO));
        assert_eq!(paid.advance(seconds(100)).1, MicroUsd(30_000));
    }

    proptest! {
        #[test]
        fn the_charges_add_up_to_the_floor_of_the_whole_whatever_the_cuts(
            rate in 0i64..1_000_000_000, cuts in prop::collection::vec(0i64..10_000_000, 0..20), end in 0i64..10_000_000,
        ) {
            let begun = Meter::begin(Moment(0), Moment(end), MicroUsd(rate));
            let (mut meter, mut charged) = (begun, MicroUsd::ZERO);
            for cut in cuts {
                let (after, charge) = meter.charge(Moment(cut), TAIL);
                prop_assert!(i128::from(after.carry) < GRAINS_PER_MICRO_USD);
                (meter, charged) = (after, charged + charge);
            }
            let until = meter.charged_until;
            prop_assert_eq!(charged, Grains::of(MicroUsd(rate), until.since(Moment(0))).floor());
            let (ended, last) = meter.charge(Moment(i64::MAX), TAIL);
            prop_assert_eq!(charged + last, begun.liability(TAIL).floor());
            prop_assert_eq!(ended.liability(TAIL), Grains(i128::from(ended.carry)));
        }

        #[test]
        fn a_charge_lessens_the_liability_by_just_that_much_and_never_exceeds_it(
            rate in 0i64..1_000_000_000, carry in 0u32..3_600_000, from in 0i64..100_000, at in 0i64..200_000,
        ) {
            let meter = Meter {
                charged_until: Moment(from), carry, ..Meter::begin(Moment(0), Moment(100_000), MicroUsd(rate))
            };
            let (after, charge) = meter.charge(Moment(at), TAIL);
            prop_assert!(charge >= MicroUsd::ZERO && charge <= meter.liability(TAIL).ceil());
            prop_assert_eq!(after.liability(TAIL) + charge.into(), meter.liability(TAIL));
        }
    }
}
