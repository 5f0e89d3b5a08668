//! Who wants to know at once that something about an organization was committed.
//!
//! Always holds: a ring that comes while nobody waits is heard by the next wait, and any number of them are one; nobody
//! who rings waits for anybody. What nobody notes, such as what another process commits, rings once somebody looks:
//! [`super::Database::listen_for_others`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sliderule_api::OrganizationName;
use tokio::sync::Notify;

/// The bells of all organizations. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Mutex<HashMap<OrganizationName, Arc<Heard>>>>);

/// What was heard of one organization.
#[derive(Debug, Default)]
struct Heard {
    ring: Notify,
    members: AtomicBool,
}

/// Somebody who hears what happens to one organization, as long as they are there.
#[derive(Debug)]
pub struct Hearing {
    bell: Bell,
    organization: OrganizationName,
    heard: Arc<Heard>,
}

/// What a ring was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Whether somebody's membership or session may have changed, and not only the cluster.
    pub members: bool,
}

impl Bell {
    /// Hears what happens to an organization from now on. There is one hearer; another takes its place.
    #[must_use]
    pub fn hear(&self, organization: &OrganizationName) -> Hearing {
        let heard = Arc::<Heard>::default();
        self.lock().insert(organization.clone(), heard.clone());
        Hearing { bell: self.clone(), organization: organization.clone(), heard }
    }

    /// Something about the cluster or the money of an organization changed.
    pub fn ring(&self, organization: &OrganizationName) {
        if let Some(heard) = self.lock().get(organization) {
            heard.ring.notify_one();
        }
    }

    /// Something about the members of an organization changed.
    pub fn ring_members(&self, organization: &OrganizationName) {
        if let Some(heard) = self.lock().get(organization) {
            heard.ring_members();
        }
    }

    /// Anything may have changed anywhere.
    pub fn ring_all(&self) {
        self.lock().values().for_each(|heard| heard.ring_members());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationName, Arc<Heard>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn ring_members(&self) {
        self.members.store(true, Ordering::SeqCst);
        self.ring.notify_one();
    }
}

impl Hearing {
    /// Waits for the next ring, or for one that was not waited for.
    pub async fn news(&self) -> News {
        self.heard.ring.notified().await;
        News { members: self.heard.members.swap(false, Ordering::SeqCst) }
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        let mut heard = self.bell.lock();
        if heard.get(&self.organization).is_some_and(|known| Arc::ptr_eq(known, &self.heard)) {
            heard.remove(&self.organization);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::{Bell, News};

    #[tokio::test]
    async fn rings_are_kept_for_who_does_not_wait_and_any_number_are_one() {
        let (bell, acme) = (Bell::default(), "acme".parse().unwrap());
        bell.ring(&acme);
        let hearing = bell.hear(&acme);
        assert!(hearing.news().now_or_never().is_none(), "what was before is not heard");
        for _ in 0..3 {
            bell.ring(&acme);
        }
        assert_eq!(hearing.news().now_or_never(), Some(News { members: false }));
        assert_eq!(hearing.news().now_or_never(), None);
        bell.ring(&"other".parse().unwrap());
        assert_eq!(hearing.news().now_or_never(), None);
        bell.ring_members(&acme);
        bell.ring(&acme);
        assert_eq!(hearing.news().now_or_never(), Some(News { members: true }));
        bell.ring_all();
        assert_eq!(hearing.news().now_or_never(), Some(News { members: true }));
        drop(hearing);
        assert!(bell.lock().is_empty(), "nothing is left of who does not listen");
    }
}
