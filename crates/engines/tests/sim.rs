//! The simulated engine does what every engine must do.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sliderule_api::NodeId;
use sliderule_engines::conformance::{self, Stage};
use sliderule_engines::sim::{Faults, NodeCall, Pulled, SimEngine, World};
use sliderule_engines::{ClusterEngine, NodeSpec};
use sliderule_provisioning::time::{Moment, Terms};
use tokio::time::{Instant, sleep};

struct Simulated {
    engine: SimEngine,
    launched: Mutex<u32>,
    refused: Arc<Mutex<BTreeSet<NodeId>>>,
}

impl Stage for Simulated {
    fn engine(&self) -> &dyn ClusterEngine {
        &self.engine
    }

    fn spec(&self) -> NodeSpec {
        let mut launched = self.launched.lock().unwrap();
        *launched += 1;
        NodeSpec {
            id: format!("n{launched}").parse().unwrap(),
            organization: "acme".parse().unwrap(),
            version: "v4.0.4".parse().unwrap(),
            secret: String::new(),
        }
    }

    fn refuse(&self, node: &NodeId) {
        self.refused.lock().unwrap().insert(node.clone());
    }
}

/// Moves the world on with the clock of the test, and grants leases.
async fn live(engine: SimEngine, refused: Arc<Mutex<BTreeSet<NodeId>>>) {
    let begun = Instant::now();
    loop {
        sleep(Duration::from_millis(10)).await;
        let mut world = engine.world();
        for call in world.advance(Moment(0).after(begun.elapsed())) {
            if let NodeCall::Pull { node, .. } = call {
                let is_refused = refused.lock().unwrap().contains(&node);
                let pulled =
                    if is_refused { Pulled::Refused } else { Pulled::Granted(Duration::from_secs(3)) };
                world.pulled(&node, pulled);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_simulated_engine_conforms() {
    let terms =
        Terms { lease: Duration::from_secs(3), tail: Duration::from_secs(1), boot: Duration::from_secs(2) };
    let engine = SimEngine::new(World::new(terms, Faults::none(), Moment(0)));
    let refused = Arc::new(Mutex::default());
    let life = tokio::spawn(live(engine.clone(), Arc::clone(&refused)));
    let stage = Simulated { engine, launched: Mutex::new(0), refused };
    conformance::check(&stage).await.unwrap();
    life.abort();
}
