//! How much may be tried from one address.

use super::section::settings;

settings! {
    /// How much may be tried from one address (of IPv6, from one /64): a burst, and then so many a second. Generous,
    /// since a whole institute may share an address.
    #[derive(Copy)]
    pub struct ThrottleSettings {
        /// Requests at once from one address that prove who somebody is: sign-ins, sign-ups, changes of a password.
        #[variable = "SLIDERULE_PS_THROTTLE_PASSWORD_BURST"]
        password_burst: u32 = 60,
        /// Such requests a second after that.
        #[variable = "SLIDERULE_PS_THROTTLE_PASSWORDS_PER_SECOND"]
        passwords_per_second: u32 = 1,
        /// Requests at once from one address that use a refresh token.
        #[variable = "SLIDERULE_PS_THROTTLE_TOKEN_BURST"]
        token_burst: u32 = 500,
        /// Such requests a second after that.
        #[variable = "SLIDERULE_PS_THROTTLE_TOKENS_PER_SECOND"]
        tokens_per_second: u32 = 50,
    }
}

impl ThrottleSettings {
    /// As much as there can be, for measurements and tests, in which everything comes from one address.
    #[must_use]
    pub fn unlimited() -> Self {
        let most = 1_000_000;
        Self { password_burst: most, passwords_per_second: most, token_burst: most, tokens_per_second: most }
    }

    fn sensible(&self) -> Result<(), String> {
        let Self { password_burst, passwords_per_second, token_burst, tokens_per_second } = *self;
        match [password_burst, passwords_per_second, token_burst, tokens_per_second].contains(&0) {
            true => Err("`throttle` needs numbers greater than 0".to_owned()),
            false => Ok(()),
        }
    }
}
