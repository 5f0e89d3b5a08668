//! One meter's time, added up once more: from the changes that were made, and by arithmetic of its own.

use sliderule_provisioning::meter::Meter;
use sliderule_provisioning::time::Moment;

const MILLISECONDS_PER_HOUR: i128 = 3_600_000;

/// The paid time of a node, or of the fixed part while a cluster ran.
#[derive(Clone, Debug)]
pub struct Tape {
    /// When it began.
    pub began: Moment,
    /// Up to when it was charged, without gap or overlap.
    pub charged: Moment,
    /// The latest lease end.
    pub held: Moment,
    /// Price times milliseconds, since it began.
    worth: i128,
    rate: i64,
}

impl Tape {
    /// Of a meter that begins.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn begin(meter: &Meter) -> Result<Self, String> {
        if meter.charged_until != meter.began_at || meter.carry != 0 {
            return Err(format!("time begins that was charged before: {meter:?}"));
        }
        Ok(Self {
            began: meter.began_at,
            charged: meter.charged_until,
            held: meter.held_until,
            worth: 0,
            rate: meter.rate.0,
        })
    }

    /// Goes on to what the meter says now, and returns what is due for that, in micro-dollars.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn go_on(&mut self, meter: &Meter) -> Result<i64, String> {
        if meter.began_at != self.began {
            return Err(format!("time that began at {} goes on as {meter:?}", self.began.0));
        }
        if meter.charged_until < self.charged {
            return Err(format!("time charged until {} is charged again: {meter:?}", self.charged.0));
        }
        let before = self.worth;
        self.worth += i128::from(self.rate) * i128::from(meter.charged_until.0 - self.charged.0);
        if i128::from(meter.carry) != self.worth.rem_euclid(MILLISECONDS_PER_HOUR) {
            return Err(format!("a part of a micro-dollar got lost or was made up: {meter:?}"));
        }
        (self.charged, self.held, self.rate) = (meter.charged_until, meter.held_until, meter.rate.0);
        let due = self.worth.div_euclid(MILLISECONDS_PER_HOUR) - before.div_euclid(MILLISECONDS_PER_HOUR);
        i64::try_from(due).map_err(|_| format!("an amount beyond all measure is due: {meter:?}"))
    }

    /// Goes on from a later instant, without having cost anything in between.
    pub fn leap(&mut self, meter: &Meter) {
        (self.charged, self.held, self.rate) = (meter.charged_until, meter.held_until, meter.rate.0);
    }

    /// What it cost in all, in micro-dollars, rounded down once.
    #[must_use]
    pub fn cost(&self) -> i64 {
        i64::try_from(self.worth.div_euclid(MILLISECONDS_PER_HOUR)).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Tape;
    use sliderule_api::MicroUsd;
    use sliderule_provisioning::meter::Meter;
    use sliderule_provisioning::time::Moment;

    #[test]
    fn it_agrees_with_the_domain_s_meter_and_sees_time_charged_twice() {
        let tail = Duration::from_secs(10);
        let began = Meter::begin(Moment(0), Moment(60_000), MicroUsd(226_000));
        let mut tape = Tape::begin(&began).unwrap();
        let (once, first) = began.charge(Moment(7_777), tail);
        let (twice, second) = once.charge(Moment(31_415), tail);
        assert_eq!(tape.go_on(&once), Ok(first.0));
        assert_eq!(tape.go_on(&twice), Ok(second.0));
        assert_eq!(tape.cost(), first.0 + second.0);
        assert!(tape.go_on(&once).unwrap_err().contains("again"));
    }
}
