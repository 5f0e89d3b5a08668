//! How much may be tried from one address.

use serde::Deserialize;

/// How much may be tried from one address (of IPv6, from one /64): a burst, and then so many a second. Generous, since a
/// whole institute may share an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThrottleSettings {
    /// Requests at once that prove who somebody is: sign-ins, sign-ups, changes of a password.
    pub password_burst: u32,
    /// Such requests a second after that.
    pub passwords_per_second: u32,
    /// Requests at once that use a refresh token.
    pub token_burst: u32,
    /// Such requests a second after that.
    pub tokens_per_second: u32,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self { password_burst: 60, passwords_per_second: 1, token_burst: 500, tokens_per_second: 50 }
    }
}

impl ThrottleSettings {
    /// As much as there can be, for measurements and tests, in which everything comes from one address.
    #[must_use]
    pub fn unlimited() -> Self {
        let most = 1_000_000;
        Self { password_burst: most, passwords_per_second: most, token_burst: most, tokens_per_second: most }
    }

    /// What is wrong with them.
    pub(super) fn sensible(self) -> Result<(), &'static str> {
        let Self { password_burst, passwords_per_second, token_burst, tokens_per_second } = self;
        if [password_burst, passwords_per_second, token_burst, tokens_per_second].contains(&0) {
            return Err("`throttle` needs numbers greater than 0");
        }
        Ok(())
    }
}
