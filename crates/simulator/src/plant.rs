//! Bugs that are built in on purpose, to show that the simulation finds them.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_engines::sim::Dice;
use sliderule_provisioning::account::Posting;
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::{Cluster, NodeState};
use sliderule_provisioning::time::Moment;

/// How many decisions there are for each that goes wrong.
const ONE_IN: u64 = 50;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A write to a node is overwritten by what was there before.
    LostUpdate,
    /// A charge is entered twice, under two keys.
    DoubleCharge,
    /// The record of a node that runs is removed.
    ForgottenNode,
}

impl Plant {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::LostUpdate, Self::DoubleCharge, Self::ForgottenNode];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LostUpdate => "lost-update",
            Self::DoubleCharge => "double-charge",
            Self::ForgottenNode => "forgotten-node",
        }
    }

    /// The bug of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plant| plant.name() == name)
    }

    fn spoil(self, cluster: &Cluster, changes: &mut Vec<Change>) {
        match self {
            Self::LostUpdate => {
                let written = changes.iter().position(|change| matches!(change, Change::Meter { .. }));
                if let Some(written) = written {
                    changes.remove(written);
                }
            }
            Self::DoubleCharge => {
                let charge = changes.iter().enumerate().find_map(|(index, change)| match change {
                    Change::Enter(entry) if matches!(entry.posting, Posting::Charge { .. }) => {
                        Some((index, entry))
                    }
                    _ => None,
                });
                if let Some((index, entry)) = charge {
                    let mut again = entry.clone();
                    again.key.push_str("-again");
                    changes.insert(index, Change::Enter(again));
                }
            }
            Self::ForgottenNode => {
                let node = cluster.nodes.iter().find(|node| node.state == NodeState::Ready);
                let is_left = |id| {
                    !changes.iter().any(|change| matches!(change, Change::Gone { node, .. } if node == id))
                };
                if let Some(node) = node.filter(|node| is_left(&node.id)) {
                    let at = node.meter.charged_until;
                    changes.push(Change::Gone { node: node.id.clone(), at, failed_boot: false });
                }
            }
        }
    }
}

/// A store with a bug.
pub struct Planted {
    store: Arc<dyn Store>,
    plant: Plant,
    dice: Mutex<Dice>,
}

impl Planted {
    /// Spoils what is written to `store` now and then.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, plant: Plant, seed: u64) -> Self {
        Self { store, plant, dice: Mutex::new(Dice::new(seed, plant.name())) }
    }
}

#[async_trait]
impl Store for Planted {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        self.store.begin_epoch().await
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        self.store.organizations().await
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        self.store.busy(now).await
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        self.store.cluster(organization).await
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        let mut spoilt = |cluster: &Cluster| {
            let mut changes = decide(cluster);
            let strikes = self.dice.lock().unwrap_or_else(PoisonError::into_inner).one_in(ONE_IN);
            if strikes && !changes.is_empty() {
                self.plant.spoil(cluster, &mut changes);
            }
            changes
        };
        self.store.change(writer, organizations, &mut spoilt).await
    }
}
