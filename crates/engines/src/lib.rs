//! What makes nodes exist.
//!
//! | module | what it holds |
//! |---|---|
//! | [`engine`] | the trait [`ClusterEngine`]: launch, list, terminate |
//! | `conformance` | what every engine must do, as a suite that its tests call |
//! | `local` | nodes as processes of this machine, each under a runner |
//! | `runner` | the dead-man's switch around a node: leases from the system, and the end with the lease |

pub mod engine;

pub use engine::{ClusterEngine, EngineError, ListedNode, NodeSpec};
