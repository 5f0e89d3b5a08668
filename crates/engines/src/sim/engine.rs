//! The trait over the simulated world: what is asked of it goes wrong when it is time for that.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sliderule_api::NodeId;
use sliderule_provisioning::time::Terms;

use super::faults::Fault;
use super::world::{Command, World};
use crate::engine::{ClusterEngine, EngineError, Listing, NodeSpec};

/// An engine of simulated nodes. Clones share their world.
#[derive(Clone, Debug)]
pub struct SimEngine(Arc<Mutex<World>>);

impl SimEngine {
    /// An engine over `world`.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world behind it.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&self, command: Command) -> Result<(), EngineError> {
        let mut world = self.world();
        let now = world.now();
        if world.faults.strikes(Fault::Throttled, now) {
            return Err(failed("calling the engine", io::ErrorKind::WouldBlock));
        }
        if matches!(command, Command::Launch(_)) {
            let none = world.faults.strikes(Fault::NoCapacity, now);
            if none || world.faults.strikes(Fault::PartialBatch, now) {
                return Err(failed("starting a node", io::ErrorKind::QuotaExceeded));
            }
        }
        world.obey(&command);
        if world.faults.strikes(Fault::Duplicated, now) {
            world.repeat(command);
        }
        match world.faults.strikes(Fault::LostAnswer, now) {
            true => Err(failed("waiting for the engine's answer", io::ErrorKind::TimedOut)),
            false => Ok(()),
        }
    }
}

fn failed(what: &str, kind: io::ErrorKind) -> EngineError {
    EngineError::Io { what: what.to_owned(), source: kind.into() }
}

#[async_trait]
impl ClusterEngine for SimEngine {
    fn terms(&self) -> Terms {
        self.world().terms()
    }

    async fn launch(&self, spec: &NodeSpec) -> Result<(), EngineError> {
        self.command(Command::Launch(spec.clone()))
    }

    async fn list(&self) -> Result<Listing, EngineError> {
        let mut world = self.world();
        let now = world.now();
        if world.faults.strikes(Fault::Throttled, now) {
            return Err(failed("listing nodes", io::ErrorKind::WouldBlock));
        }
        let (bound, age) = world.faults.staleness(now);
        Ok(Listing { age: bound, nodes: world.listed(age) })
    }

    async fn terminate(&self, id: &NodeId) -> Result<(), EngineError> {
        self.command(Command::Terminate(id.clone()))
    }

    async fn kill(&self, id: &NodeId) -> Result<(), EngineError> {
        self.command(Command::Kill(id.clone()))
    }
}
