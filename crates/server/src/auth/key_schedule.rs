//! When a key is made, signs, verifies and goes.
//!
//! Each key is published before it signs, so that whoever keeps a copy of the published keys has it by then, and
//! verifies until the last token it signed has ended. So a change of keys is noticed by nobody. Instants are seconds
//! since 1970.

/// How long a key is published before it signs: longer than anybody may keep a copy of the published keys.
pub const LEAD: u64 = 60 * 60;

/// How much longer a key verifies than its last token lives.
const MARGIN: u64 = 5 * 60;

/// How long keys serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTerms {
    /// How long each signs.
    pub signs_for: u64,
    /// How long its tokens live at most.
    pub tokens_live: u64,
}

/// A key, as far as time is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTimes {
    /// What it is named by.
    pub kid: String,
    /// When it was made.
    pub made_at: u64,
    /// From when on it signs, until a later one does.
    pub signs_from: u64,
    /// Until when its tokens are good; `None` as long as no later key is known.
    pub verifies_until: Option<u64>,
}

/// What is to be done about keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Make a key that signs from then on.
    Make {
        /// When.
        signs_from: u64,
    },
    /// Note until when a key verifies.
    Verify {
        /// Which.
        kid: String,
        /// Until when.
        until: Option<u64>,
    },
    /// Remove a key whose last token has ended.
    Remove {
        /// Which.
        kid: String,
    },
}

/// What is to be done about these keys now; nothing once it is done.
#[must_use]
pub fn due(keys: &[KeyTimes], now: u64, terms: KeyTerms) -> Vec<Due> {
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort_by_key(|key| (key.signs_from, &key.kid));
    let mut due = Vec::new();
    let next_at = keys.last().map(|newest| newest.signs_from.saturating_add(terms.signs_for));
    if signing(keys.iter().copied(), now).is_none() {
        due.push(Due::Make { signs_from: now });
    } else if next_at.is_some_and(|next_at| next_at <= now.saturating_add(LEAD)) {
        due.push(Due::Make { signs_from: now.saturating_add(LEAD) });
    }
    let successors = keys.iter().skip(1).map(Some).chain([None]);
    for (key, successor) in keys.iter().zip(successors) {
        // Never earlier than noted: its tokens may have been signed when they lived longer.
        let until = successor.map(|next| {
            let last = next.signs_from.saturating_add(terms.tokens_live).saturating_add(MARGIN);
            last.max(key.verifies_until.unwrap_or(0))
        });
        if until.is_some_and(|until| until <= now) {
            due.push(Due::Remove { kid: key.kid.clone() });
        } else if until != key.verifies_until {
            due.push(Due::Verify { kid: key.kid.clone(), until });
        }
    }
    due
}

/// The key that signs now: the one that began last.
pub fn signing<'a>(keys: impl Iterator<Item = &'a KeyTimes>, now: u64) -> Option<&'a KeyTimes> {
    keys.filter(|key| key.signs_from <= now).max_by_key(|key| (key.signs_from, &key.kid))
}

#[cfg(test)]
mod tests {
    use super::{Due, KeyTerms, KeyTimes, LEAD, MARGIN, due, signing};

    const DAY: u64 = 24 * 60 * 60;
    const TERMS: KeyTerms = KeyTerms { signs_for: 30 * DAY, tokens_live: DAY };

    /// Keys that are looked after every `step` seconds.
    #[derive(Default)]
    struct Kept {
        keys: Vec<KeyTimes>,
        made: usize,
    }

    impl Kept {
        fn keep(&mut self, now: u64) {
            loop {
                let due = due(&self.keys, now, TERMS);
                if due.is_empty() {
                    return;
                }
                for due in due {
                    self.apply(due, now);
                }
            }
        }

        fn apply(&mut self, due: Due, now: u64) {
            match due {
                Due::Make { signs_from } => {
                    self.made += 1;
                    let kid = format!("{:03}", self.made);
                    self.keys.push(KeyTimes { kid, made_at: now, signs_from, verifies_until: None });
                }
                Due::Verify { kid, until } => {
                    self.keys.iter_mut().find(|key| key.kid == kid).unwrap().verifies_until = until;
                }
                Due::Remove { kid } => self.keys.retain(|key| key.kid != kid),
            }
        }

        fn signing(&self, now: u64) -> &KeyTimes {
            signing(self.keys.iter(), now).expect("a key signs")
        }
    }

    #[test]
    fn over_a_year_every_token_is_verified_until_it_ends_by_a_key_that_was_published_before() {
        let mut kept = Kept::default();
        kept.keep(0);
        let mut signed = Vec::new();
        for now in (0..365 * DAY).step_by(600) {
            kept.keep(now);
            let key = kept.signing(now);
            assert!(key.made_at == 0 || key.made_at + LEAD <= now, "{key:?} signs at {now}");
            signed.push((key.kid.clone(), now + TERMS.tokens_live));
            signed.retain(|(kid, ends)| {
                assert!(kept.keys.iter().any(|key| key.kid == *kid), "{kid} is gone at {now}");
                *ends > now
            });
            assert!(kept.keys.len() <= 3);
        }
        assert_eq!(kept.made, 13, "one every thirty days, and the next one");
    }

    #[test]
    fn a_key_that_is_made_by_hand_follows_like_any_other() {
        let mut kept = Kept::default();
        kept.keep(0);
        kept.apply(Due::Make { signs_from: 10 }, 10);
        kept.keep(10);
        assert_eq!(kept.signing(10).kid, "002");
        assert_eq!(kept.keys[0].verifies_until, Some(10 + DAY + MARGIN));
        kept.keep(10 + DAY + MARGIN);
        assert_eq!(kept.keys.len(), 1);
    }

    #[test]
    fn when_the_signing_key_is_taken_away_another_signs_at_once() {
        let mut kept = Kept::default();
        kept.keep(0);
        kept.apply(Due::Make { signs_from: 100 + LEAD }, 100);
        kept.keep(100);
        kept.apply(Due::Remove { kid: "001".into() }, 200);
        kept.keep(200);
        assert_eq!(kept.signing(200).kid, "003");
        assert_eq!(kept.signing(100 + LEAD).kid, "002", "the one that was to follow still does");
        kept.apply(Due::Remove { kid: "002".into() }, 300);
        kept.keep(300);
        assert_eq!(kept.keys[0].verifies_until, None, "the newest one verifies until there is a later one");
    }

    #[test]
    fn shorter_lives_end_no_token_that_was_promised_a_longer_one() {
        let key = |kid: &str, signs_from, verifies_until| KeyTimes {
            kid: kid.into(),
            made_at: 0,
            signs_from,
            verifies_until,
        };
        let keys = [key("a", 0, Some(10 * DAY)), key("b", DAY, None)];
        assert_eq!(due(&keys, 5 * DAY, TERMS), []);
        assert_eq!(due(&keys, 10 * DAY, TERMS), [Due::Remove { kid: "a".into() }]);
    }
}
