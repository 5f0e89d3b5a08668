//! Hashing and checking passwords: argon2id with 19 MiB and two passes.
//!
//! Always holds: checking costs exactly one hash whether the user exists or not, so that the time it
//! takes says nothing; no more hashes run at once than there are processors, and no more than
//! [`WAITING`] callers wait for them, so that a flood of sign-ins and sign-ups costs neither memory nor the service.
//! A hash cannot be stopped once it runs: it counts until it is done, even if its caller hung up.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::Error;

/// Callers that may wait for a hash or have one running; more are turned away.
const WAITING: usize = 32;

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

/// Hashes and checks passwords, away from the threads that serve requests. A clone shares turns and count.
#[derive(Clone, Debug)]
pub struct Hasher {
    waiting: Arc<Semaphore>,
    running: Arc<Semaphore>,
    runs: Arc<AtomicU64>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(WAITING)),
            running: Arc::new(Semaphore::new(available_parallelism().map_or(1, NonZero::get))),
            runs: Arc::default(),
        }
    }
}

impl Hasher {
    /// Hashes a new password.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many wait already; or the machine has no randomness or no memory.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, Error> {
        let failed = |why: &str| Error::Failed(format!("the password could not be hashed: {why}"));
        let work =
            move || argon2()?.hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string());
        let hashed = self.take_turns(work).await?.ok_or_else(|| failed("it broke"))?;
        hashed.map(PasswordHash).map_err(|error| failed(&error.to_string()))
    }

    /// How often argon2 has run.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Whether the password is the one of that hash; never, without a hash, after the same work.
    ///
    /// # Errors
    /// Too many wait already.
    pub async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<bool, TooBusy> {
        let known = hash.is_some();
        let text = hash.map_or_else(|| DECOY.to_owned(), |hash| hash.0);
        let check = move || {
            let parsed = Phc::new(&text).ok()?;
            argon2().ok()?.verify_password(password.expose_secret().as_bytes(), &parsed).ok()
        };
        Ok(self.take_turns(check).await?.flatten().is_some() && known)
    }

    /// Does the work when it is its turn; `None` if it broke. The permits go with the work, because the
    /// work goes on when the caller is dropped.
    async fn take_turns<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, TooBusy> {
        let waits = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| TooBusy)?;
        let runs = Arc::clone(&self.running).acquire_owned().await.map_err(|_| TooBusy)?;
        let counted = Arc::clone(&self.runs);
        let working = tokio::task::spawn_blocking(move || {
            let _permits = (waits, runs);
            counted.fetch_add(1, Ordering::Relaxed);
            work()
        });
        Ok(working.await.ok())
    }
}

fn argon2() -> Result<Argon2<'static>, argon2::password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::{DECOY, Hasher, PasswordHash, TooBusy, WAITING};

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse".into()).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert_eq!(hasher.verify("correct horse".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(hasher.verify("Correct horse".into(), Some(hash)).await, Ok(false));
        assert_eq!(hasher.verify("correct horse".into(), None).await, Ok(false));
    }

    #[test]
    fn the_decoy_is_a_hash_like_any_other() {
        let parsed = super::Phc::new(DECOY).unwrap();
        assert_eq!(parsed.hash.unwrap().len(), 32);
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_instead_of_queued_without_end() {
        let hasher = Hasher::default();
        let _all = hasher.waiting.acquire_many(u32::try_from(WAITING).unwrap()).await.unwrap();
        assert_eq!(hasher.verify("any".into(), Some(PasswordHash::stored(DECOY.into()))).await, Err(TooBusy));
    }

    #[tokio::test]
    async fn work_counts_until_it_is_done_even_if_its_caller_hangs_up() {
        let hasher = Hasher::default();
        let (all_waiting, all_running) =
            (hasher.waiting.available_permits(), hasher.running.available_permits());
        let (finish, told) = mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let caller = hasher.take_turns(move || {
            begin.send(()).unwrap();
            told.recv()
        });
        tokio::select! {
            _ = caller => unreachable!("the work waits to be told"),
            begun = begun => begun.unwrap(),
        }
        assert_eq!(hasher.waiting.available_permits(), all_waiting - 1);
        assert_eq!(hasher.running.available_permits(), all_running - 1);
        finish.send(()).unwrap();
        let all = u32::try_from(all_running).unwrap();
        drop(hasher.running.acquire_many(all).await.unwrap());
    }

    #[tokio::test]
    async fn a_caller_that_hangs_up_before_its_turn_leaves_the_queue() {
        let hasher = Hasher::default();
        let all = u32::try_from(hasher.running.available_permits()).unwrap();
        let _busy = hasher.running.acquire_many(all).await.unwrap();
        let queued = hasher.take_turns(|| ());
        tokio::select! {
            biased;
            _ = queued => unreachable!("it is not its turn"),
            () = async {} => {}
        }
        assert_eq!(hasher.waiting.available_permits(), WAITING);
    }
}
