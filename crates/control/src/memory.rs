//! What one process remembers between passes. Losing it costs nothing but time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sliderule_api::{NodeId, OrganizationName};
use sliderule_provisioning::cluster::Terms;
use tokio::time::Instant;

/// How long a node may stay away from the gateway that registered once: the lifetime with which official nodes
/// register, which is also how long the gateway believes in an adopted one.
pub(crate) const REGISTRATION: Duration = Duration::from_secs(120);

/// What one process remembers between passes.
#[derive(Default)]
pub(crate) struct Memory {
    adopted: BTreeSet<OrganizationName>,
    /// Ready nodes that the gateway does not have, and since when.
    missing: BTreeMap<OrganizationName, BTreeMap<NodeId, Instant>>,
}

impl Memory {
    /// Whether this is the process's first look at the organization.
    pub(crate) fn is_first_look(&mut self, organization: &OrganizationName) -> bool {
        self.adopted.insert(organization.clone())
    }

    /// Of the organization's ready nodes that the gateway does not have, those that it has been without for
    /// so long that they will not come back by themselves: a boot bound and a [`REGISTRATION`].
    pub(crate) fn lost(
        &mut self,
        organization: &OrganizationName,
        missing: impl Iterator<Item = NodeId>,
        terms: Terms,
    ) -> BTreeSet<NodeId> {
        let (now, grace) = (Instant::now(), terms.boot.saturating_add(REGISTRATION));
        let before = self.missing.remove(organization).unwrap_or_default();
        let since: BTreeMap<NodeId, Instant> = missing
            .map(|node| {
                let since = before.get(&node).copied().unwrap_or(now);
                (node, since)
            })
            .collect();
        let lost = since.iter().filter(|(_, since)| now.duration_since(**since) >= grace);
        let lost = lost.map(|(node, _)| node.clone()).collect();
        if !since.is_empty() {
            self.missing.insert(organization.clone(), since);
        }
        lost
    }
}
