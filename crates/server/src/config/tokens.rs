//! How long tokens, sessions and keys live.

use super::section::settings;
use crate::auth::key_schedule::KeyTerms;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

settings! {
    /// How long tokens, sessions and keys live.
    #[derive(Copy)]
    pub struct TokenLifetimes {
        /// Seconds that an access token lives.
        #[variable = "SLIDERULE_PS_TOKENS_ACCESS_SECONDS"]
        access_seconds: u64 = 3600,
        /// Seconds that a refresh token lives.
        #[variable = "SLIDERULE_PS_TOKENS_REFRESH_SECONDS"]
        refresh_seconds: u64 = 24 * 3600,
        /// Days after which a session ends, however often it is refreshed; at most 30.
        #[variable = "SLIDERULE_PS_TOKENS_SESSION_DAYS"]
        session_days: u64 = 30,
        /// Days that a key signs before another one follows it.
        #[variable = "SLIDERULE_PS_TOKENS_KEY_DAYS"]
        key_days: u64 = 30,
    }
}

impl TokenLifetimes {
    fn sensible(&self) -> Result<(), String> {
        if self.access_seconds == 0 || self.refresh_seconds < self.access_seconds {
            return Err("`tokens` needs 0 < access_seconds <= refresh_seconds".to_owned());
        }
        match !(1..=30).contains(&self.session_days) || self.key_days == 0 {
            true => Err("`tokens` needs session_days from 1 to 30, and key_days greater than 0".to_owned()),
            false => Ok(()),
        }
    }

    /// When a session ends that begins then, in seconds since 1970.
    #[must_use]
    pub fn session_end(&self, now_seconds: u64) -> u64 {
        now_seconds.saturating_add(self.session_days.saturating_mul(DAY))
    }

    /// How long keys serve.
    #[must_use]
    pub fn key_terms(&self) -> KeyTerms {
        KeyTerms { signs_for: self.key_days.saturating_mul(DAY), tokens_live: self.refresh_seconds }
    }
}
