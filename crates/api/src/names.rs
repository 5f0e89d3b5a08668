//! The names that must not be mixed up: organizations, users, nodes and capacity requests. Every decision of the
//! provisioning system copies some, so a copy shares the text.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Organization names that mean something else as the first label of a host name.
pub const RESERVED: [&str; 10] =
    ["ps", "www", "api", "login", "provisioner", "client", "runner", "recorder", "mcp", "monitor"];

/// Text of somebody else's, fit to stand in a sentence of ours: short, and without control characters.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().filter(|c| !c.is_control()).take(100) {
        shown.push(c);
    }
    shown
}

/// A name that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidName(String);

impl InvalidName {
    /// What is wrong with it, and what would be right, as a sentence.
    pub(crate) fn because(sentence: String) -> Self {
        Self(sentence)
    }
}

/// An organization: a lower-case DNS label, since `<organization>.<domain>` is its cluster's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationName(Arc<str>);

impl OrganizationName {
    /// The organization whose cluster everybody may use.
    pub const PUBLIC: &'static str = "sliderule";

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the public organization, which needs no credentials.
    #[must_use]
    pub fn is_public(&self) -> bool {
        *self.0 == *Self::PUBLIC
    }
}

impl FromStr for OrganizationName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let label = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if text.is_empty() || text.len() > 63 || !label || text.starts_with('-') || text.ends_with('-') {
            return Err(InvalidName(format!(
                "`{}` cannot be an organization: use 1 to 63 lower-case letters, digits and inner hyphens",
                shown(text)
            )));
        }
        if RESERVED.contains(&text) {
            return Err(InvalidName(format!("`{text}` is reserved and cannot be an organization")));
        }
        Ok(Self(text.into()))
    }
}

impl Default for OrganizationName {
    /// The public one.
    fn default() -> Self {
        Self(Self::PUBLIC.into())
    }
}

/// A user's name: what they sign in with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(Arc<str>);

impl UserName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'@');
        if text.is_empty() || text.len() > 150 || !text.bytes().all(allowed) {
            return Err(InvalidName(format!(
                "`{}` cannot be a user name: use 1 to 150 letters, digits and . _ - + @",
                shown(text)
            )));
        }
        Ok(Self(text.into()))
    }
}

macro_rules! text_conversions {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = <$name as FromStr>::Err;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text_conversions!(OrganizationName, UserName, NodeId, RequestId);

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text as an identifier, if it can be one. Identifiers become path segments and file names, hence letters,
            /// digits and hyphens only.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                let allowed = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                (!text.is_empty() && text.len() <= 64 && allowed).then(|| Self(text.into()))
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let invalid = || InvalidName(format!(concat!("`{}` is not the id of a ", $what), shown(text)));
                Self::from_text(text).ok_or_else(invalid)
            }
        }
    };
}
identifier!(
    /// A node of a cluster, unique over all organizations and for all time.
    NodeId,
    "node"
);
identifier!(
    /// A capacity request.
    RequestId,
    "capacity request"
);

impl Default for RequestId {
    /// That of no request.
    fn default() -> Self {
        Self("none".into())
    }
}

#[cfg(test)]
mod tests {
    use super::{NodeId, OrganizationName, UserName};

    #[test]
    fn organizations_are_dns_labels_and_not_reserved() {
        for good in ["acme", "uw-ice", "a", "sliderule", "7even"] {
            assert!(good.parse::<OrganizationName>().is_ok(), "{good}");
        }
        for bad in ["", "Acme", "a.b", "-a", "a-", "ps", "monitor", "a/b", "ä", &"a".repeat(64)] {
            assert!(bad.parse::<OrganizationName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_name_in_json_is_refused_with_a_reason() {
        let refused = serde_json::from_str::<OrganizationName>("\"Not A Label\"").unwrap_err();
        assert!(refused.to_string().contains("lower-case letters"), "{refused}");
    }

    #[test]
    fn users_may_look_like_mail_addresses_but_not_like_paths() {
        assert!("ada@example.org".parse::<UserName>().is_ok());
        assert!("../ada".parse::<UserName>().is_err());
        assert!("../../etc".parse::<NodeId>().is_err());
    }
}
