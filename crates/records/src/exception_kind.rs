//! What an exception means: its kind by the server's release, and what that says about the result.
//!
//! Servers report everything that is not data as exceptions, news of the progress among it, and the numbers
//! changed: their sign in v4.4.0, some of them again in v5. A reader that goes by the number alone takes the success of
//! an old server for an error of a new one; one that goes by the level alone takes a refused request for news, since
//! servers report some failures at level INFO. So the kind is found first, by the release, and only then is the level
//! looked at where servers use one kind for both news and failures.
//!
//! Nothing here refuses a code: one that a release does not define is [`ExceptionKind::Unknown`], which is never mere
//! progress.

/// Levels of messages, in all releases: 0 debug, 1 info, 2 warning, 3 error, 4 critical.
const WARNING: i32 = 2;
const ERROR: i32 = 3;

/// What an exception is about, whatever its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionKind {
    /// News of the request, no failure.
    Status,
    /// A failure without a kind of its own.
    Error,
    /// Time ran out, or at a level below WARNING: is running.
    Timeout,
    /// A resource does not exist or cannot be read.
    Resource,
    /// A resource has nothing in the region asked for.
    Empty,
    /// The request must be made simpler, say its polygon.
    Simplify,
    /// There was not enough memory.
    Memory,
    /// The script of the service is missing or failed to read or write.
    Script,
    /// Whoever asked may not.
    Unauthorized,
    /// The work did not complete.
    Unfinished,
    /// The request covers more resources than one may.
    TooManyResources,
    /// A code that the release does not define.
    Unknown,
}

/// What a message says about the result of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing is wrong.
    Progress,
    /// Something is worth knowing; no data is known to be missing.
    Warning,
    /// The result lacks data.
    Missing,
}

impl ExceptionKind {
    /// The kind that a code means to a server of that release: its major and minor number. An unknown release is taken
    /// for the newest of v4.
    pub fn of(code: i32, release: Option<(u32, u32)>) -> ExceptionKind {
        match release {
            Some(release) if release < (4, 4) => ExceptionKind::before_4_4(code),
            Some((major, _)) if major >= 5 => match code {
                -5 => ExceptionKind::Unknown,
                -10 => ExceptionKind::TooManyResources,
                -11 => ExceptionKind::Simplify,
                _ => ExceptionKind::since_4_4(code),
            },
            _ => ExceptionKind::since_4_4(code),
        }
    }

    fn before_4_4(code: i32) -> ExceptionKind {
        match code {
            -1 => ExceptionKind::Status,
            0 => ExceptionKind::Error,
            1 => ExceptionKind::Timeout,
            2 => ExceptionKind::Resource,
            3 => ExceptionKind::Empty,
            _ => ExceptionKind::Unknown,
        }
    }

    fn since_4_4(code: i32) -> ExceptionKind {
        match code {
            0 => ExceptionKind::Status,
            -1 => ExceptionKind::Error,
            -2 => ExceptionKind::Timeout,
            -3 => ExceptionKind::Resource,
            -4 => ExceptionKind::Empty,
            -5 => ExceptionKind::Simplify,
            -6 => ExceptionKind::Memory,
            -7 => ExceptionKind::Script,
            -8 => ExceptionKind::Unauthorized,
            -9 => ExceptionKind::Unfinished,
            _ => ExceptionKind::Unknown,
        }
    }

    /// The kind's name, for programs; never renamed.
    pub fn as_str(self) -> &'static str {
        match self {
            ExceptionKind::Status => "status",
            ExceptionKind::Error => "error",
            ExceptionKind::Timeout => "timeout",
            ExceptionKind::Resource => "resource",
            ExceptionKind::Empty => "empty",
            ExceptionKind::Simplify => "simplify",
            ExceptionKind::Memory => "memory",
            ExceptionKind::Script => "script",
            ExceptionKind::Unauthorized => "unauthorized",
            ExceptionKind::Unfinished => "unfinished",
            ExceptionKind::TooManyResources => "too_many_resources",
            ExceptionKind::Unknown => "unknown",
        }
    }

    /// What an exception of this kind and level says about the result.
    pub fn meaning(self, level: i32) -> Meaning {
        match self {
            // A region that misses a granule is an answer, at whatever level.
            ExceptionKind::Empty => Meaning::Progress,
            // Before v4.4.0 these were events, and servers choose their levels as they did then.
            ExceptionKind::Status => Meaning::of_event(level),
            // "... running 10 of 600 seconds" and "retrying with 60 seconds left" are of this kind at level INFO.
            ExceptionKind::Timeout if level < WARNING => Meaning::Progress,
            // Who does not know what happened should not say that all is well.
            ExceptionKind::Unknown if level < ERROR => Meaning::Warning,
            // "invalid asset specified" and "Failed to process record batch" come at level INFO, and nothing
            // follows them: what is of these kinds is a failure at every level.
            ExceptionKind::Timeout
            | ExceptionKind::Error
            | ExceptionKind::Resource
            | ExceptionKind::Simplify
            | ExceptionKind::Memory
            | ExceptionKind::Script
            | ExceptionKind::Unauthorized
            | ExceptionKind::Unfinished
            | ExceptionKind::TooManyResources
            | ExceptionKind::Unknown => Meaning::Missing,
        }
    }
}

