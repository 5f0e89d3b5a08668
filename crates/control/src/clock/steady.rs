//! Steady time from what a machine's clocks show; no I/O.
//!
//! Within one boot of the machine steady time is the time since the boot plus an offset that is fixed at the first
//! start in that boot, so that jumps of the wall clock, also between two starts, move nothing. In a new boot it goes
//! on from the wall clock, or from the last instant that was saved if that is later: it never goes back.

use serde::{Deserialize, Serialize};
use sliderule_provisioning::time::Moment;

/// What a machine's clocks show at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Names the boot of the machine.
    pub boot_id: String,
    /// Milliseconds since that boot, sleep included.
    pub boottime_ms: i64,
    /// Milliseconds since 1970 by the wall clock.
    pub wall_ms: i64,
}

/// What of steady time must survive a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The boot in which it was saved.
    pub boot_id: String,
    /// Steady time less the time since the boot.
    pub offset_ms: i64,
    /// The steady time at which it was saved.
    pub last_ms: i64,
}

impl Anchor {
    /// One line of JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Text and numbers can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what [`to_text`](Self::to_text) made; `None` if it is something else.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Steady time within one boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steady {
    boot_id: String,
    offset_ms: i64,
}

impl Steady {
    /// Goes on from what was saved.
    #[must_use]
    pub fn resume(saved: Option<Anchor>, reading: &Reading) -> Self {
        let boot_id = reading.boot_id.clone();
        let offset_ms = match saved {
            Some(anchor) if anchor.boot_id == boot_id => anchor.offset_ms,
            earlier => {
                let not_before = earlier.map_or(i64::MIN, |anchor| anchor.last_ms);
                reading.wall_ms.max(not_before).saturating_sub(reading.boottime_ms)
            }
        };
        Self { boot_id, offset_ms }
    }

    /// The steady time of a reading in this boot.
    #[must_use]
    pub fn now(&self, reading: &Reading) -> Moment {
        Moment(reading.boottime_ms.saturating_add(self.offset_ms))
    }

    /// What the wall clock shows at `moment`, by how it is set at the reading.
    #[must_use]
    pub fn wall(&self, moment: Moment, reading: &Reading) -> Moment {
        Moment(moment.0.saturating_add(reading.wall_ms.saturating_sub(self.now(reading).0)))
    }

    /// What to save. Saved now and then, a new boot goes on from no earlier than the last time.
    #[must_use]
    pub fn anchor(&self, reading: &Reading) -> Anchor {
        Anchor { boot_id: self.boot_id.clone(), offset_ms: self.offset_ms, last_ms: self.now(reading).0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;

    /// What happens to a machine between two readings.
    #[derive(Clone, Debug)]
    enum Event {
        Passes(i64),
        WallJumps(i64),
        ServerRestarts,
        /// The machine is off for a while, and may come back with a wall clock that is wrong.
        Boots {
            off: i64,
            wrong_by: i64,
        },
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            (0..HOUR).prop_map(Event::Passes),
            (-3 * HOUR..3 * HOUR).prop_map(Event::WallJumps),
            Just(Event::ServerRestarts),
            (0..HOUR, -3 * HOUR..3 * HOUR).prop_map(|(off, wrong_by)| Event::Boots { off, wrong_by }),
        ];
        prop::collection::vec(event, 0..40)
    }

    struct Machine {
        boots: u32,
        boottime_ms: i64,
        wall_ms: i64,
    }

    impl Machine {
        fn reading(&self) -> Reading {
            let boot_id = format!("boot-{}", self.boots);
            Reading { boot_id, boottime_ms: self.boottime_ms, wall_ms: self.wall_ms }
        }
    }

    proptest! {
        #[test]
        fn it_never_goes_back_and_within_a_boot_counts_what_passes_and_nothing_else(events in events()) {
            let mut machine = Machine { boots: 1, boottime_ms: 5 * HOUR, wall_ms: 500_000 * HOUR };
            let mut steady = Steady::resume(None, &machine.reading());
            prop_assert_eq!(steady.now(&machine.reading()), Moment(machine.wall_ms));
            for event in events {
                let before = steady.now(&machine.reading());
                let saved = Anchor::from_text(&steady.anchor(&machine.reading()).to_text());
                let (mut passed, mut booted) = (0, false);
                match event {
                    Event::Passes(time) => {
                        passed = time;
                        machine.boottime_ms += time;
                        machine.wall_ms += time;
                    }
                    Event::WallJumps(by) => machine.wall_ms += by,
                    Event::ServerRestarts => steady = Steady::resume(saved, &machine.reading()),
                    Event::Boots { off, wrong_by } => {
                        booted = true;
                        machine = Machine {
                            boots: machine.boots + 1,
                            boottime_ms: 20_000,
                            wall_ms: machine.wall_ms + off + wrong_by,
                        };
                        steady = Steady::resume(saved, &machine.reading());
                    }
                }
                let now = steady.now(&machine.reading());
                if booted {
                    prop_assert_eq!(now, before.max(Moment(machine.wall_ms)));
                } else {
                    prop_assert_eq!(now.0 - before.0, passed);
                }
                prop_assert_eq!(steady.wall(now, &machine.reading()), Moment(machine.wall_ms));
            }
        }
    }

    #[test]
    fn an_hour_s_jump_between_two_starts_in_one_boot_moves_nothing() {
        let first = Reading { boot_id: "a".to_owned(), boottime_ms: 1_000, wall_ms: 900_000_000 };
        let steady = Steady::resume(None, &first);
        let jumped = Reading { boottime_ms: 2_000, wall_ms: first.wall_ms - HOUR, ..first.clone() };
        let again = Steady::resume(Some(steady.anchor(&first)), &jumped);
        assert_eq!(again, steady);
        assert_eq!(again.now(&jumped), Moment(900_001_000));
        // People are shown what their clocks show.
        assert_eq!(again.wall(Moment(900_001_000), &jumped), Moment(jumped.wall_ms));
    }

    #[test]
    fn what_is_no_anchor_is_none() {
        for text in ["", "{}", "900000", "{\"boot_id\":1}"] {
            assert_eq!(Anchor::from_text(text), None, "{text}");
        }
    }
}
