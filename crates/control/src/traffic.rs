//! What carries requests to nodes, as far as the reconciler steers it.

use sliderule_api::OrganizationName;

/// The gateway, seen from the reconciler. All operations are idempotent and immediate.
pub trait Traffic: Send + Sync + 'static {
    /// A ready node was found (again) at `address`: it may be chosen before it registers anew.
    fn admit(&self, organization: &OrganizationName, address: &str);

    /// The node at `address` gets no new requests.
    fn withdraw(&self, organization: &OrganizationName, address: &str);

    /// Whether the node at `address` can be chosen now.
    fn is_member(&self, organization: &OrganizationName, address: &str) -> bool;
}
