//! Simulated nodes: an engine without machines and without a clock, that fails on demand.
//!
//! Time is what [`World::advance`] says. What a node's runner asks of the provisioning system comes out of it as
//! [`NodeCall`]s, and what came of them goes back in: so a simulation decides when a server answers, and whether.
//! Everything is drawn from a seed: the same calls at the same instants have the same outcome.
//!
//! | module | what it holds |
//! |---|---|
//! | `dice` | numbers from a seed |
//! | `faults` | what goes wrong, and when |
//! | `node` | one node: its runner, its program, its end |
//! | `world` | all nodes that exist or existed: the truth |
//! | `engine` | the trait over that world, with its faults |

mod dice;
mod engine;
mod faults;
mod node;
mod world;

pub use dice::Dice;
pub use engine::SimEngine;
pub use faults::{Fault, Faults};
pub use node::{Fate, NodeCall, Pulled, SimNode};
pub use world::World;
