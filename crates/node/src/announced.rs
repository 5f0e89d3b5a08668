//! The release that the node announces, and what follows from it.
//!
//! Releases differ in two ways that matter here. Exception codes changed their meaning in v4.4.0, and with
//! it progress messages became exceptions of code 0. The layout of `eventrec` changed in v4.15.0. The node
//! has the layouts of v4.0.2 and of v4.20.0 and takes v4.4.0 as the border for both: definitions are asked
//! for by every client, codes are not.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sliderule_api::ReleaseVersion;

/// Which of the two recorded releases an announced one behaves like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// As v4.0.2: releases before v4.4.0.
    V4_0,
    /// As v4.20.0: v4.4.0 and later.
    V4_20,
}

/// First release of the second family.
const BORDER: ReleaseVersion = ReleaseVersion { major: 4, minor: 4, patch: 0 };

impl Family {
    /// The family of a release.
    #[must_use]
    pub fn of(release: ReleaseVersion) -> Self {
        if release < BORDER { Self::V4_0 } else { Self::V4_20 }
    }

    /// The number that says in an `exceptrec` what the exception is about.
    #[must_use]
    pub fn code(self, kind: Kind) -> i32 {
        let (old, new) = match kind {
            Kind::Status => (-1, 0),
            Kind::Failure => (0, -1),
            Kind::Timeout => (1, -2),
            Kind::NoResource => (2, -3),
            Kind::EmptySubset => (3, -4),
            Kind::Incomplete => (0, -9),
        };
        match self {
            Self::V4_0 => old,
            Self::V4_20 => new,
        }
    }
}

/// What an exception is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing went wrong: progress.
    Status,
    /// An error that has no kind of its own.
    Failure,
    /// Something took longer than allowed.
    Timeout,
    /// There is no such granule, or it cannot be read.
    NoResource,
    /// The granule has nothing in the region asked for.
    EmptySubset,
    /// A granule was begun and not finished.
    Incomplete,
}

/// How grave a message is, by the numbers of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// For those who look for a fault.
    Debug = 0,
    /// For everybody.
    Info = 1,
    /// Something is odd.
    Warning = 2,
    /// Part of what was asked for is missing.
    Error = 3,
    /// All of it is missing.
    Critical = 4,
}

impl Level {
    /// The level of that name, as requests write it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.trim_start_matches("core.") {
            "DEBUG" => Self::Debug,
            "INFO" => Self::Info,
            "WARNING" => Self::Warning,
            "ERROR" => Self::Error,
            "CRITICAL" => Self::Critical,
            _ => return None,
        })
    }
}

/// What a node says about itself.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The release it announces.
    pub release: ReleaseVersion,
    /// The organization whose cluster it belongs to.
    pub organization: String,
    /// When it started.
    pub launched: Timestamp,
}

impl Identity {
    /// What `/source/version` answers.
    #[must_use]
    pub fn version(&self, up: Duration) -> Value {
        let version = self.release.to_string();
        let build = format!("{version}-0-sliderule-node-{}", env!("CARGO_PKG_VERSION"));
        let launch = self.launched.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let duration = u64::try_from(up.as_millis()).unwrap_or(u64::MAX);
        match Family::of(self.release) {
            Family::V4_0 => json!({
                "server": {"version": version, "commit": build, "environment": "sliderule-node", "launch": launch,
                           "duration": duration, "packages": ["core", "icesat2"]},
                "icesat2": {"version": version, "commit": build},
            }),
            Family::V4_20 => json!({
                "server": {"version": version, "build": build, "environment": "sliderule-node", "launch": launch,
                           "duration": duration, "packages": ["core", "icesat2"], "cluster": self.organization,
                           "organization": self.organization},
                "icesat2": {"version": version, "build": build},
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Family, Identity, Kind};

    #[test]
    fn codes_change_their_meaning_at_v4_4_0() {
        let code = |release: &str, kind| Family::of(release.parse().unwrap()).code(kind);
        assert_eq!((code("v4.3.2", Kind::Status), code("v4.4.0", Kind::Status)), (-1, 0));
        assert_eq!((code("v4.0.2", Kind::NoResource), code("v4.20.0", Kind::NoResource)), (2, -3));
    }

    #[test]
    fn the_version_has_the_keys_that_clients_of_its_time_read() {
        for (release, build) in [("v4.0.2", "commit"), ("v4.20.0", "build")] {
            let release = release.parse().unwrap();
            let identity =
                Identity { release, organization: "acme".to_owned(), launched: Timestamp::UNIX_EPOCH };
            let version = identity.version(Duration::from_millis(1500));
            assert_eq!(version["server"]["version"], release.to_string());
            assert_eq!(version["icesat2"]["version"], release.to_string());
            assert!(version["server"][build].is_string() && version["icesat2"][build].is_string());
            assert_eq!(version["server"]["launch"], "1970-01-01T00:00:00Z");
            assert_eq!(version["server"]["duration"], 1500);
        }
    }
}
