//! Keeping the keys that sign tokens: at the start, and every second from then on.
//!
//! A key is followed by another one by its age, and whatever the command line did to keys is noticed within a second.

use std::sync::Arc;
use std::time::Duration;

use sliderule_control::Clock;
use tokio::task::AbortHandle;

use crate::auth::TokenMint;
use crate::auth::key_schedule::KeyTerms;
use crate::store::Database;
use crate::{Error, instants};

/// How often the keys are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Who keeps the keys, until it is dropped.
pub struct KeyKeeper {
    keeping: AbortHandle,
}

impl KeyKeeper {
    /// Gives the mint its keys, made if there are none, and keeps them from then on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin(
        db: Database,
        mint: Arc<TokenMint>,
        clock: Arc<dyn Clock>,
        terms: KeyTerms,
    ) -> Result<Self, Error> {
        let keep = async move || {
            let now = instants::seconds(clock.wall(clock.now()));
            Ok::<_, Error>(mint.use_keys(db.keep_keys(now, terms).await?))
        };
        keep().await?;
        let keeping = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                match keep().await {
                    Ok(true) => tracing::info!("the keys that sign tokens have changed"),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(%error, "the signing keys could not be looked at; it is tried again");
                    }
                }
            }
        });
        Ok(Self { keeping: keeping.abort_handle() })
    }
}

impl Drop for KeyKeeper {
    /// A server that has ended or could not start leaves nothing behind.
    fn drop(&mut self) {
        self.keeping.abort();
    }
}
