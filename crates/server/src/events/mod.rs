//! What happens to clusters, told to everybody who listens as it happens.
//!
//! One task for each organization that somebody listens to waits for its bell ([`crate::store::Bell`]), reads the
//! cluster once whoever listens, and passes the same bytes to all of them. Nobody polls; where nobody listens, there
//! is nothing.
//!
//! | module | what it holds |
//! |---|---|
//! | `feed` | the task of one organization |
//! | `snapshot` | what a feed passes on, and when a status is another one |
//! | `frame` | events as bytes |
//! | `listener` | what one listener gets, until it ends |
//! | `seats` | how many may listen |

mod feed;
mod frame;
mod listener;
mod seats;
mod snapshot;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sliderule_api::OrganizationName;
use tokio::sync::watch;

use crate::app::Shared;
use seats::Seats;
use snapshot::Snapshot;

pub use listener::listen;

/// How often it is looked whether others committed something, while anybody listens.
const ASK: Duration = Duration::from_millis(100);

/// What a feed passed on last.
type Passed = Option<Arc<Snapshot>>;

/// Everybody who listens. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Events(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    feeds: Mutex<Feeds>,
    seats: Seats,
    stopping: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Feeds {
    of: HashMap<OrganizationName, watch::Sender<Passed>>,
    /// Whether others are asked for.
    is_asking: bool,
}

impl Events {
    /// Ends all streams, now and from now on.
    pub fn close(&self) {
        self.0.stopping.send_replace(true);
    }

    /// What is passed on about an organization from now on. The first listener has a feed made.
    fn join(&self, app: &Shared, organization: &OrganizationName) -> watch::Receiver<Passed> {
        let mut feeds = self.feeds();
        if let Some(feed) = feeds.of.get(organization) {
            // What was passed on last may be old in what time alone changes.
            app.db.bell().ring(organization);
            return feed.subscribe();
        }
        if !std::mem::replace(&mut feeds.is_asking, true) {
            tokio::spawn(ask_for_others(app.clone()));
        }
        let (feed, passed) = watch::channel(None);
        feeds.of.insert(organization.clone(), feed.clone());
        tokio::spawn(feed::run(app.clone(), organization.clone(), feed));
        passed
    }

    /// Ends the feed of an organization, if nobody listens.
    fn part(&self, organization: &OrganizationName) -> bool {
        let mut feeds = self.feeds();
        let is_over = feeds.of.get(organization).is_none_or(|feed| feed.receiver_count() == 0);
        if is_over {
            feeds.of.remove(organization);
        }
        is_over
    }

    /// Whether there is still a reason to ask for others.
    fn goes_on(&self) -> bool {
        let mut feeds = self.feeds();
        feeds.is_asking = !feeds.of.is_empty();
        feeds.is_asking
    }

    fn feeds(&self) -> MutexGuard<'_, Feeds> {
        self.0.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has the bells rung when others commit something. Ends with the last feed.
async fn ask_for_others(app: Shared) {
    loop {
        app.db.listen_for_others().await;
        tokio::time::sleep(ASK).await;
        if !app.events.goes_on() {
            return;
        }
    }
}
