//! Hashing and checking passwords: argon2id with 19 MiB and two passes.
//!
//! Always holds: checking costs exactly one run of argon2 whether the user exists or not, so that the time it takes
//! says nothing; runs have threads of their own and a short queue, so that a flood of sign-ins costs neither memory
//! nor the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

use super::hash_pool::HashPool;
use crate::Error;

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;

/// Passes over that memory.
const PASSES: u32 = 2;

/// What an unknown user's password is compared with: same cost, no matching password.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2xpZGVydWxlLWRlY295$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password, hashed: the text that is stored.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    /// Shows nothing of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Too many wait for a hash already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many people sign in at once; try again in a few seconds")]
pub struct TooBusy;

/// Who goes first where several wait for a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    /// Somebody who comes from where the account's owner signed in before.
    Regular,
    /// Anybody else.
    Stranger,
}

/// Hashes and checks passwords, away from the threads that serve requests. A clone is the same hasher.
#[derive(Clone, Debug)]
pub struct Hasher {
    pool: Arc<HashPool>,
    runs: Arc<AtomicU64>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { pool: Arc::new(HashPool::new()), runs: Arc::default() }
    }
}

impl Hasher {
    /// Hashes a new password.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many wait already; or the machine has no randomness or no memory.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, Error> {
        let failed = |why: &str| Error::Failed(format!("the password could not be hashed: {why}"));
        let runs = Arc::clone(&self.runs);
        let hash = move || {
            runs.fetch_add(1, Ordering::Relaxed);
            argon2()?.hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string())
        };
        let hashed = self.pool.run(Precedence::Stranger, hash).await?;
        let text = hashed.ok_or_else(|| failed("it broke"))?.map_err(|error| failed(&error.to_string()))?;
        Ok(PasswordHash(text))
    }

    /// Whether the password is the one of that hash; never, without a hash, after the same work.
    ///
    /// # Errors
    /// Too many wait already.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<PasswordHash>,
        precedence: Precedence,
    ) -> Result<bool, TooBusy> {
        let known = hash.is_some();
        let text = hash.map_or_else(|| DECOY.to_owned(), |hash| hash.0);
        let runs = Arc::clone(&self.runs);
        let check = move || {
            runs.fetch_add(1, Ordering::Relaxed);
            let parsed = Phc::new(&text).ok()?;
            argon2().ok()?.verify_password(password.expose_secret().as_bytes(), &parsed).ok()
        };
        Ok(self.pool.run(precedence, check).await?.flatten().is_some() && known)
    }

    /// How often argon2 has run.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// How many hashes run now, and how many callers wait for their turn.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        self.pool.load()
    }
}

fn argon2() -> Result<Argon2<'static>, argon2::password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::{DECOY, Hasher, Precedence};

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right_and_each_answer_costs_one_run() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse".into()).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        let verify = async |password: &str, hash| {
            let runs = hasher.runs();
            let right = hasher.verify(password.into(), hash, Precedence::Stranger).await.unwrap();
            (right, hasher.runs() - runs)
        };
        assert_eq!(verify("correct horse", Some(hash.clone())).await, (true, 1));
        assert_eq!(verify("Correct horse", Some(hash)).await, (false, 1));
        assert_eq!(verify("correct horse", None).await, (false, 1));
    }

    #[test]
    fn the_decoy_is_a_hash_like_any_other() {
        let parsed = super::Phc::new(DECOY).unwrap();
        assert_eq!(parsed.hash.unwrap().len(), 32);
    }
}
