//! Browsers that are on their way to GitHub and back. Pure: time and randomness come in as arguments.
//!
//! Three secrets belong to a flow. `state` goes to GitHub and comes back in the browser's address; `flow` stays in the
//! browser that began, so that a `code` and a `state` that somebody saw in an address are good for nothing without it;
//! the verifier (PKCE) stays here, so that a `code` is good for nothing elsewhere.
//!
//! Always holds: a flow is used once, within ten minutes; what is kept are hashes, of which none of the three can be
//! made; there are never more than [`OPEN`] flows, and the oldest give way to new ones.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sliderule_provisioning::time::Moment;

/// Flows that are open at once.
const OPEN: usize = 10_000;

/// How long somebody may take at GitHub.
const LIFETIME: Duration = Duration::from_secs(600);

/// What somebody went to GitHub for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To link their GitHub account with the user of that number.
    Link(i64),
}

/// A flow that begins.
pub struct BegunFlow {
    /// For the browser to keep.
    pub flow: String,
    /// For GitHub to send back.
    pub state: String,
    /// The hash of the verifier, for GitHub to keep.
    pub challenge: String,
}

impl std::fmt::Debug for BegunFlow {
    /// Shows no secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BegunFlow(..)")
    }
}

/// The flows that are open.
pub struct Flows {
    /// What verifiers are derived with, so that they need not be kept.
    key: [u8; 32],
    open: HashMap<[u8; 32], Open>,
    /// The oldest first; also those that were used.
    order: VecDeque<[u8; 32]>,
}

struct Open {
    state: [u8; 32],
    purpose: Purpose,
    begun: Moment,
}

impl std::fmt::Debug for Flows {
    /// Shows no secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flows").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

impl Flows {
    /// No flow yet. The key is random.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, open: HashMap::new(), order: VecDeque::new() }
    }

    /// Begins a flow with two random values.
    pub fn begin(&mut self, random: [[u8; 32]; 2], purpose: Purpose, now: Moment) -> BegunFlow {
        // What these begin with lets them be found where they do not belong.
        let [flow, state] = random.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let (flow, state) = (format!("srf_{flow}"), format!("srs_{state}"));
        while self.order.len() >= OPEN || self.oldest_is_over(now) {
            let Some(oldest) = self.order.pop_front() else { break };
            self.open.remove(&oldest);
        }
        let id = hash(&flow);
        self.open.insert(id, Open { state: hash(&state), purpose, begun: now });
        self.order.push_back(id);
        let challenge = URL_SAFE_NO_PAD.encode(hash(self.verifier(&flow).expose_secret()));
        BegunFlow { flow, state, challenge }
    }

    /// Ends a flow, whatever comes of it: what it was for, and its verifier, if it is open and `state` is its own.
    pub fn finish(&mut self, flow: &str, state: &str, now: Moment) -> Option<(Purpose, SecretString)> {
        let Open { state: expected, purpose, begun } = self.open.remove(&hash(flow))?;
        (expected == hash(state) && now.since(begun) < LIFETIME).then(|| (purpose, self.verifier(flow)))
    }

    /// Also once it was used.
    fn oldest_is_over(&self, now: Moment) -> bool {
        let oldest = self.order.front().map(|id| self.open.get(id));
        oldest.is_some_and(|open| open.is_none_or(|open| now.since(open.begun) >= LIFETIME))
    }

    /// 43 characters of those that a verifier may have.
    fn verifier(&self, flow: &str) -> SecretString {
        // A key of any length is a key.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return SecretString::default() };
        let verifier = mac.chain_update("verifier of ").chain_update(flow).finalize().into_bytes();
        SecretString::from(URL_SAFE_NO_PAD.encode(verifier))
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use sliderule_provisioning::time::Moment;

    use super::{BegunFlow, Flows, LIFETIME, OPEN, Purpose, URL_SAFE_NO_PAD, hash};
    use base64::Engine;

    fn begin(flows: &mut Flows, now: Moment) -> BegunFlow {
        flows.begin(rand::random(), Purpose::SignIn, now)
    }

    #[test]
    fn a_flow_ends_once_with_the_verifier_of_its_challenge() {
        let mut flows = Flows::new([7; 32]);
        let begun = flows.begin(rand::random(), Purpose::Link(5), Moment(0));
        let (purpose, verifier) = flows.finish(&begun.flow, &begun.state, Moment(1)).unwrap();
        assert_eq!(purpose, Purpose::Link(5));
        assert_eq!(verifier.expose_secret().len(), 43);
        assert_eq!(URL_SAFE_NO_PAD.encode(hash(verifier.expose_secret())), begun.challenge);
        assert!(flows.finish(&begun.flow, &begun.state, Moment(1)).is_none());
    }

    #[test]
    fn a_flow_is_good_for_its_own_state_only_and_for_no_second_try() {
        let mut flows = Flows::new([7; 32]);
        let (one, other) = (begin(&mut flows, Moment(0)), begin(&mut flows, Moment(0)));
        assert!(flows.finish(&one.flow, &other.state, Moment(1)).is_none());
        assert!(flows.finish(&one.flow, &one.state, Moment(1)).is_none());
        assert!(flows.finish("", &other.state, Moment(1)).is_none());
        assert!(flows.finish(&other.flow, &other.state, Moment(1)).is_some());
    }

    #[test]
    fn a_flow_lives_ten_minutes() {
        let mut flows = Flows::new([7; 32]);
        let begun = begin(&mut flows, Moment(0));
        assert!(flows.finish(&begun.flow, &begun.state, Moment(0).after(LIFETIME)).is_none());
    }

    #[test]
    fn the_oldest_flows_give_way_and_those_that_are_over_are_forgotten() {
        let mut flows = Flows::new([7; 32]);
        let (first, second) = (begin(&mut flows, Moment(0)), begin(&mut flows, Moment(0)));
        for _ in 0..OPEN - 1 {
            begin(&mut flows, Moment(1));
        }
        assert_eq!((flows.open.len(), flows.order.len()), (OPEN, OPEN));
        assert!(flows.finish(&first.flow, &first.state, Moment(2)).is_none());
        assert!(flows.finish(&second.flow, &second.state, Moment(2)).is_some());
        begin(&mut flows, Moment(1).after(LIFETIME));
        assert_eq!((flows.open.len(), flows.order.len()), (1, 1));
    }

    #[test]
    fn no_secret_is_shown_or_kept() {
        let mut flows = Flows::new([7; 32]);
        let begun = begin(&mut flows, Moment(0));
        assert_eq!(format!("{flows:?} {begun:?}"), "Flows { open: 1, .. } BegunFlow(..)");
    }
}
