//! When owners are warned that money runs short.

use sliderule_api::MicroUsd;
use sliderule_provisioning::account::Warning;
use sliderule_provisioning::step::Policy;
use sliderule_provisioning::time::Terms;

use super::section::settings;

settings! {
    /// When owners are warned that money runs short, once each until there is new credit. That nothing is left is
    /// always told.
    pub struct Warnings {
        /// Owners are warned when so many percent of all credit are spent.
        #[variable = "SLIDERULE_PS_WARNINGS_PERCENT"]
        percent: Vec<u8> = usual(|warning| match warning {
            Warning::Percent(percent) => Some(percent),
            _ => None,
        }),
        /// Owners are warned when the balance is below so many dollars, each as text.
        #[variable = "SLIDERULE_PS_WARNINGS_DOLLARS"]
        dollars: Vec<MicroUsd> = usual(|warning| match warning {
            Warning::Dollars(micros) => Some(MicroUsd(micros)),
            _ => None,
        }),
        /// Owners are warned when at its present size the cluster can run for fewer minutes than that.
        #[variable = "SLIDERULE_PS_WARNINGS_MINUTES"]
        minutes: Vec<u32> = usual(|warning| match warning {
            Warning::Minutes(minutes) => Some(minutes),
            _ => None,
        }),
    }
}

/// Those of the usual warnings that are of one kind.
fn usual<T>(of: impl Fn(Warning) -> Option<T>) -> Vec<T> {
    Policy::usual(Terms::LOCAL).warnings.into_iter().filter_map(of).collect()
}

impl Warnings {
    fn sensible(&self) -> Result<(), String> {
        let Self { percent, dollars, minutes } = self;
        let is_percent = percent.iter().all(|percent| (1..=100).contains(percent));
        match !is_percent || dollars.contains(&MicroUsd::ZERO) || minutes.contains(&0) {
            true => {
                Err("`warnings` needs percent from 1 to 100, and dollars and minutes greater than 0"
                    .to_owned())
            }
            false => Ok(()),
        }
    }

    pub(super) fn all(&self) -> Vec<Warning> {
        let percent = self.percent.iter().map(|&percent| Warning::Percent(percent));
        let dollars = self.dollars.iter().map(|dollars| Warning::Dollars(dollars.0));
        let minutes = self.minutes.iter().map(|&minutes| Warning::Minutes(minutes));
        percent.chain(dollars).chain(minutes).chain([Warning::OutOfFunds]).collect()
    }
}
