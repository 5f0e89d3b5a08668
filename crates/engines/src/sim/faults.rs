//! What goes wrong, and when: each kind of fault has quiet times and times in which it strikes.
//!
//! Every kind draws from a stream of its own, so that switching one off leaves all others as they were; that is what
//! lets a failing simulation be made smaller.

use std::time::Duration;

use sliderule_provisioning::time::Moment;

use super::dice::Dice;

/// A kind of fault of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A call succeeded, and its answer is lost.
    LostAnswer,
    /// A call is carried out twice, the second time a while later.
    Duplicated,
    /// Listings show what was, up to 300 s ago.
    StaleListing,
    /// No node can be started.
    NoCapacity,
    /// Of several nodes only some are started.
    PartialBatch,
    /// A node takes longer than the boot bound.
    SlowBoot,
    /// A node never registers.
    NeverBoots,
    /// A node ends by itself.
    NodeDies,
    /// A node's runner is gone, and the node is not.
    RunnerDies,
    /// Telling a node to end has no effect for a while.
    EndIgnored,
    /// A node outlives its lease and its tail, whatever it is told.
    Outlives,
    /// Calls are refused because there were too many.
    Throttled,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::LostAnswer,
        Self::Duplicated,
        Self::StaleListing,
        Self::NoCapacity,
        Self::PartialBatch,
        Self::SlowBoot,
        Self::NeverBoots,
        Self::NodeDies,
        Self::RunnerDies,
        Self::EndIgnored,
        Self::Outlives,
        Self::Throttled,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LostAnswer => "lost-answer",
            Self::Duplicated => "duplicated",
            Self::StaleListing => "stale-listing",
            Self::NoCapacity => "no-capacity",
            Self::PartialBatch => "partial-batch",
            Self::SlowBoot => "slow-boot",
            Self::NeverBoots => "never-boots",
            Self::NodeDies => "node-dies",
            Self::RunnerDies => "runner-dies",
            Self::EndIgnored => "end-ignored",
            Self::Outlives => "outlives",
            Self::Throttled => "throttled",
        }
    }

    /// How many times in a thousand it strikes while it can.
    fn odds(self) -> u64 {
        match self {
            Self::NoCapacity | Self::StaleListing => 1000,
            Self::PartialBatch | Self::Throttled => 500,
            Self::LostAnswer | Self::Duplicated | Self::EndIgnored | Self::NeverBoots => 300,
            Self::SlowBoot | Self::NodeDies => 200,
            Self::RunnerDies | Self::Outlives => 150,
        }
    }
}

/// When which fault strikes.
#[derive(Clone, Debug)]
pub struct Faults {
    kinds: Vec<Episodes>,
}

/// One kind's times.
#[derive(Clone, Debug)]
struct Episodes {
    kind: Fault,
    dice: Dice,
    active: bool,
    /// When it becomes active or quiet next.
    until: Moment,
    /// How old listings are at most during this episode.
    staleness: Duration,
}

const HOUR: Duration = Duration::from_secs(3600);

impl Faults {
    /// No faults at all.
    #[must_use]
    pub fn none() -> Self {
        Self { kinds: Vec::new() }
    }

    /// Faults of these kinds, drawn from `seed`, from `now` on.
    #[must_use]
    pub fn drawn(seed: u64, kinds: &[Fault], now: Moment) -> Self {
        let kinds = kinds.iter().map(|&kind| {
            let mut dice = Dice::new(seed, kind.name());
            let until = now.after(dice.duration(Duration::ZERO, 48 * HOUR));
            Episodes { kind, dice, active: false, until, staleness: Duration::ZERO }
        });
        Self { kinds: kinds.collect() }
    }

    /// Whether that fault strikes now.
    pub fn strikes(&mut self, kind: Fault, now: Moment) -> bool {
        self.episode(kind, now).is_some_and(|episode| episode.active && episode.dice.chance(kind.odds()))
    }

    /// How old a listing may be now, and how old it is.
    pub fn staleness(&mut self, now: Moment) -> (Duration, Duration) {
        match self.episode(Fault::StaleListing, now) {
            Some(episode) if episode.active => {
                (episode.staleness, episode.dice.duration(Duration::ZERO, episode.staleness))
            }
            _ => (Duration::ZERO, Duration::ZERO),
        }
    }

    /// A duration from that fault's own stream.
    pub fn duration(&mut self, kind: Fault, from: Duration, to: Duration) -> Duration {
        let found = self.kinds.iter_mut().find(|episode| episode.kind == kind);
        found.map_or(from, |episode| episode.dice.duration(from, to))
    }

    fn episode(&mut self, kind: Fault, now: Moment) -> Option<&mut Episodes> {
        let episode = self.kinds.iter_mut().find(|episode| episode.kind == kind)?;
        while episode.until <= now {
            episode.active = !episode.active;
            let (shortest, longest) =
                if episode.active { (HOUR / 6, 4 * HOUR) } else { (6 * HOUR, 72 * HOUR) };
            episode.until = episode.until.after(episode.dice.duration(shortest, longest));
            episode.staleness = episode.dice.duration(Duration::from_secs(5), Duration::from_secs(300));
        }
        Some(episode)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults};
    use sliderule_provisioning::time::Moment;

    fn story(kinds: &[Fault]) -> Vec<bool> {
        let mut faults = Faults::drawn(3, kinds, Moment(0));
        (0..2000).map(|minute| faults.strikes(Fault::LostAnswer, Moment(minute * 600_000))).collect()
    }

    #[test]
    fn a_fault_strikes_at_times_and_switching_another_off_does_not_move_it() {
        let all = story(&Fault::ALL);
        assert!(all.contains(&true) && all.contains(&false));
        assert_eq!(all, story(&[Fault::LostAnswer]));
        assert!(!story(&[Fault::Throttled]).contains(&true), "what is off does not strike");
    }

    #[test]
    fn a_listing_is_never_older_than_it_may_be() {
        let mut faults = Faults::drawn(3, &Fault::ALL, Moment(0));
        let ages = (0..2000).map(|minute| faults.staleness(Moment(minute * 600_000)));
        let ages: Vec<_> = ages.collect();
        assert!(ages.iter().all(|(bound, age)| age <= bound && bound.as_secs() <= 300));
        assert!(ages.iter().any(|(bound, _)| bound.as_secs() > 60));
    }
}
