//! What makes nodes exist.
//!
//! | module | what it holds |
//! |---|---|
//! | [`engine`] | the trait [`ClusterEngine`]: launch, list, terminate |
//! | [`conformance`] | what every engine must do, as a suite that its tests call |
//! | [`local`] | nodes as processes of this machine, each under a runner |
//! | [`sim`] | simulated nodes that fail on demand, without machines and without a clock |
//! | [`runner`] | the dead-man's switch around a node: leases from the system, and the end with the lease |
//! | `directory` | the folder of a node, which runner and local engine share |

#[doc(hidden)]
pub mod conformance;
mod directory;
pub mod engine;
pub mod local;
pub mod runner;
pub mod sim;

pub use directory::INTERNAL_ADDRESS;
pub use engine::{ClusterEngine, EngineError, ListedNode, Listing, NodeSpec};
