//! How long nodes usually take here to become ready: for whoever wakes a cluster, which then has no ready node to judge by.
//!
//! Always holds: however many ask, the database is asked a few times a minute, once something is known.

use std::time::Duration;

use sliderule_provisioning::arrival;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::store::Database;

/// How long an answer is good.
const FRESH: Duration = Duration::from_secs(15);

/// What nodes of all clusters took lately.
#[derive(Debug, Default)]
pub struct Boots {
    last: Mutex<Option<(Instant, Duration)>>,
}

impl Boots {
    /// The median of what recent nodes took; `None` where there were none.
    pub(crate) async fn usual(&self, db: &Database) -> Option<Duration> {
        let mut last = self.last.lock().await;
        if let Some((_, usual)) = last.filter(|(at, _)| at.elapsed() < FRESH) {
            return Some(usual);
        }
        match db.recent_boots().await {
            Ok(boots) => {
                let usual = arrival::median(boots)?;
                *last = Some((Instant::now(), usual));
                Some(usual)
            }
            Err(error) => {
                tracing::warn!(%error, "what nodes took to become ready cannot be read");
                None
            }
        }
    }
}
