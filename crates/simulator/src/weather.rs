//! What goes wrong with servers, and when: calm times and storms, each kind by its own dice.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sliderule_engines::sim::Dice;
use sliderule_provisioning::time::Moment;

use crate::kinds::Kind;

const MINUTE: Duration = Duration::from_secs(60);

/// When a call of a server goes wrong. Clones share their dice.
#[derive(Clone, Debug)]
pub struct Weather(Arc<Mutex<Vec<Spell>>>);

/// One kind's times.
#[derive(Debug)]
struct Spell {
    kind: Kind,
    dice: Dice,
    stormy: bool,
    until: Moment,
}

impl Weather {
    /// Trouble of these kinds, drawn from `seed`, from `now` on.
    #[must_use]
    pub fn drawn(seed: u64, kinds: &[Kind], now: Moment) -> Self {
        let of_calls = [Kind::Crash, Kind::StoreFails, Kind::Slow];
        let spells = of_calls.into_iter().filter(|kind| kinds.contains(kind)).map(|kind| {
            let mut dice = Dice::new(seed, kind.name());
            let until = now.after(dice.duration(MINUTE, 2000 * MINUTE));
            Spell { kind, dice, stormy: false, until }
        });
        Self(Arc::new(Mutex::new(spells.collect())))
    }

    /// From now on nothing goes wrong.
    pub fn calm(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether that goes wrong at this call.
    #[must_use]
    pub fn strikes(&self, kind: Kind, now: Moment) -> bool {
        self.with(kind, now, |spell| {
            let once_in = match (spell.kind, spell.stormy) {
                (Kind::Crash, false) => 20_000,
                (Kind::Crash, true) => 25,
                (Kind::StoreFails, false) => 50_000,
                (Kind::StoreFails, true) => 8,
                (_, false) => 3000,
                (_, true) => 5,
            };
            spell.dice.one_in(once_in)
        })
        .unwrap_or(false)
    }

    /// For how long a slow call is held up: mostly moments, at times a minute.
    #[must_use]
    pub fn delay(&self, now: Moment) -> Duration {
        let delay = |spell: &mut Spell| {
            let longest = if spell.dice.one_in(8) { MINUTE } else { MINUTE / 12 };
            spell.dice.duration(Duration::from_millis(1), longest)
        };
        self.with(Kind::Slow, now, delay).unwrap_or_default()
    }

    fn with<T>(&self, kind: Kind, now: Moment, ask: impl FnOnce(&mut Spell) -> T) -> Option<T> {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spell = spells.iter_mut().find(|spell| spell.kind == kind)?;
        while spell.until <= now {
            spell.stormy = !spell.stormy;
            let (shortest, longest) =
                if spell.stormy { (3 * MINUTE, 20 * MINUTE) } else { (720 * MINUTE, 4000 * MINUTE) };
            spell.until = spell.until.after(spell.dice.duration(shortest, longest));
        }
        Some(ask(spell))
    }
}
