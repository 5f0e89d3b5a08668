//! The store in memory does what every store must do, and the suite that says so finds stores that do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Mutex;

use async_trait::async_trait;
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::conformance::{Stage, Violation, check};
use sliderule_control::{Changed, Decide, Epoch, ModelStore, Store, StoreError, Writer};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::Moment;

/// What a store may get wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Every server may write for ever.
    NoFence,
    /// The changes before the one that breaks a rule are made.
    Half,
    /// The first breach ends the whole transaction.
    OneForAll,
    /// What was decided about is not what is changed.
    Stale,
    /// A change is forgotten.
    NoTrouble,
    /// Everybody is busy.
    AllBusy,
}

struct Faulty {
    model: ModelStore,
    fault: Fault,
    stale: Mutex<Option<Cluster>>,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self { model: ModelStore::new(), fault, stale: Mutex::default() }
    }
}

#[async_trait]
impl Stage for Faulty {
    fn store(&self) -> &dyn Store {
        self
    }

    async fn add(&self, cluster: &Cluster, _: &[UserName]) {
        self.model.add(cluster.clone());
    }
}

#[async_trait]
impl Store for Faulty {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        self.model.begin_epoch().await
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        self.model.organizations().await
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        match self.fault {
            Fault::AllBusy => self.model.organizations().await,
            _ => self.model.busy(now).await,
        }
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        self.model.cluster(organization).await
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        let writer = if self.fault == Fault::NoFence { Writer::Operator } else { writer };
        let mut failed = false;
        let mut all = Vec::new();
        for organization in organizations {
            let one = std::slice::from_ref(organization);
            let Some(mut shown) = self.model.read(organization) else { continue };
            if self.fault == Fault::Stale {
                let before = self.stale.lock().unwrap().replace(shown.clone());
                shown = before.filter(|before| before.organization == *organization).unwrap_or(shown);
            }
            let mut changes = decide(&shown);
            if self.fault == Fault::NoTrouble {
                changes.retain(|change| !matches!(change, Change::Trouble(_)));
            }
            if failed && self.fault == Fault::OneForAll {
                changes.clear();
            }
            if self.fault == Fault::Half {
                let mut outcome = Ok(());
                self.model.change(writer, one, &mut |_| Vec::new()).await?;
                for change in changes {
                    if outcome.is_ok() {
                        let made = self.model.change(writer, one, &mut |_| vec![change.clone()]).await?;
                        outcome = made[0].outcome.clone();
                    }
                }
                all.push(Changed { organization: organization.clone(), outcome });
            } else {
                let made = self.model.change(writer, one, &mut |_| changes.clone()).await?;
                failed |= made[0].outcome.is_err();
                all.extend(made);
            }
        }
        Ok(all)
    }
}

async fn verdict(fault: Fault, seed: u64) -> Result<(), Violation> {
    check(&Faulty::new(fault), seed).await
}

#[tokio::test]
async fn the_store_in_memory_conforms() {
    for seed in 0..8 {
        if let Err(violation) = verdict(Fault::None, seed).await {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[tokio::test]
async fn a_store_that_gets_it_wrong_is_found_out() {
    let faults = [
        (Fault::NoFence, "an earlier server"),
        (Fault::Half, "a decision that breaks"),
        (Fault::OneForAll, "kept another organization from changing"),
        (Fault::Stale, "twenty writers"),
        (Fault::NoTrouble, "left"),
        (Fault::AllBusy, "busy"),
    ];
    for (fault, said) in faults {
        let found = verdict(fault, 1).await.unwrap_err().to_string();
        assert!(found.contains(said), "{found}");
    }
}
