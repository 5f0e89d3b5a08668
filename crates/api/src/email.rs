//! E-mail addresses: the one place that says what may be one.
//!
//! Only what would make an address unusable, or dangerous to write into a mail's header, is refused; whether somebody
//! reads it is known once they answer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::InvalidName;

/// Longest address that mail servers take, in bytes.
const LONGEST: usize = 254;

/// Longest part before the `@`, in bytes.
const LONGEST_LOCAL: usize = 64;

/// An e-mail address as it was written. Addresses that differ in case only are one person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let harmless = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c);
        let parts = text.rsplit_once('@').filter(|_| text.len() <= LONGEST && text.chars().all(harmless));
        let sane = parts.is_some_and(|(local, domain)| {
            let local = !local.is_empty() && local.len() <= LONGEST_LOCAL && !local.contains('@');
            local && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-'))
        });
        if sane {
            return Ok(Self(text.to_owned()));
        }
        // Somebody may have typed a whole letter here.
        let shown: String = text.chars().take(LONGEST).collect();
        let message = format!(
            "`{}` is not an e-mail address; write one such as ada@example.org",
            shown.escape_default()
        );
        Err(InvalidName::because(message))
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::EmailAddress;

    #[test]
    fn addresses_as_people_have_them_are_taken_as_they_are() {
        for good in ["ada@example.org", "a.b+c@x", "ädä@exämple.org", "o'neil@sub.example.co.uk"] {
            assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
        }
        assert_eq!("ada@example.org".parse::<EmailAddress>().unwrap().local(), "ada");
    }

    #[test]
    fn what_no_mail_could_be_sent_to_is_refused() {
        let (long, longer) = (format!("{}@x", "a".repeat(65)), format!("a@{}", "a.".repeat(130)));
        let header = "ada@example.org\r\nBcc: all@example.org";
        for bad in [
            "", "ada", "@x", "ada@", "a b@x", "a@b@c", "a@x..y", "a@.x", "a@x.", "<a@x>", "a@-x", header,
            &long, &longer,
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }
}
