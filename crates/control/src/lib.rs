//! The control plane: it runs the domain's decisions over the traits [`Store`], `ClusterEngine`, [`Clock`] and
//! [`Traffic`], and knows neither HTTP nor SQL.
//!
//! | module | what it holds |
//! |---|---|
//! | [`plane`] | what the control plane works with |
//! | [`decide`](mod@decide) | one decision about one organization: read, decide, commit, act |
//! | [`reconciler`] | looks at all organizations, when they are made, and the orderly stop |
//! | `carry_out` | effects, once what they follow from is committed |
//! | `listed` | what the engine listed, sorted by whose it is |
//! | `memory` | what one process remembers between looks |
//! | `few` | a few futures at once |
//! | `patience` | how long the engine is waited for |
//! | [`secret`] | what a node's runner pulls leases with |
//! | [`store`] | what is asked of a database |
//! | [`model`], [`conformance`] | a store in memory, and what every store must do |
//! | [`clock`] | steady time |
//! | [`traffic`] | what carries requests to nodes, as a trait |
//! | [`crash`] | points at which tests kill the process |

mod carry_out;
pub mod clock;
#[doc(hidden)]
pub mod conformance;
pub mod crash;
pub mod decide;
mod few;
mod listed;
mod memory;
#[doc(hidden)]
pub mod model;
mod patience;
pub mod plane;
pub mod reconciler;
pub mod secret;
pub mod store;
pub mod traffic;

pub use clock::{Clock, SteadyClock};
pub use decide::{Undecided, decide};
pub use model::ModelStore;
pub use plane::{Draw, Plane, random_ids};
pub use reconciler::{Ended, Fenced, Pulse, ReconcileError, Reconciler};
pub use secret::NodeSecrets;
pub use store::{Changed, Decide, Epoch, Store, StoreError, Writer};
pub use traffic::Traffic;
