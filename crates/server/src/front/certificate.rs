//! The certificate of the public listener, which is read again when its files change.
//!
//! Always holds: a connection goes on with the certificate it began with; new ones get the newest that could be used. Files
//! that cannot be used, or that do not belong together, are told once in the log and change nothing.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use sha2::{Digest, Sha256};
use sliderule_control::Clock;
use tokio::signal::unix::{SignalKind, signal};

use super::expiry;
use crate::config::Tls;
use crate::{Error, instants};

/// How often to look whether the files changed.
const LOOK: Duration = Duration::from_secs(5);

/// The certificate, with its key.
pub struct Certificate {
    files: Tls,
    config: RustlsConfig,
    /// The end of its validity in seconds since 1970; 0 if that is not known.
    not_after: AtomicU64,
    /// What was read last, whether it could be used or not.
    seen: Mutex<Seen>,
}

/// What was in the files, or that they could not be read.
type Seen = Option<[u8; 32]>;

/// What became of a look at the files.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    /// They are as they were.
    Unchanged,
    /// They hold another certificate, which is used from now on.
    Renewed,
    /// They cannot be used, and why; what was used before still is.
    Unusable(String),
}

impl Certificate {
    /// Reads it. rustls must have its provider by then.
    ///
    /// # Errors
    /// The files cannot be read, hold no certificate and key, or two that do not belong together.
    pub async fn read(files: Tls) -> Result<Arc<Self>, Error> {
        let unusable = |why: String| {
            let (cert, key) = (files.cert.display(), files.key.display());
            Error::Input(format!("the certificate {cert} and the key {key} cannot be used: {why}"))
        };
        let (cert, key) = contents(&files).await.map_err(unusable)?;
        let (seen, not_after) = (fingerprint(&cert, &key), expiry::not_after(&cert));
        let config = RustlsConfig::from_pem(cert, key).await.map_err(|error| unusable(error.to_string()))?;
        Ok(Arc::new(Self {
            config,
            not_after: AtomicU64::new(not_after.unwrap_or(0)),
            seen: Mutex::new(Some(seen)),
            files,
        }))
    }

    /// What the listener takes its connections with.
    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// The end of its validity in seconds since 1970, if that is known.
    #[must_use]
    pub fn not_after(&self) -> Option<u64> {
        Some(self.not_after.load(Ordering::Relaxed)).filter(|&end| end > 0)
    }

    /// Looks whether the files changed, and uses what they hold now if it can be used.
    pub async fn look(&self) -> Look {
        let (now, contents) = match contents(&self.files).await {
            Ok((cert, key)) => (Some(fingerprint(&cert, &key)), Ok((cert, key))),
            Err(why) => (None, Err(why)),
        };
        if std::mem::replace(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner), now) == now {
            return Look::Unchanged;
        }
        let (cert, key) = match contents {
            Ok(read) => read,
            Err(why) => return Look::Unusable(why),
        };
        let not_after = expiry::not_after(&cert);
        match self.config.reload_from_pem(cert, key).await {
            Ok(()) => {
                self.not_after.store(not_after.unwrap_or(0), Ordering::Relaxed);
                Look::Renewed
            }
            Err(error) => Look::Unusable(error.to_string()),
        }
    }

    /// Looks every few seconds, and at once when the process is told to (SIGHUP); warns before the certificate ends.
    pub async fn watch(self: Arc<Self>, clock: Arc<dyn Clock>) {
        let mut told = signal(SignalKind::hangup())
            .inspect_err(
                |error| tracing::warn!(%error, "SIGHUP cannot be heard; the files are looked at anyway"),
            )
            .ok();
        let mut warned = expiry::Warned::default();
        loop {
            let now = instants::seconds(clock.wall(clock.now()));
            if let Some(warning) = self.not_after().and_then(|end| warned.due(end, now)) {
                tracing::warn!("{warning}");
            }
            let hangup = async {
                match &mut told {
                    Some(told) => told.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = hangup => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            let cert = self.files.cert.display();
            match self.look().await {
                Look::Unchanged => {}
                Look::Renewed => tracing::info!(%cert, "a new certificate is used from now on"),
                Look::Unusable(why) => {
                    tracing::error!(%cert, why, "the new certificate cannot be used; the old one still is");
                }
            }
        }
    }
}

/// What is in the two files.
async fn contents(files: &Tls) -> Result<(Vec<u8>, Vec<u8>), String> {
    let read = async |path: &Path| {
        tokio::fs::read(path).await.map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    Ok((read(&files.cert).await?, read(&files.key).await?))
}

/// Tells what was read from everything else, without keeping a second copy of the key.
fn fingerprint(cert: &[u8], key: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(Sha256::digest(cert));
    digest.update(Sha256::digest(key));
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Certificate, Look, Tls};

    #[tokio::test]
    async fn what_changes_in_the_files_is_seen_once_and_used_if_it_can_be() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let files = Tls { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
        let put = |name: &str, end: &str, to: &Path| {
            let from = format!("{}/tests/tls/{name}.{end}", env!("CARGO_MANIFEST_DIR"));
            std::fs::copy(from, to).unwrap();
        };
        put("loopback", "pem", &files.cert);
        put("loopback", "key", &files.key);
        let certificate = Certificate::read(files.clone()).await.unwrap();
        let first = certificate.not_after();
        assert_eq!(certificate.look().await, Look::Unchanged);

        put("second", "pem", &files.cert);
        assert!(matches!(certificate.look().await, Look::Unusable(_)), "its key is not there yet");
        assert_eq!((certificate.look().await, certificate.not_after()), (Look::Unchanged, first));
        put("second", "key", &files.key);
        assert_eq!(certificate.look().await, Look::Renewed);
        assert!(certificate.not_after() > first);

        std::fs::remove_file(&files.key).unwrap();
        let Look::Unusable(why) = certificate.look().await else { panic!("it has no key") };
        assert!(why.contains("key.pem"), "{why}");
        put("second", "key", &files.key);
        assert_eq!(certificate.look().await, Look::Renewed);
    }
}
