//! What an organization gets that somebody founds over the API, unless staff says otherwise.

use serde::Deserialize;
use sliderule_api::{MicroUsd, ReleaseVersion};

use super::dollars;

/// Nodes that a cluster may have at most: far more than one machine runs, and few enough that every decision
/// about them stays quick.
pub const LARGEST_CLUSTER: u32 = 1000;

/// What an organization gets that somebody founds over the API. Its prices are those of the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewOrganization {
    /// Nodes at most.
    pub max_nodes: u32,
    /// The release its nodes run.
    pub node_version: ReleaseVersion,
    /// Money to begin with, in dollars as text (`"0"`).
    #[serde(deserialize_with = "dollars")]
    pub credit: MicroUsd,
    /// Money that it gets at the beginning of every month from the next one on, in dollars as text.
    #[serde(deserialize_with = "dollars")]
    pub monthly_allowance: MicroUsd,
    /// As many as one person may found who is not staff.
    pub per_person: u32,
}

impl Default for NewOrganization {
    fn default() -> Self {
        Self {
            max_nodes: 4,
            node_version: ReleaseVersion { major: 4, minor: 0, patch: 4 },
            credit: MicroUsd::ZERO,
            monthly_allowance: MicroUsd::ZERO,
            per_person: 3,
        }
    }
}

impl NewOrganization {
    /// Checks what no type can.
    ///
    /// # Errors
    /// There can be no such cluster.
    pub(super) fn sensible(&self) -> Result<(), String> {
        match (1..=LARGEST_CLUSTER).contains(&self.max_nodes) {
            true => Ok(()),
            false => Err(format!("`new_organization.max_nodes` must be from 1 to {LARGEST_CLUSTER}")),
        }
    }
}
