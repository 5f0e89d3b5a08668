//! The keys of this moment, and the tokens that were verified with them.
//!
//! A key ring never changes; another one takes its place. So whatever is remembered of a key's tokens goes with the key.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use sliderule_api::keys::JsonWebKeys;
use sliderule_api::tokens::Claims;

use super::SigningKey;
use super::key_schedule::{KeyTimes, signing};

/// Verified tokens remembered at most, some 500 bytes each; beyond, all are forgotten and verified again.
const REMEMBERED: usize = 32_768;

/// A key with its times.
#[derive(Debug)]
pub struct TimedKey {
    /// The key.
    pub key: SigningKey,
    /// When it signs and verifies.
    pub times: KeyTimes,
}

/// The keys of this moment.
#[derive(Debug, Default)]
pub(super) struct KeyRing {
    keys: Vec<TimedKey>,
    verified: Mutex<HashMap<[u8; 32], Claims>>,
}

impl KeyRing {
    /// The ring of these keys, the one that began to sign last first.
    pub(super) fn new(mut keys: Vec<TimedKey>) -> Self {
        keys.sort_by_key(|timed| Reverse(timed.times.signs_from));
        Self { keys, verified: Mutex::default() }
    }

    /// Whether these are its keys, with these times.
    pub(super) fn is_of(&self, keys: &[TimedKey]) -> bool {
        let same = |other: &TimedKey| self.keys.iter().any(|own| own.times == other.times);
        self.keys.len() == keys.len() && keys.iter().all(same)
    }

    /// The key that signs now.
    pub(super) fn signing(&self, now: u64) -> Option<&SigningKey> {
        self.named(&signing(self.keys.iter().map(|key| &key.times), now)?.kid)
    }

    /// The key of that name.
    pub(super) fn named(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().map(|timed| &timed.key).find(|key| key.kid() == kid)
    }

    /// The public halves of all keys.
    pub(super) fn public(&self) -> JsonWebKeys {
        JsonWebKeys { keys: self.keys.iter().map(|timed| timed.key.public()).collect() }
    }

    /// The claims of a token that one of the keys signed.
    pub(super) fn claims(&self, token: &str, now: u64) -> Option<Claims> {
        self.verifying(token, now)?.claims(token)
    }

    /// Likewise, of a token that comes often: a stream of small requests would otherwise spend its time on signatures.
    pub(super) fn remembered_claims(&self, token: &str, now: u64) -> Option<Claims> {
        let key = self.verifying(token, now)?;
        let hash: [u8; 32] = Sha256::digest(token).into();
        let verified = || self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = verified().get(&hash).cloned();
        if remembered.is_some() {
            return remembered;
        }
        let claims = key.claims(token)?;
        let mut verified = verified();
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(hash, claims.clone());
        Some(claims)
    }

    fn verifying(&self, token: &str, now: u64) -> Option<&SigningKey> {
        let verifies = |timed: &&TimedKey| timed.times.verifies_until.is_none_or(|until| now < until);
        self.keys.iter().filter(verifies).map(|timed| &timed.key).find(|key| key.is_named_in(token))
    }
}
