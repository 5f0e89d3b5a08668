//! What can go wrong, and what can come from outside, by name: each can be switched off.

use sliderule_engines::sim::Fault;

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The engine's.
    Engine(Fault),
    /// The server ends between any two effects, and between a commit and its answer.
    Crash,
    /// The server is gone for hours or days, also over the end of a month.
    Downtime,
    /// The store fails.
    StoreFails,
    /// Calls take a while, in which other things happen.
    Slow,
    /// An old server goes on although a new one has begun.
    StaleWriter,
    /// The wall clock jumps by an hour.
    ClockJump,
    /// Prices change.
    Price,
    /// Bills are corrected, late.
    Bill,
    /// Credits are withdrawn.
    Withdrawn,
    /// Owners destroy, deploy, and change minimum and release; operators suspend.
    ByHand,
}

impl Kind {
    /// Every kind.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let own = [
            Self::Crash,
            Self::Downtime,
            Self::StoreFails,
            Self::Slow,
            Self::StaleWriter,
            Self::ClockJump,
            Self::Price,
            Self::Bill,
            Self::Withdrawn,
            Self::ByHand,
        ];
        Fault::ALL.into_iter().map(Self::Engine).chain(own).collect()
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Engine(fault) => fault.name(),
            Self::Crash => "crash",
            Self::Downtime => "downtime",
            Self::StoreFails => "store-fails",
            Self::Slow => "slow",
            Self::StaleWriter => "stale-writer",
            Self::ClockJump => "clock-jump",
            Self::Price => "price",
            Self::Bill => "bill",
            Self::Withdrawn => "withdrawn",
            Self::ByHand => "by-hand",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in Kind::all() {
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        assert_eq!(Kind::named("boredom"), None);
    }
}
