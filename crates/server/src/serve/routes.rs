//! The gateway, as the reconciler steers it.

use std::sync::Arc;

use sliderule_api::OrganizationName;
use sliderule_control::Traffic;
use sliderule_gateway::Gateway;

/// The gateway, as the reconciler steers it.
pub(super) struct Routes(pub(super) Arc<Gateway>);

impl Traffic for Routes {
    fn admit(&self, organization: &OrganizationName, address: &str) {
        self.0.admit(organization, address);
    }

    fn withdraw(&self, organization: &OrganizationName, address: &str) {
        self.0.withdraw(organization, address);
    }

    fn is_member(&self, organization: &OrganizationName, address: &str) -> bool {
        self.0.is_member(organization, address)
    }
}
