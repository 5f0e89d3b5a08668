//! The store in memory does what every store must do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use async_trait::async_trait;
use sliderule_api::UserName;
use sliderule_control::conformance::{Stage, check};
use sliderule_control::{ModelStore, Store};
use sliderule_provisioning::cluster::Cluster;

struct Model(ModelStore);

#[async_trait]
impl Stage for Model {
    fn store(&self) -> &dyn Store {
        &self.0
    }

    async fn add(&self, cluster: &Cluster, _: &[UserName]) {
        self.0.add(cluster.clone());
    }
}

#[tokio::test]
async fn the_store_in_memory_conforms() {
    for seed in 0..8 {
        if let Err(violation) = check(&Model(ModelStore::new()), seed).await {
            panic!("seed {seed}: {violation}");
        }
    }
}
