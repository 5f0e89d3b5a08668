//! Release numbers of SlideRule software, such as `v4.20.0`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::shown;
use crate::text::{decimal, split_once};

/// Three numbers; on the wire always with the leading `v`, which existing clients cut off blindly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseVersion {
    /// Must be equal between client and server.
    pub major: u32,
    /// A server's newer minor number earns a warning.
    pub minor: u32,
    /// Never compared.
    pub patch: u32,
}

/// Text that is not a release number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a release number like v4.20.0")]
pub struct InvalidVersion(String);

fn number(text: &str) -> Option<u32> {
    decimal(text)?.try_into().ok()
}

impl FromStr for ReleaseVersion {
    type Err = InvalidVersion;

    /// Reads `v4.20.0` or `4.20.0`; whatever follows a hyphen (`-rc1`, `-0-gf4f93bd0-dirty`) is ignored.
    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let read = || {
            let numbers = text.strip_prefix("v").unwrap_or(text);
            let numbers = split_once(numbers, "-").map_or(numbers, |(numbers, _)| numbers);
            let (major, rest) = split_once(numbers, ".")?;
            let (minor, patch) = split_once(rest, ".")?;
            Some(Self { major: number(major)?, minor: number(minor)?, patch: number(patch)? })
        };
        read().ok_or_else(|| InvalidVersion(shown(text)))
    }
}

impl TryFrom<String> for ReleaseVersion {
    type Error = InvalidVersion;
    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        text.parse()
    }
}

impl From<ReleaseVersion> for String {
    fn from(version: ReleaseVersion) -> String {
        version.to_string()
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::ReleaseVersion;

    #[test]
    fn release_numbers_are_read_with_or_without_the_v_and_written_with_it() {
        let version: ReleaseVersion = "v4.0.2-0-gf4f93bd0-dirty".parse().unwrap();
        assert_eq!(version, ReleaseVersion { major: 4, minor: 0, patch: 2 });
        assert_eq!("4.0.2".parse(), Ok(version));
        assert_eq!(version.to_string(), "v4.0.2");
        for bad in ["", "v", "4.0", "4.0.2.1", "four", "v4.0.x"] {
            assert!(bad.parse::<ReleaseVersion>().is_err(), "{bad}");
        }
    }
}
