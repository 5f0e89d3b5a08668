//! What is answered to a refresh token: a new pair, the same pair once more, or that it was stolen.
//!
//! A refresh token is exchanged for one child and no other. Whoever presents it again gets the same child, for
//! [`GRACE`] in any case (two tabs, or two calls of an old client, refresh at once), and after that for as long as the
//! child has never been presented: then the answer was lost, and nobody has the child. Once the child has been
//! presented and the grace is over, only somebody who should not have it presents the parent, and the session is
//! revoked. So a session has one live chain of tokens, a client that lost an answer is never signed out, and
//! a stolen token is good for no more than the chain that its owner uses, too.

/// For how many seconds a refresh token that was exchanged is good for the same pair once more, whatever became of it.
pub const GRACE: u64 = 30;

/// How a refresh token was exchanged. Instants are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When: the `iat` of both children.
    pub at: u64,
    /// When the access token ends.
    pub access_until: u64,
    /// When the refresh token ends.
    pub refresh_until: u64,
    /// The key that signs both.
    pub kid: String,
}

/// A refresh token that is presented, and what is known of its session.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The token's name.
    pub token: &'a str,
    /// The name of the token that it is exchanged for.
    pub child: &'a str,
    /// The name of the session's token that has not been presented yet.
    pub newest: &'a str,
    /// How the token was exchanged, if that is still known: of the last exchange, and of those within the grace, it is.
    pub exchange: Option<&'a Exchange>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A new pair.
    Exchange,
    /// The pair that it was exchanged for.
    Again(Exchange),
    /// None: it was stolen, and its session is to be revoked.
    Theft,
}

/// Decides.
#[must_use]
pub fn decide(presented: Presented<'_>, now: u64) -> Decision {
    let Presented { token, child, newest, exchange } = presented;
    if token == newest {
        return Decision::Exchange;
    }
    match exchange {
        Some(exchange) if child == newest || now.saturating_sub(exchange.at) <= GRACE => {
            Decision::Again(exchange.clone())
        }
        _ => Decision::Theft,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::{Decision, Exchange, GRACE, Presented, decide};

    /// A session whose tokens are named by numbers, each the child of the one before; it keeps of its exchanges what the
    /// database keeps.
    #[derive(Default)]
    struct Session {
        newest: u32,
        exchanges: BTreeMap<u32, Exchange>,
        revoked: bool,
    }

    impl Session {
        /// Which token is got for that one.
        fn present(&mut self, token: u32, now: u64) -> Option<u32> {
            if self.revoked {
                return None;
            }
            let names = [token, token + 1, self.newest].map(|number| number.to_string());
            let [name, child, newest] = names.each_ref().map(String::as_str);
            let exchange = self.exchanges.get(&token);
            match decide(Presented { token: name, child, newest, exchange }, now) {
                Decision::Exchange => {
                    self.exchanges.retain(|_, exchange| exchange.at + GRACE >= now);
                    let kid = String::new();
                    let exchange = Exchange { at: now, access_until: now, refresh_until: now, kid };
                    self.exchanges.insert(token, exchange);
                    self.newest = token + 1;
                }
                Decision::Again(_) => {}
                Decision::Theft => {
                    self.revoked = true;
                    return None;
                }
            }
            Some(token + 1)
        }
    }

    /// What is presented: how much later, and which of the tokens there are, counted from the newest.
    fn presentations() -> impl Strategy<Value = Vec<(u64, u32)>> {
        let later = prop_oneof![Just(0), 1..=GRACE + 2, Just(3600)];
        prop::collection::vec((later, 0..5u32), 1..60)
    }

    proptest! {
        #[test]
        fn whoever_presents_whatever_whenever_there_is_one_chain_and_reuse_of_what_was_followed_up_ends_it(
            presentations in presentations()
        ) {
            let mut session = Session::default();
            // All that ever happened: when each token was first presented.
            let mut history = BTreeMap::<u32, u64>::new();
            let mut now = 1_000;
            for (later, behind) in presentations {
                now += later;
                let token = session.newest.saturating_sub(behind);
                let followed_up = history.contains_key(&(token + 1));
                let stale = history.get(&token).is_some_and(|at| now - at > GRACE);
                let alive = !session.revoked;
                let got = session.present(token, now);
                prop_assert_eq!(got, (alive && !(followed_up && stale)).then_some(token + 1));
                prop_assert_eq!(session.revoked, !alive || (followed_up && stale));
                if got.is_some() {
                    history.entry(token).or_insert(now);
                }
                let chain: BTreeSet<_> = history.keys().copied().collect();
                prop_assert!(chain.into_iter().eq(0..session.newest), "each token was exchanged for the next one");
                prop_assert!(!history.contains_key(&session.newest), "and the newest for none");
            }
        }

        #[test]
        fn a_client_that_loses_answers_is_never_signed_out(
            calls in prop::collection::vec((0..10_000u64, any::<bool>()), 1..60)
        ) {
            let mut session = Session::default();
            let (mut held, mut now) = (0, 1_000);
            for (later, lost) in calls {
                now += later;
                let got = session.present(held, now);
                prop_assert_eq!(got, Some(held + 1));
                held = if lost { held } else { held + 1 };
            }
        }

        #[test]
        fn tabs_that_share_a_token_and_refresh_within_the_grace_all_go_on(
            rounds in prop::collection::vec(prop::collection::vec(0..=GRACE / 2, 1..6), 1..20)
        ) {
            let mut session = Session::default();
            let mut now = 1_000;
            for (token, tabs) in (0..).zip(rounds) {
                now += 3600;
                for (tab, later) in tabs.into_iter().enumerate() {
                    // Each tab presents the old token late, and the first one its child meanwhile.
                    prop_assert_eq!(session.present(token, now + later), Some(token + 1));
                    if tab == 0 {
                        prop_assert_eq!(session.present(token + 1, now + later), Some(token + 2));
                        prop_assert_eq!(session.present(token + 2, now + later), Some(token + 3));
                    }
                }
                session = Session { newest: token + 1, ..Session::default() };
            }
        }

        #[test]
        fn a_thief_who_comes_after_the_owner_went_on_ends_the_session_for_both(
            steps in 2..20u32, stolen in 0..20u32, wait in GRACE + 1..100_000
        ) {
            let mut session = Session::default();
            let mut now = 1_000;
            for token in 0..steps {
                now += 1800;
                session.present(token, now);
            }
            let stolen = stolen % (steps - 1);
            prop_assert_eq!(session.present(stolen, now + wait), None);
            prop_assert_eq!(session.present(session.newest, now + wait), None);
        }
    }

    #[test]
    fn the_grace_ends_after_thirty_seconds_and_outlasts_a_clock_that_is_set_back() {
        let present = |now: u64| {
            let mut session = Session::default();
            session.present(0, 1_000);
            session.present(1, 1_001);
            session.present(0, now)
        };
        assert_eq!([900, 1_000, 1_030, 1_031].map(present), [Some(1), Some(1), Some(1), None]);
    }
}
