//! A server's gateway, as far as the control plane sees it: who registered, and for how long that counts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sliderule_api::OrganizationName;
use sliderule_control::Traffic;
use sliderule_provisioning::time::Moment;

use crate::book::Shared;

/// How long a registration counts.
const LIFETIME: Duration = Duration::from_secs(120);

/// Who can be chosen, until when. It is gone with its server.
#[derive(Debug)]
pub struct SimTraffic {
    shared: Shared,
    members: Mutex<BTreeMap<String, Moment>>,
}

impl SimTraffic {
    /// Nobody.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self { shared, members: Mutex::default() }
    }
}

impl Traffic for SimTraffic {
    fn admit(&self, _: &OrganizationName, address: &str) {
        let until = self.shared.book().now.after(LIFETIME);
        self.members.lock().unwrap_or_else(PoisonError::into_inner).insert(address.to_owned(), until);
    }

    fn withdraw(&self, _: &OrganizationName, address: &str) {
        self.members.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
    }

    fn is_member(&self, _: &OrganizationName, address: &str) -> bool {
        let now = self.shared.book().now;
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.get(address).is_some_and(|until| now < *until)
    }
}