impl Meaning {
    /// What an event of that level says about the result: a job that "timed-out after 600 seconds" ends as if it were
    /// whole, and only an event of level ERROR tells.
    pub fn of_event(level: i32) -> Meaning {
        match level {
            ERROR.. => Meaning::Missing,
            WARNING => Meaning::Warning,
            _ => Meaning::Progress,
        }
    }

    /// The meaning's name, for programs; never renamed.
    pub fn as_str(self) -> &'static str {
        match self {
            Meaning::Progress => "progress",
            Meaning::Warning => "warning",
            Meaning::Missing => "missing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(codes: impl IntoIterator<Item = i32>, release: Option<(u32, u32)>) -> Vec<&'static str> {
        codes.into_iter().map(|code| ExceptionKind::of(code, release).as_str()).collect()
    }

    #[test]
    fn codes_mean_what_the_release_says() {
        let old = ["unknown", "status", "error", "timeout", "resource", "empty", "unknown"];
        for release in [(2, 0), (3, 7), (4, 0), (4, 3)] {
            assert_eq!(names(-2..=4, Some(release)), old, "{release:?}");
        }
        let new = ["status", "error", "timeout", "resource", "empty"];
        let rest = ["memory", "script", "unauthorized", "unfinished"];
        for release in [Some((4, 4)), Some((4, 20)), None] {
            assert_eq!(names((-4..=0).rev(), release), new, "{release:?}");
            assert_eq!(names((-9..=-6).rev(), release), rest, "{release:?}");
            assert_eq!(names([-5, -10, -11, 1], release), ["simplify", "unknown", "unknown", "unknown"]);
        }
        for release in [Some((5, 0)), Some((6, 1))] {
            assert_eq!(names((-4..=0).rev(), release), new, "{release:?}");
            assert_eq!(names((-9..=-6).rev(), release), rest, "{release:?}");
            assert_eq!(
                names([-5, -10, -11, 1], release),
                ["unknown", "too_many_resources", "simplify", "unknown"]
            );
        }
    }

    #[test]
    fn failures_are_missing_data_at_every_level_and_empty_regions_at_none() {
        use ExceptionKind::*;
        for level in 0..=4 {
            assert_eq!(Empty.meaning(level), Meaning::Progress);
            for kind in
                [Error, Resource, Simplify, Memory, Script, Unauthorized, Unfinished, TooManyResources]
            {
                assert_eq!(kind.meaning(level), Meaning::Missing, "{kind:?} at {level}");
            }
        }
    }

    #[test]
    fn the_level_decides_where_a_kind_is_used_for_news_and_failures() {
        let meanings = |kind: ExceptionKind| [0, 1, 2, 3, 4].map(|level| kind.meaning(level).as_str());
        let missing = "missing";
        assert_eq!(meanings(ExceptionKind::Status), ["progress", "progress", "warning", missing, missing]);
        assert_eq!(meanings(ExceptionKind::Timeout), ["progress", "progress", missing, missing, missing]);
        assert_eq!(meanings(ExceptionKind::Unknown), ["warning", "warning", "warning", missing, missing]);
    }

    #[test]
    fn events_go_by_their_level() {
        let meanings = [i32::MIN, 0, 1, 2, 3, 4, i32::MAX].map(|level| Meaning::of_event(level).as_str());
        let missing = "missing";
        assert_eq!(meanings, ["progress", "progress", "progress", "warning", missing, missing, missing]);
    }
}
