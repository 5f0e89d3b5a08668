//! How long a capacity request may live.

use super::section::settings;

settings! {
    /// Limits of the time to live of a capacity request, in minutes.
    #[derive(Copy)]
    pub struct TimeToLive {
        /// Minutes that a capacity request lives at least.
        #[variable = "SLIDERULE_PS_TIME_TO_LIVE_MIN_MINUTES"]
        min_minutes: u64 = 15,
        /// Minutes that a capacity request lives at most.
        #[variable = "SLIDERULE_PS_TIME_TO_LIVE_MAX_MINUTES"]
        max_minutes: u64 = 720,
    }
}

impl TimeToLive {
    fn sensible(&self) -> Result<(), String> {
        match self.min_minutes == 0 || self.min_minutes > self.max_minutes {
            true => Err("`time_to_live` needs 0 < min_minutes <= max_minutes".to_owned()),
            false => Ok(()),
        }
    }
}
