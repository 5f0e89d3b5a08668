//! What an organization gets that somebody founds over the API, unless staff says otherwise.

use sliderule_api::{MicroUsd, ReleaseVersion};

use super::section::settings;

/// Nodes that a cluster may have at most: far more than one machine runs, and few enough that every decision
/// about them stays quick.
pub const LARGEST_CLUSTER: u32 = 1000;

settings! {
    /// What an organization gets that somebody founds over the API. Its prices are those of the list.
    pub struct NewOrganization {
        /// Nodes that an organization founded over the API has at most.
        #[variable = "SLIDERULE_PS_NEW_ORGANIZATION_MAX_NODES"]
        max_nodes: u32 = 4,
        /// The release that its nodes run.
        #[variable = "SLIDERULE_PS_NEW_ORGANIZATION_NODE_VERSION"]
        node_version: ReleaseVersion = ReleaseVersion { major: 4, minor: 0, patch: 4 },
        /// Money that it has to begin with, in dollars as text.
        #[variable = "SLIDERULE_PS_NEW_ORGANIZATION_CREDIT"]
        credit: MicroUsd = MicroUsd::ZERO,
        /// Money that it gets at the beginning of every month from the next one on, in dollars as text.
        #[variable = "SLIDERULE_PS_NEW_ORGANIZATION_MONTHLY_ALLOWANCE"]
        monthly_allowance: MicroUsd = MicroUsd::ZERO,
        /// As many organizations as one person may found who is not staff.
        #[variable = "SLIDERULE_PS_NEW_ORGANIZATION_PER_PERSON"]
        per_person: u32 = 3,
    }
}

impl NewOrganization {
    fn sensible(&self) -> Result<(), String> {
        match (1..=LARGEST_CLUSTER).contains(&self.max_nodes) {
            true => Ok(()),
            false => Err(format!("`new_organization.max_nodes` must be from 1 to {LARGEST_CLUSTER}")),
        }
    }
}
