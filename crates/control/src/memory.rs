//! What one process remembers between looks. Losing it costs nothing but time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sliderule_api::{NodeId, OrganizationName};
use sliderule_provisioning::time::{Moment, Terms};

use crate::listed::Listed;

/// How long a node may stay away from the gateway that registered once: the lifetime with which official nodes
/// register, which is also how long the gateway believes in an adopted one.
pub(crate) const REGISTRATION: Duration = Duration::from_secs(120);

/// What one process remembers between looks.
#[derive(Default)]
pub(crate) struct Memory {
    adopted: BTreeSet<OrganizationName>,
    /// Ready nodes that the gateway does not have, and since when.
    missing: BTreeMap<OrganizationName, BTreeMap<NodeId, Moment>>,
    /// What the engine listed last, for when it cannot list.
    pub(crate) listed: Option<Listed>,
}

impl Memory {
    /// Whether the organization's running nodes serve again since this process began.
    pub(crate) fn has_adopted(&self, organization: &OrganizationName) -> bool {
        self.adopted.contains(organization)
    }

    /// They do now.
    pub(crate) fn adopted(&mut self, organization: &OrganizationName) {
        self.adopted.insert(organization.clone());
    }

    /// Of the organization's ready nodes that the gateway does not have, those that it has been without for
    /// so long that they will not come back by themselves: a boot bound and a [`REGISTRATION`].
    pub(crate) fn lost(
        &mut self,
        organization: &OrganizationName,
        missing: impl Iterator<Item = NodeId>,
        now: Moment,
        terms: Terms,
    ) -> BTreeSet<NodeId> {
        let grace = terms.boot.saturating_add(REGISTRATION);
        let before = self.missing.remove(organization).unwrap_or_default();
        let since: BTreeMap<NodeId, Moment> = missing
            .map(|node| {
                let since = before.get(&node).copied().unwrap_or(now);
                (node, since)
            })
            .collect();
        let lost = since.iter().filter(|(_, since)| now.since(**since) >= grace);
        let lost = lost.map(|(node, _)| node.clone()).collect();
        if !since.is_empty() {
            self.missing.insert(organization.clone(), since);
        }
        lost
    }
}
